"""Labs of a directory: what would come in, is brought in once, and gets no work."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from orchestrator.catalogue.okw import InvalidFacilityError
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from orchestrator.ledger.acts import act_of
from orchestrator.ledger.desk import Desk
from orchestrator.ledger.rows import ACT, EntryRow
from orchestrator.members.devices import issue_code
from orchestrator.network.arrivals import arrival_of, arrivals, take_out
from orchestrator.network.facilities import facility_of
from orchestrator.network.rows import FacilityRow
from orchestrator.planning.arrivals import (
    FILE_MAX_BYTES,
    LABS_MAX,
    Arrivals,
    BroughtIn,
    arrivals_in,
    bring_all_in,
    directory_in,
)
from orchestrator.planning.cells import cell_of
from orchestrator.planning.okw_api import labs_as_okw
from orchestrator.planning.picture import look
from orchestrator.planning.rows import TaskRow
from tests.unit.orchestrator.region import Region

HERE = {"latitude": 60.1702, "longitude": 24.9386}
OKW = {
    "facilities": [
        {
            "name": "Hietalahti Makers",
            "access_type": "Membership",
            "location": {"address": "Pier 1", "gps_coordinates": HERE},
            "equipment": [
                {"name": "Left one", "make": "Prusa Research", "model": "Original Prusa MK4"},
                {"name": "Cutter", "manufacturing_process": ["laser cutting", "magic"]},
                {"name": "Thing in the corner"},
            ],
        }
    ]
}  # fmt: skip
FABLABS = [
    {
        "name": "FabLab Punavuori",
        "slug": "punavuori",
        "kind_name": "fab_lab",
        "address_1": "Street 2",
        "city": "Helsinki",
        "country_code": "fi",
        "email": "someone@example.org",
        "capabilities": ["three_d_printing", "circuit_production"],
        **HERE,
    },
    {"name": "Elsewhere", "slug": "x", "kind_name": "fab_lab", "latitude": 48.85, "longitude": 2.35},
    {"name": "Nowhere", "slug": "y", "kind_name": "fab_lab"},
    {"slug": "z", "kind_name": "fab_lab"},
]  # fmt: skip
SPACE = {
    "api": "0.13",
    "space": "Helsinki Hacklab",
    "url": "https://hacklab.example.org",
    "location": {"lat": HERE["latitude"], "lon": HERE["longitude"], "address": "Q 3"},
}


def looked(region: Region, told: object, name: str = "labs.json") -> Arrivals:
    data = told if isinstance(told, bytes) else json.dumps(told).encode()
    with region.reading() as session:
        return arrivals_in(session, directory_in(data, name=name), region.ground)


def desk(region: Region) -> Desk:
    steward = region.labs[0].operator_id
    return Desk(agent_id=steward, key=region.key, now=region.clock.at)


def brought(region: Region, told: object) -> BroughtIn:
    labs = [one.lab for one in looked(region, told).labs]
    with region.sessions.begin() as session:
        return bring_all_in(session, desk(region), labs, region.ground)


def acts(region: Region) -> list[tuple[str, str, Mapping[str, Any] | None]]:
    with region.reading() as session:
        bodies = session.scalars(select(EntryRow.body).where(EntryRow.kind == ACT))
        told = [act_of(body) for body in bodies]
    return [(one.act, one.actor, one.told) for one in told if one.act.startswith("lab")]


def test_machines_are_understood_by_process_and_by_model_or_said_not_to_be(
    region: Region,
) -> None:
    (one,) = looked(region, OKW).labs
    assert (one.lab.name, one.lab.access, one.lab.origin) == (
        "Hietalahti Makers",
        "members",
        "OKW",
    )
    left, cutter, thing = one.lab.machines
    assert (left.processes, left.unknown) == (("3DP-FDM",), ())
    assert (cutter.processes, cutter.unknown) == (("LAS-CUT",), ("magic",))
    assert (thing.name, thing.processes, thing.unknown) == (
        "Thing in the corner",
        (),
        (),
    )


def test_lists_of_fablabs_io_and_spaces_are_read_and_the_rest_is_told(
    region: Region,
) -> None:
    found = looked(region, FABLABS)
    (one,) = found.labs
    assert one.lab.address == "Street 2, Helsinki, fi"
    assert [each.processes for each in one.lab.machines] == [("3DP",), ("PCB",)]
    assert (found.far, found.placeless) == (1, ("Nowhere",))
    assert len(found.refused) == 1
    (space,) = looked(region, SPACE).labs
    assert (space.lab.origin, space.lab.url) == ("SpaceAPI", SPACE["url"])
    (listed,) = looked(region, [{"url": "x", "data": SPACE}], "upload").labs
    assert listed.lab == space.lab


def test_yaml_and_toml_are_read_too(region: Region) -> None:
    toml = b"""name = "Kiln house"
[location.gps_coordinates]
latitude = 60.1702
longitude = 24.9386
"""
    (one,) = looked(region, toml, "labs.toml").labs
    assert one.lab.name == "Kiln house"
    yaml = b"name: Kiln house\nlocation:\n  gps_coordinates: {latitude: 60.1702, longitude: 24.9386}\n"
    assert looked(region, yaml, "labs.yaml").labs == (one,)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"[1, 2]",
        b'{"a": 1}',
        b"[" * 9_000,
        b"\xff\xfe\x00",
        b"a: &x [1]\nb: *x",
        b" " * (FILE_MAX_BYTES + 1),
    ],
)
def test_what_is_no_directory_is_refused(region: Region, data: bytes) -> None:
    with pytest.raises((InvalidInputError, InvalidFacilityError)):
        looked(region, data)


def test_no_more_than_a_page_can_show_come_in(region: Region) -> None:
    many = [{**FABLABS[0], "name": f"Lab {number}"} for number in range(LABS_MAX + 3)]
    found = looked(region, many)
    assert (len(found.labs), found.left_out) == (LABS_MAX, 3)
    odd = {**FABLABS[0], "name": "a\x00b\n" * 500, "url": "javascript:alert(1)"}
    (one,) = looked(region, [odd]).labs
    assert one.lab.name.isprintable()
    assert (len(one.lab.name) <= 120, one.lab.url) == (True, "")


def test_a_lab_that_is_here_is_known_by_place_and_name(region: Region) -> None:
    with region.reading() as session:
        lab = facility_of(session, region.labs[0].facility_id)
    place = {"latitude": lab.lat + 0.005, "longitude": lab.lon}
    same = {**FABLABS[0], "name": f" {lab.name.upper()} ", **place}
    other = {**FABLABS[0], "latitude": lab.lat, "longitude": lab.lon}
    known, beside = looked(region, [same, other]).labs
    assert known.known is not None
    assert known.known.id == lab.id
    assert beside.known is None
    assert beside.beside is not None
    assert beside.beside.id == lab.id


def test_it_comes_in_once_and_no_plan_goes_there(region: Region) -> None:
    done = brought(region, OKW)
    again = brought(region, OKW)
    assert (len(done.new), again.new, again.known) == (1, (), ("Hietalahti Makers",))
    lab_id = done.new[0].id
    order = region.order("clip")
    region.plan()
    with region.reading() as session:
        lab = facility_of(session, lab_id)
        assert (lab.owner_id, lab.opening) == (region.labs[0].operator_id, [])
        told = arrival_of(session, lab_id)
        assert told is not None
        assert [one["name"] for one in told.machines][-1] == "Thing in the corner"
        assert lab_id not in look(session, now=region.clock.at).facilities
        assert cell_of(session, lab_id) is None
        assert session.scalars(select(TaskRow).where(TaskRow.order_id == order)).all()
        assert lab_id not in bytes(labs_as_okw(session).body).decode()
    assert acts(region) == [
        ("lab-brought-in", region.labs[0].operator_id, {"origin": "OKW"})
    ]


def test_a_lab_that_nobody_used_is_taken_out_and_both_acts_stay(region: Region) -> None:
    lab_id = brought(region, OKW).new[0].id
    with region.sessions.begin() as session:
        take_out(session, desk(region), lab_id)
    with region.reading() as session:
        assert session.get(FacilityRow, lab_id) is None
        assert arrivals(session) == []
    assert [act for act, *_ in acts(region)] == ["lab-brought-in", "lab-taken-out"]
    assert brought(region, OKW).new[0].id != lab_id


def test_what_was_used_or_never_brought_in_stays(region: Region) -> None:
    lab_id = brought(region, OKW).new[0].id
    steward = region.labs[0].operator_id
    with region.sessions.begin() as session:
        issue_code(
            session,
            facility_id=lab_id,
            owner_id=steward,
            issued_by=steward,
            now=region.clock.at,
        )
    with region.sessions() as session, pytest.raises(ConflictError):
        take_out(session, desk(region), lab_id)
    with region.sessions() as session, pytest.raises(NotFoundError):
        take_out(session, desk(region), region.labs[0].facility_id)
