"""What a design builds on is read from a form as people write it."""

import pytest

from orchestrator.catalogue.differences import differences
from orchestrator.catalogue.publish import KeptFile
from orchestrator.catalogue.rows import DesignFileRow
from orchestrator.doors.web.building_on import Basis, ppm_of
from orchestrator.foundation.errors import InvalidInputError


@pytest.mark.parametrize(
    ("percent", "ppm"),
    [("20", 200_000), ("12,5 %", 125_000), (" 0.01 ", 100), ("", 0), ("0", 0)],
)
def test_a_share_is_read_as_people_write_it(percent: str, ppm: int) -> None:
    assert ppm_of(percent) == ppm


@pytest.mark.parametrize("percent", ["100", "-1", "NaN", "inf", "1e9", "a fifth"])
def test_what_is_no_share_is_refused_in_words(percent: str) -> None:
    with pytest.raises(InvalidInputError, match="percent from 0 to 99"):
        ppm_of(percent)


def test_nothing_is_asked_for_a_piece_where_nothing_is_written() -> None:
    assert Basis(fee=" ").fee_cents() == 0
    assert Basis(fee="1,50").fee_cents() == 150
    with pytest.raises(InvalidInputError, match="at least 0"):
        Basis(fee="-1").fee_cents()


def test_files_of_a_new_version_are_told_beside_those_before() -> None:
    def was(name: str, sha256: str = "1", role: str = "source") -> DesignFileRow:
        return DesignFileRow(name=name, sha256=sha256, role=role)

    def now(name: str, sha256: str = "1") -> KeptFile:
        return KeptFile(name=name, sha256=sha256, size_bytes=1, media_type="")

    before = [
        was("cad/leg.stl"),
        was("cad/leg.stl.png", role="picture"),
        was("cad/leg.gcode", role="program"),
        was("bill-of-process.json"),
        was("photo.png", role="picture"),
        was("own.gcode", role="program"),
        was("notes.md"),
    ]
    found = differences(
        before, [now("cad/leg.stl", "2"), now("photo.png"), now("top.stl")]
    )
    assert found.added == ("top.stl",)
    assert found.changed == ("cad/leg.stl",)
    assert found.gone == ("notes.md", "own.gcode")
    assert found.same == 1
