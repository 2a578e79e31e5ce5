"""Where hostile material lies, when a machine has it."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def hostile() -> Path:
    """The collection of hostile inputs; an empty place where there is none."""
    return Path(os.environ.get("FABCOMMONS_DATA", "/nonexistent")) / "hostile"
