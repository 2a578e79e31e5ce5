"""Machines that need a training are planned only while somebody trained is there."""

from datetime import datetime, timedelta

import pytest

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.network.training import (
    end_need,
    grant_training,
    set_person_hours,
    state_need,
    trainings,
    withdraw_training,
)
from orchestrator.orders.quotes import NoOffer, Offer
from orchestrator.planning.wishes import wish
from tests.unit.orchestrator.region import NOON, Region

PRINTER = "fdm-printer"
HOUR = timedelta(hours=1)


def need(region: Region, about: str = "") -> None:
    """Both labs say that their printers need a training."""
    with region.sessions.begin() as session:
        for lab in region.labs:
            subject = about or PRINTER
            if about and about not in lab.machines:
                continue
            changed = state_need(
                session, lab.facility_id, subject, by=lab.operator_id, now=NOON
            )
            assert changed
        wish(session, "trainings", region.clock.at)


def grant(
    region: Region,
    lab: int,
    about: str = PRINTER,
    *,
    from_at: datetime = NOON,
    until_at: datetime | None = None,
) -> int:
    place = region.labs[lab]
    with region.sessions.begin() as session:
        row = grant_training(
            session,
            place.facility_id,
            place.operator_id,
            about,
            from_at=from_at,
            until_at=until_at,
            by=place.operator_id,
            now=region.clock.at,
        )
        wish(session, "trainings", region.clock.at)
        return row.number


def test_where_nobody_is_trained_no_job_is_planned_and_it_is_said(
    region: Region,
) -> None:
    assert isinstance(region.offer("clip"), Offer)
    need(region)
    refused = region.offer("clip")
    assert isinstance(refused, NoOffer)
    assert "is trained for fdm-printer-ka" in refused.text
    codes = [one.code for one in refused.passed_over]
    assert codes.count("nobody-trained") == 2
    assert isinstance(region.offer("box"), Offer)  # of machines that need none


@pytest.mark.parametrize("about", [PRINTER, "fdm-printer-kallio"])
def test_the_lab_with_a_trained_person_makes_it(region: Region, about: str) -> None:
    need(region)
    grant(region, 1, about)
    offer = region.offer("clip")
    assert isinstance(offer, Offer)
    assert offer.facility_id == region.labs[1].facility_id


def test_a_need_of_one_machine_leaves_the_others_alone(region: Region) -> None:
    need(region, "fdm-printer-kamppi")
    offer = region.offer("clip")
    assert isinstance(offer, Offer)
    assert offer.facility_id == region.labs[1].facility_id


def test_a_job_waits_for_the_hours_of_who_is_trained(region: Region) -> None:
    """Both the training's time and the person's week count."""
    need(region)
    grant(region, 0, from_at=NOON + HOUR)
    place = region.labs[0]
    for hour, from_hour in ((13, 13), (15, 15)):
        with region.sessions.begin() as session:
            set_person_hours(
                session, place.facility_id, place.operator_id, [[0, hour * 60, 18 * 60]]
            )
        offer = region.offer("clip", hours=9)
        assert isinstance(offer, Offer)
        assert offer.promised_from_at > NOON.replace(hour=from_hour)
    order_id = region.order("clip", hours=9)
    region.plan()
    (task,) = region.tasks(order_id)
    assert task.start_at is not None
    assert task.start_at >= NOON.replace(hour=15)
    assert task.machine_id == "fdm-printer-kamppi"


def test_a_job_ends_before_a_training_lapses(region: Region) -> None:
    need(region)
    grant(region, 0, until_at=NOON + timedelta(minutes=5))
    refused = region.offer("clip", quantity=2)
    assert isinstance(refused, NoOffer)


def test_a_withdrawn_training_moves_what_was_planned(region: Region) -> None:
    need(region)
    numbers = [grant(region, lab) for lab in (0, 1)]
    order_id = region.order("clip")
    region.plan()
    (task,) = region.tasks(order_id)
    assert task.machine_id is not None
    lab = region.lab_of(task.machine_id)
    at = region.labs.index(lab)
    with region.sessions.begin() as session:
        assert withdraw_training(
            session, lab.facility_id, numbers[at], by=lab.operator_id, now=NOON
        )
        wish(session, "withdrawn", region.clock.at)
    region.plan()
    (task,) = region.tasks(order_id)
    assert task.machine_id in region.labs[1 - at].machines


def test_when_no_training_is_needed_any_more_all_is_as_before(region: Region) -> None:
    need(region)
    with region.sessions.begin() as session:
        for lab in region.labs:
            by = lab.operator_id
            assert end_need(session, lab.facility_id, PRINTER, by=by, now=NOON)
            assert not end_need(session, lab.facility_id, PRINTER, by=by, now=NOON)
    assert isinstance(region.offer("clip"), Offer)


def test_what_cannot_be_is_refused(region: Region) -> None:
    lab = region.labs[0]
    with region.sessions.begin() as session:
        with pytest.raises(InvalidInputError, match="no such machine"):
            state_need(session, lab.facility_id, "lathe", by=lab.operator_id, now=NOON)
        with pytest.raises(InvalidInputError, match="works here"):
            set_person_hours(session, lab.facility_id, region.shop_id, [])
        assert trainings(session, [lab.facility_id], now=NOON) == []
    with pytest.raises(InvalidInputError, match="time to come"):
        grant(region, 0, until_at=NOON - HOUR)
