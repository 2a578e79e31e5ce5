"""A node's labs go out as OKW, and are the same labs to whoever reads them."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from orchestrator.catalogue.okw import read_okw
from orchestrator.network.abilities import say_abilities
from orchestrator.network.facilities import set_access
from orchestrator.network.machines import machine_of, machines
from orchestrator.planning.match_files import read_facilities
from orchestrator.planning.offers import capability_of
from orchestrator.planning.okw_api import labs_as_okw
from routing.matching.access import access_named
from routing.matching.processes import canonical
from tests.unit.orchestrator.region import Region


def test_the_matcher_finds_the_machines_of_the_node(
    region: Region, tmp_path: Path
) -> None:
    lab = region.labs[0]
    with region.sessions.begin() as session:
        set_access(session, lab.facility_id, "members")
        say_abilities(
            session,
            lab.machines[0],
            {
                "sheet_mm": [600, 400, 6],
                "tool_mm": 0.4,
                "tolerance": "IT11",
                "power_w": 40,
                "pieces_max": 7,
                "certificates": ["ISO 9001"],
                "processes": ["vinyl cutting"],
                "materials": ["vinyl"],
            },
            source="measured",
            by=lab.operator_id,
            now=region.clock.at,
        )
        flat = machine_of(session, region.labs[1].machines[0])
        flat.capability = flat.capability | {"envelope_z_mm": 0}
    with region.reading() as session:
        data = bytes(labs_as_okw(session).body)
        expected = [capability_of(row) for row in machines(session)]
    (lab_out,) = [
        one for one in read_okw(data).facilities if one.access_type == "Membership"
    ]
    assert lab_out.latitude is not None
    (tmp_path / "labs.json").write_bytes(data)
    read = read_facilities(tmp_path, today=date(2026, 1, 1))
    assert read.left_out == ()
    assert {one.access and access_named(one.access) for one in read.machines} == {
        "members",
        None,
    }
    plain = [
        replace(
            one,
            access=None,
            told=(),
            processes=frozenset(map(canonical, one.processes)),
        )
        for one in (*expected, *read.machines)
    ]
    half = len(expected)
    by_id = [
        {one.machine: one for one in some} for some in (plain[:half], plain[half:])
    ]
    assert by_id[0] == by_id[1]
    assert len(by_id[0]) == half == len(plain) - half
