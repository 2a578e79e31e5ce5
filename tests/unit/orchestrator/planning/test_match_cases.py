"""Cases written by hand from what labs and designers mean, each with its reason."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestrator.planning.match_files import (
    read_facilities,
    read_requirements,
    requirement_in,
)
from orchestrator.planning.match_text import plain_values
from routing.matching.eligible import eligible
from routing.matching.index import able, indexed, variants

FOLDER = Path(__file__).parent / "match_cases"
ASKED = FOLDER / "requirements.yaml"
OFFERED = read_facilities(FOLDER / "facilities.yaml", today=date(2026, 1, 1)).machines
INDEX = indexed(OFFERED)
REQUIREMENTS = {one.id: requirement_in(one) for one in read_requirements(ASKED)}
CASES_MIN = 150


def cases() -> list[dict[str, Any]]:
    data = ASKED.read_bytes()
    found = plain_values(data, name=ASKED.name, size_max_bytes=len(data))
    listed: list[dict[str, Any]] = found["requirements"]
    return listed


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_who_can_is_who_a_person_says(case: dict[str, Any]) -> None:
    asked = REQUIREMENTS[case["id"]]
    by_index = {INDEX.capabilities[place].machine for place in able(INDEX, asked)}
    assert by_index == set(case["x-can"]), case["x-why"]
    one_by_one = {
        one.machine
        for one in OFFERED
        if any(not eligible(way, one) for way, _ in variants(asked))
    }
    assert one_by_one == by_index


def test_there_are_many_and_each_machine_is_wanted() -> None:
    wanted = [machine for case in cases() for machine in case["x-can"]]
    assert len(cases()) >= CASES_MIN
    never = {one.machine for one in OFFERED} - set(wanted)
    assert never == {"kiln"}  # nobody is trained for it
