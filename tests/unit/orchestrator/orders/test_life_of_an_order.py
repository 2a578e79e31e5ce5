"""An order moves only as orders can, and tells each move once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from orchestrator.orders import life
from orchestrator.orders.accept import place
from orchestrator.orders.errors import OrderStateError
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.reserved import shortage

MINUTE = timedelta(minutes=1)


@pytest.fixture
def order(session: Session, trade: Any, now: datetime) -> OrderRow:
    quote = trade.quote(trade.design("Hook", "MIT"))
    return place(
        session,
        quote_id=quote.id,
        idempotency_key="key-of-life",
        shortage=shortage,
        key=trade.key,
        shop_id=trade.shop,
        now=now,
    )


def plan(session: Session, trade: Any, order: OrderRow, now: datetime) -> bool:
    return life.mark_planned(
        session,
        order,
        facility_id=trade.facility,
        courier_id=trade.courier,
        expected_at=now + 90 * MINUTE,
        now=now,
    )


def story(session: Session, order: OrderRow) -> list[str]:
    return [line.text for line in life.timeline(session, order.id)]


def test_the_good_way_told_to_people(
    session: Session, trade: Any, order: OrderRow, now: datetime
) -> None:
    assert plan(session, trade, order, now + MINUTE)
    assert not plan(session, trade, order, now + MINUTE)
    assert life.mark_making(session, order, now=now + 2 * MINUTE)
    assert not life.mark_making(session, order, now=now + 3 * MINUTE)
    assert life.mark_made(session, order, now=now + 4 * MINUTE)
    assert life.mark_picked_up(
        session, order, courier_id=trade.courier, now=now + 5 * MINUTE
    )
    assert life.mark_delivered(session, order, now=now + 6 * MINUTE)
    assert not life.mark_delivered(session, order, now=now + 7 * MINUTE)
    assert story(session, order) == [
        "MIT allows it.",
        "Order placed.",
        "North will make it.",
        "North began to make it.",
        "Made. It waits at North.",
        "Rosa has it.",
        "Delivered.",
    ]
    assert (order.made_at, order.picked_up_at, order.delivered_at) == (
        now + 4 * MINUTE,
        now + 5 * MINUTE,
        now + 6 * MINUTE,
    )


def test_plans_change_and_say_so(
    session: Session, trade: Any, order: OrderRow, now: datetime
) -> None:
    plan(session, trade, order, now)
    assert life.mark_planned(
        session,
        order,
        facility_id=trade.other_facility,
        courier_id=None,
        expected_at=now + 95 * MINUTE,
        now=now + MINUTE,
    )
    assert order.promised_to_at == now + 4 * 60 * MINUTE  # never rewritten
    gone = {"code": "no-machine", "text": "No lab can now.", "now": now + 2 * MINUTE}
    assert life.mark_unplanned(session, order, **gone)  # type: ignore[arg-type]
    assert not life.mark_unplanned(session, order, **gone)  # type: ignore[arg-type]
    assert (order.state, order.reason_code, order.facility_id) == (
        "placed",
        "no-machine",
        None,
    )
    assert plan(session, trade, order, now + 3 * MINUTE)
    assert order.reason_code is None
    assert story(session, order)[2:] == [
        "North will make it.",
        "South will make it instead.",
        "No lab can now.",
        "North will make it.",
    ]


def test_what_fails_is_made_or_brought_again(
    session: Session, trade: Any, order: OrderRow, now: datetime
) -> None:
    plan(session, trade, order, now)
    life.mark_made(session, order, now=now)  # its beginning was never heard
    life.mark_picked_up(session, order, courier_id=trade.courier, now=now)
    assert life.mark_brought_back(session, order, why="Nobody was there.", now=now)
    assert (order.state, order.picked_up_at) == ("made", None)
    assert life.mark_remaking(session, order, why="It fell.", now=now)
    assert (order.state, order.made_at) == ("making", None)
    assert life.refuse(session, order, code="no-material", text="No PLA.", now=now)
    assert (order.state, order.reason_text) == ("refused", "No PLA.")
    assert "It fell. It is made again." in story(session, order)


def test_only_what_nobody_began_can_be_cancelled(
    session: Session, trade: Any, order: OrderRow, now: datetime
) -> None:
    plan(session, trade, order, now)
    assert life.cancel(session, order, now=now)
    assert not life.cancel(session, order, now=now)
    with pytest.raises(OrderStateError):
        life.mark_making(session, order, now=now)


@pytest.mark.parametrize(
    "state", ["making", "made", "on-the-way", "delivered", "refused"]
)
def test_too_late_to_cancel(
    session: Session, order: OrderRow, now: datetime, state: str
) -> None:
    order.state = state
    with pytest.raises(OrderStateError, match="Call the lab"):
        life.cancel(session, order, now=now)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("state", list(life.MOVES))
@pytest.mark.parametrize("to", list(life.MOVES))
def test_every_other_move_is_refused_and_changes_nothing(
    session: Session, order: OrderRow, now: datetime, state: str, to: str
) -> None:
    order.state = state
    told = len(life.timeline(session, order.id))
    if to == state or to in life.MOVES[state]:
        assert life.move(session, order, to, text="x", now=now) == (to != state)
        assert order.state == to
        return
    with pytest.raises(OrderStateError):
        life.move(session, order, to, text="x", now=now)
    session.flush()
    assert (order.state, len(life.timeline(session, order.id))) == (state, told)


@given(st.lists(st.sampled_from(list(life.MOVES)), max_size=30))
def test_what_is_over_stays_over(wishes: list[str]) -> None:
    state = "placed"
    for wish in wishes:
        before = state
        if wish in life.MOVES[state]:
            state = wish
        if before in {"delivered", "refused", "cancelled"}:
            assert state == before
    assert set(life.OPEN) == set(life.MOVES) - {"delivered", "refused", "cancelled"}
