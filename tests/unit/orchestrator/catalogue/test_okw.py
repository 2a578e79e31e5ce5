"""Labs of OKW, fablabs.io and SpaceAPI are facilities, and are written as OKW."""

import json

import pytest

from orchestrator.catalogue.okw import Directory, read_okw, written_okw
from orchestrator.catalogue.okw_directories import read_fablabs, read_spaceapi
from orchestrator.foundation.errors import InvalidInputError
from tests.data import DATA

OKW = b"""name: Workshop
location:
  address: Main Street 1
  country: DE
access_type: Membership
founded: 2010
equipment:
  - name: Printer
    make: Prusa
    manufacturing_process: https://en.wikipedia.org/wiki/Fused_filament_fabrication
    fabcommons_work_envelope_mm: [250, 210, 200]
    fabcommons_work_envelope_source: measured
    colour: orange
"""
SPACE = {
    "api": "0.13",
    "space": "Lab",
    "url": "https://lab.example.org",
    "location": {"lat": 50.8, "lon": 4.3, "address": "Street", "floor": 2},
    "contact": {"email": "a@example.org", "irc": "#lab"},
    "state": {"open": None},
}


def again(directory: Directory) -> Directory:
    return read_okw(written_okw(directory.facilities), name="okw.json")


def test_okw_is_read_and_written_without_loss() -> None:
    read = read_okw(OKW, name="okw.yml")
    (lab,) = read.facilities
    (printer,) = lab.equipment
    assert (lab.name, lab.country, lab.rest) == ("Workshop", "DE", {"founded": "2010"})
    assert printer.rest == {"colour": "orange"}
    assert printer.work_envelope_source == "measured"
    assert again(read) == read


def test_a_space_is_a_facility() -> None:
    alone = read_spaceapi(json.dumps(SPACE).encode())
    (lab,) = alone.facilities
    assert (lab.name, lab.latitude, lab.contact) == ("Lab", 50.8, "a@example.org")
    assert lab.rest["spaceapi_contact"] == {"irc": "#lab"}
    assert again(alone) == alone
    listed = json.dumps([{"url": "https://x.example.org", "data": SPACE}]).encode()
    assert read_spaceapi(listed).facilities == alone.facilities


def test_a_bad_lab_is_named_and_the_others_are_kept() -> None:
    labs = [{"name": "A", "lat": 91, "lon": "x"}, {"name": 3}, 7, {"name": "B"}]
    read = read_fablabs(json.dumps(labs).encode())
    assert [lab.name for lab in read.facilities] == ["A", "B"]
    assert read.facilities[0].latitude is None
    assert read.facilities[0].rest == {"lat": 91, "lon": "x"}
    assert [text.partition(":")[0] for text in read.refused] == [
        "facility 2",
        "facility 3",
    ]
    assert again(read).facilities == read.facilities


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[NaN]", b"[" * 9_000, b'{"a":1,"a":2}']
)
def test_what_is_no_directory_is_refused(data: bytes) -> None:
    for read in (read_okw, read_fablabs, read_spaceapi):
        with pytest.raises(InvalidInputError):
            read(data)


@pytest.mark.skipif(not (DATA / "okw").is_dir(), reason="FABCOMMONS_DATA has no okw")
@pytest.mark.parametrize(
    ("file", "labs", "machines", "placed"),
    [
        ("okw/fablabs_with_machines.json", 387, 1_800, 387),
        ("labs/iopa_fablabs_io_2237.json", 2_237, 0, 2_036),
    ],
)
def test_real_directories_are_read_whole(
    file: str, labs: int, machines: int, placed: int
) -> None:
    read = read_fablabs((DATA / file).read_bytes())
    assert (len(read.facilities), read.refused) == (labs, ())
    assert sum(len(lab.equipment) for lab in read.facilities) == machines
    assert sum(lab.latitude is not None for lab in read.facilities) == placed
    assert again(read) == read
