"""Who makes a design is one answer: in the list, on its page, by program, in a quote."""

from typing import Any

import pytest

from orchestrator.catalogue.rows import StepRow
from orchestrator.doors.web import around
from orchestrator.doors.web.listing import Listed, Reader, Wanted, listed
from orchestrator.doors.web.makers import makers_of, near_misses
from orchestrator.network.machines import machine_of
from orchestrator.network.nearby import labs_nearby
from orchestrator.network.training import state_need
from orchestrator.orders.pricing import Fee
from orchestrator.orders.quotes import NoOffer, Offer
from orchestrator.planning.fleet import Fleet
from orchestrator.planning.makeable import who_makes
from orchestrator.planning.makers import shops_of
from orchestrator.planning.reasons import told_in
from orchestrator.planning.usable import cannot_make
from tests.unit.orchestrator.region import TARIFF, Region

NO_FEE = Fee(cents=0, upstream_ppm=0)


def page(region: Region, *, after: str = "", limit: int = 24, **filters: Any) -> Listed:
    reader = Reader(fleet=Fleet(), files=region.folder, now=region.clock.at)
    with region.reading() as session:
        wanted = Wanted(**filters)
        return listed(session, wanted, reader, after=after, limit=limit)


def labs_now(region: Region, design: str) -> list[str]:
    (one,) = [
        one for one in page(region).found if one.version.id == region.versions[design]
    ]
    return [lab.id for lab in one.makers.labs]


def set_state(region: Region, machine: str, state: str) -> None:
    with region.sessions.begin() as session:
        machine_of(session, machine).state = state


def test_what_the_list_says_is_what_a_quote_finds(region: Region) -> None:
    kamppi, kallio = region.labs
    assert set(labs_now(region, "clip")) == {kamppi.facility_id, kallio.facility_id}
    set_state(region, kamppi.machines[0], "alarm")
    assert labs_now(region, "clip") == [kallio.facility_id]
    offer = region.offer("clip")
    assert isinstance(offer, Offer)
    assert offer.facility_id == kallio.facility_id
    with region.sessions.begin() as session:
        state_need(
            session,
            kallio.facility_id,
            "fdm-printer",
            by=kallio.operator_id,
            now=region.clock.at,
        )
    assert labs_now(region, "clip") == []
    assert isinstance(region.offer("clip"), NoOffer)
    shown = {one.version.id for one in page(region, can="now").found}
    assert region.versions["clip"] not in shown
    near = {one.version.id for one in page(region, near="Kallio").found}
    assert region.versions["clip"] in near  # it is made there, only not now


def test_the_index_and_the_plan_never_differ(region: Region) -> None:
    needs = ({}, {"feature_mm": 0.5}, {"power_w": 5}, {"sheet_mm": [300, 200, 3]})
    boxes = ((40, 30, 5), (230, 30, 5), (590, 390, 3))
    with region.reading() as session:
        labs = [lab.facility_id for lab in region.labs]
        shops = shops_of(session, Fleet(), labs, now=region.clock.at)
        for designed in session.query(StepRow).all():
            session.expunge(designed)
            for designed.needs in needs:
                for box in boxes:
                    designed.box_x_mm, designed.box_y_mm, designed.box_z_mm = box
                    asked = shops.makers(designed)
                    found = {row.id for row in asked.now} | set(asked.later)
                    assert found == {
                        row.id
                        for row in shops.picture.machines
                        if not cannot_make(designed, row)
                    }


def test_each_reason_is_in_the_language_of_who_asks(region: Region) -> None:
    with region.sessions.begin() as session:
        for step in session.query(StepRow).filter_by(
            version_id=region.versions["clip"]
        ):
            step.material = "PETG"
        steps = [step]
    with region.reading() as session:
        fleet, labs = Fleet(), [lab.facility_id for lab in region.labs]
        shops = shops_of(session, fleet, labs, now=region.clock.at)
        makers = makers_of(shops, steps, NO_FEE, TARIFF)
        told = near_misses(shops, steps, makers)
        whole = who_makes(fleet.index(session), steps)
    assert not makers.labs
    assert not makers.ever
    assert whole.whole == 0
    printers = {lab.machines[0] for lab in region.labs}
    assert {one.machine.id for one in told} == printers
    assert "the step needs PETG" in told[0].reasons[0]
    assert "der Schritt braucht PETG" in told_in(told[0].reasons[0], "de")


def test_a_place_that_nobody_knows_is_said_with_what_may_be_meant(
    region: Region,
) -> None:
    answer = page(region, near="Kalio")
    assert (answer.around.is_unknown, answer.found) == (True, ())
    assert tuple(answer.around.proposed) == ("Kallio",)
    kamppi, kallio = (lab.facility_id for lab in region.labs)
    with region.reading() as session:
        assert labs_nearby(session, " KALLIO ", 1).labs == (kallio,)
        assert labs_nearby(session, "kallio", 5).labs == (kallio, kamppi)
        nowhere = labs_nearby(session, "Reykjavík", 5)
    assert nowhere.labs == ()
    assert nowhere.proposed == ("Kallio", "Kamppi")


def test_pages_go_on_where_the_one_before_ended(region: Region) -> None:
    whole = {one.version.id for one in page(region).found}
    assert whole == set(region.versions.values())
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        part = page(region, after=after, limit=1)
        seen += [one.version.id for one in part.found]
        after = part.after
    assert seen == sorted(whole, reverse=True)


def test_too_many_labs_are_asked_only_near_a_place(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(around, "LABS_ASKED", 1)
    far = page(region, can="now")
    assert far.around.is_far
    assert len(far.found) == len(region.versions)
    assert not any(one.makers.ever for one in far.found)
    (kamppi, _) = region.labs
    near = page(region, near="Kamppi", km="5", can="now")
    assert {lab.id for one in near.found for lab in one.makers.labs} == {
        kamppi.facility_id
    }


@pytest.mark.parametrize("called", ["PLA", "polylactic acid"])
def test_a_machine_that_ran_out_makes_it_later(region: Region, called: str) -> None:
    printer = region.labs[0].machines[0]
    with region.sessions.begin() as session:
        row = machine_of(session, printer)
        left = [{"code": called, "colour": None, "remaining_g": 3}]
        row.capability = {**row.capability, "materials": left}
    assert labs_now(region, "clip") == [region.labs[1].facility_id]
    (found,) = [
        one for one in page(region).found if one.version.id == region.versions["clip"]
    ]
    (later,) = found.makers.later
    assert later.machine.id == printer
    assert "3 g of PLA left" in later.reasons[0]
