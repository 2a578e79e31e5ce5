"""Where hostile material lies, when a machine has it."""

from pathlib import Path

import pytest

from tests.data import DATA


@pytest.fixture
def hostile() -> Path:
    """The collection of hostile inputs; an empty place where there is none."""
    return DATA / "hostile"
