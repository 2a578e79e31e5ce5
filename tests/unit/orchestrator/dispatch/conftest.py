"""The region that tests of dispatch play in."""

from pathlib import Path

import pytest

from orchestrator.foundation.database import Sessions
from tests.unit.orchestrator.region import Region, a_region


@pytest.fixture
def region(sessions: Sessions, reading: Sessions, tmp_path: Path) -> Region:
    """Two labs, a shop, two couriers, on each kind of database."""
    return a_region(sessions, reading, tmp_path / "files")
