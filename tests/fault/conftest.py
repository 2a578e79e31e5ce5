"""One account of all runs with a fault, printed when the last is over."""

from collections.abc import Iterator

import pytest

from tests.fault.account import Account


@pytest.fixture(scope="session")
def account() -> Iterator[Account]:
    kept = Account()
    yield kept
    print(f"\n{kept}")
