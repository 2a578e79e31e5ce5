"""What machines offer, by their own word and their lab's, decides who is asked for what."""

from typing import Any

from orchestrator.catalogue.process import process_of
from orchestrator.catalogue.rows import StepRow
from orchestrator.doors.web.access_words import ACCESS_WORDS
from orchestrator.network.abilities import say_abilities
from orchestrator.network.facilities import ACCESS, Access, labs_open_to, set_access
from orchestrator.network.machines import machine_of
from orchestrator.orders.quotes import NoOffer
from orchestrator.planning.fleet import Fleet
from orchestrator.planning.makeable import makeable_here, who_makes
from orchestrator.planning.offers import capability_of
from routing.matching.access import NAMES
from routing.matching.problem import Box, Source
from tests.unit.orchestrator.region import Region


def say(region: Region, machine: str, source: Any = "declared", **values: Any) -> None:
    with region.sessions.begin() as session:
        by = region.labs[0].operator_id
        say_abilities(
            session, machine, values, source=source, by=by, now=region.clock.at
        )


def ask_more(region: Region, design: str, **needs: Any) -> None:
    with region.sessions.begin() as session:
        for step in session.query(StepRow).filter_by(
            version_id=region.versions[design]
        ):
            step.needs = needs


def envelope(region: Region, machine: str) -> tuple[Box | None, Source]:
    with region.reading() as session:
        offer = capability_of(machine_of(session, machine))
    (told,) = [one for one in offer.told if one.field == "envelope_mm"]
    return offer.envelope_mm, told.source


def test_the_more_believed_word_on_a_size_counts(region: Region) -> None:
    printer = region.labs[0].machines[0]
    own, source = envelope(region, printer)
    say(region, printer, "declared", envelope_mm=[10, 10, 10])
    if source is Source.DECLARED:
        assert envelope(region, printer) == (Box(x_mm=10, y_mm=10, z_mm=10), source)
    else:
        assert envelope(region, printer) == (own, source)
    say(region, printer, "measured", envelope_mm=[20, 20, 20])
    measured = Box(x_mm=20, y_mm=20, z_mm=20), Source.MEASURED
    assert envelope(region, printer) == measured


def test_a_step_that_asks_for_more_is_refused_with_the_reason(region: Region) -> None:
    ask_more(region, "clip", feature_mm=0.5, tolerance="IT12")
    refused = region.offer("clip")
    assert isinstance(refused, NoOffer)
    texts = [one.text for one in refused.passed_over]
    assert any("how exact" in text for text in texts)
    for lab in region.labs:
        say(region, lab.machines[0], "maker", tool_mm=0.4, tolerance="IT11")
    assert not isinstance(region.offer("clip"), NoOffer)
    say(region, region.labs[0].machines[0], tool_mm=0.8)
    say(region, region.labs[1].machines[0], tool_mm=0.8)
    refused = region.offer("clip")
    assert isinstance(refused, NoOffer)
    assert "the smallest feature is 0.5 mm" in refused.text


def test_a_process_is_told_in_words(region: Region) -> None:
    with region.sessions.begin() as session:
        for step in session.query(StepRow).filter_by(
            version_id=region.versions["clip"]
        ):
            step.process = "3DP-SLA"
        found = makeable_here(
            session, region.labs[0].facility_id, [region.versions["clip"]]
        )
    assert found == []
    refused = region.offer("clip")
    assert isinstance(refused, NoOffer)
    assert "none does SLA" in refused.text


def test_what_can_be_made_here_and_who_makes_it(region: Region) -> None:
    kamppi, kallio = region.labs
    clip = region.versions["clip"]
    fleet = Fleet()

    def labs() -> list[tuple[str, int]]:
        with region.reading() as session:
            steps = session.query(StepRow).filter_by(version_id=clip).all()
            found = who_makes(fleet.index(session), steps)
        return [(one.facility_id, one.lacking) for one in found.labs]

    assert sorted(labs()) == sorted([(kamppi.facility_id, 0), (kallio.facility_id, 0)])
    ask_more(region, "clip", power_w=100)
    assert labs() == []
    say(region, kallio.machines[0], power_w="0.2 kW")
    assert labs() == [(kallio.facility_id, 0)]  # the index heard of it
    with region.reading() as session:
        versions = list(region.versions.values())
        here = makeable_here(session, kallio.facility_id, versions)
        there = makeable_here(session, kamppi.facility_id, versions)
    assert clip in {one.version_id for one in here if not one.lacking}
    assert clip not in {one.version_id for one in there}
    assert [one.lacking for one in here] == sorted(one.lacking for one in here)


def test_who_wants_to_come_is_shown_labs_that_are_open_to_them(region: Region) -> None:
    kamppi, kallio = region.labs
    fleet = Fleet()
    with region.sessions.begin() as session:
        set_access(session, kamppi.facility_id, "members")

    def labs(*kinds: Access) -> set[str]:
        with region.reading() as session:
            steps = session.query(StepRow).filter_by(version_id=region.versions["clip"])
            index = fleet.index(session, labs_open_to(session, kinds))
            found = who_makes(index, steps.all())
        return {one.facility_id for one in found.labs}

    assert labs("public") == set()  # Kallio does not tell
    with region.sessions.begin() as session:
        set_access(session, kallio.facility_id, "public")
    assert labs("public") == {kallio.facility_id}
    assert labs("public", "members") == {kamppi.facility_id, kallio.facility_id}
    assert not isinstance(region.offer("clip"), NoOffer)


def test_each_kind_of_access_is_known_to_the_matcher_and_has_words() -> None:
    assert {*ACCESS} == {*NAMES} == {*ACCESS_WORDS}


def test_needs_are_read_and_leave_old_hashes_as_they_were() -> None:
    step = {"name": "Print", "process": "3DP", "run_s": 60}
    plain = process_of({"steps": [step]})
    assert "needs" not in plain.steps[0].model_dump(mode="json")
    asked = process_of({"steps": [step | {"needs": {"tolerance": "IT9"}}]})
    assert asked.steps[0].model_dump(mode="json")["needs"] == {"tolerance": "IT9"}
