"""What holds of every requirement and every machine, whatever they are."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from routing.matching.eligible import eligible
from routing.matching.index import able, find, indexed, variants, why_not
from routing.matching.partial import covers
from routing.matching.problem import Box, Capability, Requirement, Sheet
from tests.property.matching_cases import (
    TOLERANCES,
    boxes,
    capabilities,
    materials,
    requirements,
)

fleets = st.lists(capabilities, max_size=12).map(
    lambda fleet: [replace(one, machine=f"m{i:02}") for i, one in enumerate(fleet)]
)


def can(requirement: Requirement, capability: Capability) -> bool:
    return any(not eligible(way, capability) for way, _ in variants(requirement))


@given(requirements, st.lists(requirements, max_size=3), fleets)
def test_the_index_says_what_each_machine_says(
    requirement: Requirement, before: list[Requirement], fleet: list[Capability]
) -> None:
    index = indexed(fleet)
    for other in before:  # whose answers are kept
        able(index, other)
    found = find(index, requirement, limit=100)
    expected = {one.machine for one in fleet if can(requirement, one)}
    assert {one.capability.machine for one in found.matches} == expected
    assert {index.capabilities[i].machine for i in able(index, requirement)} == expected
    assert found.count == len(found.matches) == len(expected)
    refused = [one for one in fleet if one.machine not in expected]
    reasons = why_not(index, requirement, "de")
    for place, one in enumerate(index.capabilities):
        assert reasons(place) == eligible(requirement, one, "de")
    assert sum(found.refused.values()) == len(refused)
    firsts = sorted(eligible(requirement, one)[0].code for one in refused)
    assert sorted(c for c, n in found.refused.items() for _ in range(n)) == firsts


@given(requirements, capabilities, boxes)
def test_a_larger_envelope_never_loses_a_match(
    requirement: Requirement, capability: Capability, more: Box
) -> None:
    small = capability.envelope_mm
    if small is None or not can(requirement, capability):
        return
    bed = capability.sheet
    large = replace(
        capability,
        envelope_mm=Box(
            x_mm=small.x_mm + more.x_mm,
            y_mm=small.y_mm + more.y_mm,
            z_mm=small.z_mm + more.z_mm,
        ),
        sheet=bed
        and Sheet(
            x_mm=bed.x_mm + more.x_mm,
            y_mm=bed.y_mm + more.y_mm,
            thickness_mm=bed.thickness_mm,
        ),
    )
    assert can(requirement, large)


@given(requirements, capabilities, st.sampled_from(TOLERANCES))
def test_a_tighter_tolerance_never_gains_a_match(
    requirement: Requirement, capability: Capability, offered: str
) -> None:
    machine = replace(capability, tolerance=offered)
    for order in (("IT7", "IT9", "IT12"), ("ISO 2768-f", "ISO 2768-m", "ISO 2768-v")):
        tight_to_loose = [
            can(replace(requirement, tolerance=asked), machine) for asked in order
        ]
        assert tight_to_loose == sorted(tight_to_loose)


@given(requirements, capabilities, materials)
def test_more_materials_never_lose_a_match(
    requirement: Requirement, capability: Capability, more: frozenset[str]
) -> None:
    if can(requirement, capability):
        richer = replace(
            capability,
            materials=capability.materials | more,
            stocked=capability.stocked | more,
        )
        assert can(requirement, richer)


@given(requirements, fleets, st.integers(0, 99))
def test_the_order_of_machines_does_not_matter(
    requirement: Requirement, fleet: list[Capability], seed: int
) -> None:
    shuffled = Random(seed).sample(fleet, len(fleet))
    assert find(indexed(fleet), requirement) == find(indexed(shuffled), requirement)
    steps = [requirement, replace(requirement, process="3DP")]
    assert covers(steps, indexed(fleet)) == covers(steps, indexed(shuffled))


@given(requirements, fleets)
def test_nothing_is_exchanged_that_the_design_does_not_allow(
    requirement: Requirement, fleet: list[Capability]
) -> None:
    strict = replace(requirement, process_substitutes=(), material_substitutes=())
    allowed = {*requirement.process_substitutes, *requirement.material_substitutes}
    for match in find(indexed(fleet), requirement, limit=100).matches:
        assert set(match.substituted) <= allowed
        as_asked = not eligible(strict, match.capability)
        assert as_asked == (match.substituted == ())


@given(requirements, fleets)
def test_a_lab_makes_the_steps_that_one_of_its_machines_can(
    requirement: Requirement, fleet: list[Capability]
) -> None:
    steps = [requirement, replace(requirement, process="3DP")]
    found = {one.facility: set(one.made) for one in covers(steps, indexed(fleet))}
    for lab in ("lab-a", "lab-b"):
        own = [one for one in fleet if one.facility == lab]
        made = {i for i, step in enumerate(steps) if any(can(step, one) for one in own)}
        assert found.get(lab, set()) == made


@given(requirements, capabilities, st.sampled_from(("en", "fr", "de", "es", "xx")))
def test_every_reason_names_the_machine_in_every_language(
    requirement: Requirement, capability: Capability, language: str
) -> None:
    named = replace(capability, name="Frieda")
    for mismatch in eligible(requirement, named, language):
        assert "Frieda" in mismatch.text
        assert "{" not in mismatch.text
