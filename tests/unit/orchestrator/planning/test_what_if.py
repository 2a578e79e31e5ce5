"""What if somebody is not there: what would really happen is told, and nothing is done."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.network.couriers import end_shift
from orchestrator.network.facilities import close_facility
from orchestrator.planning import what_if
from orchestrator.planning.picture import look
from orchestrator.planning.rows import PlanRow, StopRow, TaskRow, WhatIfRow
from orchestrator.planning.suppose import Difference, Kind, Supposition, difference
from orchestrator.planning.wishes import wish
from routing.joint.solve import solve
from tests.unit.orchestrator.region import PACE, Region

DAY = timedelta(days=1)


def supposed(
    region: Region, kind: Kind, subject_id: str, *, days: float = 1
) -> Supposition:
    at: datetime = region.clock.at
    return Supposition(
        kind=kind, subject_id=subject_id, from_at=at, until_at=at + days * DAY
    )


def thought(region: Region, what: Supposition) -> Difference:
    with region.reading() as session:
        picture = look(session, now=region.clock.at)
    return difference(picture, region.ground, what, partial(solve, budget=PACE.budget))


def planned(region: Region) -> list[tuple[object, ...]]:
    with region.reading() as session:
        tasks = session.execute(
            select(TaskRow.id, TaskRow.machine_id, TaskRow.start_at, TaskRow.end_at)
        )
        stops = session.execute(
            select(StopRow.id, StopRow.courier_id, StopRow.arrive_at)
        )
        plans = session.execute(select(PlanRow.id))
        return [tuple(row) for rows in (tasks, stops, plans) for row in rows]


def test_a_closed_lab_is_supposed_as_it_would_be_planned(region: Region) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    lab = region.row(order_id).facility_id or ""
    before = planned(region)
    found = thought(region, supposed(region, "lab", lab))
    assert planned(region) == before
    (moved,) = found.orders
    assert moved.order_id == order_id
    assert moved.lab is not None
    assert moved.lab[0] == lab
    with region.sessions.begin() as session:
        close_facility(session, lab, until=region.clock.at + DAY, now=region.clock.at)
        wish(session, "closed", region.clock.at)
    region.plan()
    assert region.row(order_id).facility_id == moved.lab[1]
    assert found.weighed_cents >= 0  # to lose something never helps


def test_an_absent_courier_is_supposed_as_it_would_be_planned(region: Region) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    courier = region.stops(order_id)["pickup"].courier_id
    (moved,) = thought(region, supposed(region, "courier", courier)).orders
    assert moved.courier is not None
    assert moved.courier[0] == courier
    with region.sessions.begin() as session:
        end_shift(session, courier, now=region.clock.at)
        wish(session, "ended", region.clock.at)
    region.plan()
    assert region.stops(order_id)["pickup"].courier_id == moved.courier[1]


def test_who_is_left_out_is_told_with_what_would_help(region: Region) -> None:
    """Alone with its lab: the other lab's only machine for it has been taken away."""
    order_id = region.order("clip", quantity=2)
    region.plan()
    machine = region.tasks(order_id)[0].machine_id or ""
    other = next(lab for lab in region.labs if machine not in lab.machines)
    region.tell(region.death(other))
    region.plan()
    found = thought(region, supposed(region, "machine", machine, days=7))
    (moved,) = found.orders
    assert moved.left_out
    assert moved.helps
    assert moved.lab is None
    assert found.weighed_cents > 0


def test_what_has_nothing_to_do_with_it_changes_nothing(region: Region) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    used = region.tasks(order_id)[0].machine_id
    spare = next(one for lab in region.labs for one in lab.machines if one != used)
    found = thought(region, supposed(region, "machine", spare))
    assert found == Difference(
        orders=(),
        order_count=1,
        money_cents=0,
        weighed_cents=0,
        metres=0,
        late_before=found.late_after,
        late_after=found.late_before,
    )


def test_a_question_is_a_row_until_it_is_answered(region: Region) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    lab = region.row(order_id).facility_id or ""
    with region.sessions.begin() as session:
        asked = what_if.suppose(
            session,
            supposed(region, "lab", lab),
            asked_by="agent-1",
            now=region.clock.at,
        )
    places = (region.sessions, region.reading, region.ground, region.clock)
    before = planned(region)
    assert what_if.answer_next(*places)
    assert not what_if.answer_next(*places)
    assert planned(region) == before
    with region.reading() as session:
        row = what_if.question(session, asked.id)
        assert row.state == "answered"
        assert row.answer is not None
        assert [one["order_id"] for one in row.answer["orders"]] == [order_id]


def test_a_question_about_nothing_or_the_past_is_refused(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(what_if, "QUESTIONS_KEPT", 2)
    lab = region.labs[0].facility_id
    now = region.clock.at

    def ask(what: Supposition) -> None:
        with region.sessions.begin() as session:
            what_if.suppose(session, what, asked_by="agent-1", now=now)

    for kind in ("lab", "machine", "courier"):
        with pytest.raises(NotFoundError):
            ask(supposed(region, kind, "nobody"))
    for days in (-1, 0, 8):
        with pytest.raises(InvalidInputError):
            ask(supposed(region, "lab", lab, days=days))
    for _ in range(4):
        ask(supposed(region, "lab", lab))
    with region.reading() as session:
        assert len(session.scalars(select(WhatIfRow)).all()) == 2
