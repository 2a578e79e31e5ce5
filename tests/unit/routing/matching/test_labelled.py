"""Nothing that cannot be made is accepted, and hardly anything that can is refused."""

from collections import Counter

import pytest

from routing.matching.eligible import eligible
from routing.matching.index import able, indexed
from routing.matching.problem import (
    Box,
    Capability,
    Orientation,
    Requirement,
    Sheet,
    Supply,
    Training,
)
from tests.unit.routing.matching.labelled import DATA, real_cases

CASES_MIN = 500
RECALL_MIN = 0.98

LASER = Capability(
    machine="laser",
    processes=frozenset({"LAS-CUT", "LAS-ENG"}),
    sheet=Sheet(x_mm=600, y_mm=400, thickness_mm=8),
    materials=frozenset({"plywood", "acrylic", "cardboard"}),
    loaded=frozenset(),
    stocked=frozenset({"plywood"}),
    tolerance="±0.15",
    tool_mm=0.2,
    power_w=60,
    training_needed=True,
    trained=(Training(from_day=10, until_day=20),),
    access="members",
)
MILL = Capability(
    machine="mill",
    processes=frozenset({"CNC-MIL-3AX"}),
    envelope_mm=Box(x_mm=300, y_mm=200, z_mm=100),
    materials=frozenset({"aluminium", "steel"}),
    loaded=frozenset({"aluminium"}),
    tolerance="IT9",
    tool_mm=1,
    pieces_max=50,
    certificates=frozenset({"ISO 9001"}),
)


@pytest.mark.skipif(not DATA.exists(), reason="the real labs are not here")
def test_real_labs_and_sizes() -> None:
    cases = real_cases()
    assert len(cases) >= CASES_MIN
    count: Counter[tuple[bool, bool]] = Counter()
    wrong = []
    for case in cases:
        says = not eligible(case.requirement, case.capability)
        count[case.can, says] += 1
        if says != case.can:
            wrong.append((case.reason, case.requirement, case.capability))
    recall = count[True, True] / (count[True, True] + count[True, False])
    print(f"{len(cases)} cases, recall {recall:.4f}, {dict(count)}")
    assert count[False, True] == 0, wrong[:3]
    assert recall >= RECALL_MIN, wrong[:3]
    assert min(count[True, True], count[False, False]) > CASES_MIN / 4


@pytest.mark.parametrize(
    ("capability", "asked", "codes", "reason"),
    [
        (LASER, {"sheet": Sheet(x_mm=390, y_mm=590)}, [], "turned on the bed"),
        (LASER, {"sheet": Sheet(x_mm=601, y_mm=10)}, ["sheet"], "too long"),
        (
            LASER,
            {"sheet": Sheet(x_mm=390, y_mm=590), "orientation": Orientation.FIXED},
            ["sheet"],
            "the program is written for one way",
        ),
        (LASER, {"sheet": Sheet(x_mm=9, y_mm=9, thickness_mm=8)}, [], "as thick"),
        (
            LASER,
            {"sheet": Sheet(x_mm=9, y_mm=9, thickness_mm=8.5)},
            ["thickness"],
            "too thick",
        ),
        (LASER, {"material": "Plywood "}, [], "one word in another case"),
        (LASER, {"material": "ply"}, ["material"], "a part of a word is none"),
        (LASER, {"material": "plywood", "supply": Supply.STOCK}, [], "in stock"),
        (
            LASER,
            {"material": "acrylic", "supply": Supply.STOCK},
            ["material-not-in-stock"],
            "it may cut it, but has none",
        ),
        (
            LASER,
            {"material": "plywood", "supply": Supply.LOADED},
            ["material-not-loaded"],
            "on the shelf is not on the bed",
        ),
        (LASER, {"feature_mm": 0.2}, [], "as wide as the beam"),
        (LASER, {"feature_mm": 0.1}, ["feature"], "finer than the beam"),
        (LASER, {"power_w": 80}, ["power"], "too weak"),
        (LASER, {"tolerance": "ISO 2768-v"}, [], "±0.5 and wider is asked"),
        (LASER, {"tolerance": "ISO 2768-f"}, ["tolerance"], "±0.05 is asked"),
        (LASER, {"day": 20}, [], "the last day of the training"),
        (LASER, {"day": 21}, ["nobody-trained"], "it ended yesterday"),
        (LASER, {"access": frozenset({"members", "public"})}, [], "a member asks"),
        (LASER, {"access": frozenset({"public"})}, ["access"], "anybody asks"),
        (LASER, {"process": "vinyl cutting"}, ["process"], "a beam is no knife"),
        (LASER, {"process": "plasma cutting"}, ["process"], "a beam is no plasma"),
        (MILL, {"process": "milling"}, [], "CNC milling is milling"),
        (MILL, {"process": "CNC"}, [], "and CNC"),
        (MILL, {"process": "turning"}, ["process"], "but no turning"),
        (MILL, {"process": "5-axis milling"}, ["process"], "nor with five axes"),
        (MILL, {"tolerance": "IT9"}, [], "the same class"),
        (MILL, {"tolerance": "IT8"}, ["tolerance"], "a tighter class"),
        (MILL, {"tolerance": "ISO 2768-m"}, [], "another standard, wider everywhere"),
        (MILL, {"certificates": frozenset({"iso 9001"})}, [], "held"),
        (MILL, {"certificates": frozenset({"EN 1090"})}, ["certificate"], "not held"),
        (MILL, {"pieces": 51}, ["pieces"], "more than it takes"),
        (MILL, {"power_w": 1}, ["power-unknown"], "nobody told"),
        (MILL, {"sheet": Sheet(x_mm=300, y_mm=200, thickness_mm=6)}, [], "clamped"),
    ],
)
def test_labelled_by_hand(
    capability: Capability, asked: dict[str, object], codes: list[str], reason: str
) -> None:
    process = "LAS" if capability is LASER else "CNC-MIL"
    requirement = Requirement(**{"process": process} | asked)
    found = [mismatch.code for mismatch in eligible(requirement, capability)]
    assert found == codes, reason
    assert len(able(indexed([capability]), requirement)) == (not codes)
