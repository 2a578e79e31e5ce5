"""A machine can, or it can't and an operator is told why with figures."""

from dataclasses import replace
from typing import Any

import pytest

from routing.errors import InvalidProblemError
from routing.matching.eligible import eligible
from routing.matching.problem import (
    Box,
    Candidate,
    Capability,
    Orientation,
    Requirement,
)
from routing.matching.rank import Weights, rank

PRINTER = Capability(
    machine="m1",
    processes=frozenset({"3DP-FDM"}),
    envelope_mm=Box(x_mm=250, y_mm=210, z_mm=200),
    materials=frozenset({"PLA", "PETG"}),
    loaded=frozenset({"PLA"}),
    dialects=frozenset({"marlin"}),
    machine_kind="printer",
    name="Prusa left",
)


def codes(requirement: Requirement) -> list[str]:
    return [mismatch.code for mismatch in eligible(requirement, PRINTER)]


def test_what_fits_has_no_mismatch() -> None:
    requirement = Requirement(
        process="3DP",
        part_mm=Box(x_mm=200, y_mm=250, z_mm=210),
        material="pla",
        dialect="Marlin",
        machine_kind="printer",
    )
    assert eligible(requirement, PRINTER) == ()


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (Orientation.ANY, []),
        (Orientation.UPRIGHT, ["size"]),
        (Orientation.FIXED, ["size"]),
    ],
)
def test_a_tall_part_fits_only_lying(
    orientation: Orientation, expected: list[str]
) -> None:
    part = Box(x_mm=10, y_mm=10, z_mm=240)
    requirement = Requirement(process="3DP", part_mm=part, orientation=orientation)
    assert codes(requirement) == expected


def test_turning_about_the_vertical_keeps_the_height() -> None:
    part = Box(x_mm=205, y_mm=250, z_mm=200)
    upright = Requirement(process="3DP", part_mm=part, orientation=Orientation.UPRIGHT)
    assert codes(upright) == []


def test_each_reason_is_told_with_both_figures() -> None:
    requirement = Requirement(
        process="LAS-CUT",
        part_mm=Box(x_mm=600, y_mm=400, z_mm=3),
        material="plywood",
        dialect="grbl",
        machine_kind="laser",
    )
    mismatches = eligible(requirement, PRINTER)
    assert [m.code for m in mismatches] == [
        "process",
        "machine-kind",
        "size",
        "material",
        "dialect",
    ]
    assert "600 × 400 × 3 mm" in mismatches[2].text
    assert "250 × 210 × 200 mm" in mismatches[2].text
    assert all("Prusa left" in mismatch.text for mismatch in mismatches)


def test_an_unknown_work_area_is_no_yes() -> None:
    blank = Capability(machine="m2", processes=frozenset({"3DP"}))
    part = Requirement(process="3DP", part_mm=Box(x_mm=1, y_mm=1, z_mm=1))
    assert [m.code for m in eligible(part, blank)] == ["size-unknown"]


def test_the_cheap_come_first_and_what_is_weighed_counts() -> None:
    laser = Capability(machine="m3", processes=frozenset({"LAS"}))
    near = Candidate(capability=PRINTER, cost_cents=5, ready_s=3_600)
    dear = Candidate(capability=laser, cost_cents=6, ready_s=0)
    assert rank([dear, near]) == [near, dear]
    assert rank([dear, near], Weights(hour_cents=2)) == [dear, near]
    spoils = Candidate(capability=PRINTER, cost_cents=5, ready_s=0, spoilt_ppm=500_000)
    assert rank([spoils, dear]) == [dear, spoils]


def test_an_endless_part_is_refused() -> None:
    with pytest.raises(InvalidProblemError):
        Box(x_mm=float("inf"), y_mm=1, z_mm=1)


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ({}, []),
        ({"process": "5-axis milling"}, ["process"]),
        ({"part_mm": Box(x_mm=600, y_mm=300, z_mm=140)}, ["size"]),
        ({"material": "steel"}, ["material"]),
        ({"tolerance": "IT7"}, ["tolerance-unknown"]),
        ({"feature_mm": 1.0}, ["feature"]),
    ],
)
def test_a_router_mills_what_it_holds_and_no_more(
    needs: dict[str, Any], expected: list[str]
) -> None:
    router = Capability(
        machine="m2",
        processes=frozenset({"CNC-ROU"}),
        envelope_mm=Box(x_mm=609, y_mm=457, z_mm=139),
        materials=frozenset({"wood", "plywood", "aluminium"}),
        tool_mm=3.0,
    )
    block = Requirement(
        process="CNC-MIL-3AX", part_mm=Box(x_mm=120, y_mm=80, z_mm=40), material="wood"
    )
    asked = replace(block, orientation=Orientation.FIXED, **needs)
    assert [mismatch.code for mismatch in eligible(asked, router)] == expected
