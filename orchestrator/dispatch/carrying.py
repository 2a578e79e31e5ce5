"""Custody: who has an order's pieces now, and what that moves in stops and the log."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.dispatch.errors import OutOfTurnError
from orchestrator.dispatch.made import tasks_of
from orchestrator.dispatch.witness import Witness, witness_event
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.ids import new_id
from orchestrator.ledger.events import digits
from orchestrator.network.couriers import mark_out
from orchestrator.network.rows import CourierRow, FacilityRow
from orchestrator.orders import life
from orchestrator.orders.parts import (
    family,
    goal_of,
    hold_order,
    made_before,
    receiver_of,
    whole_id,
)
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.picture import COMING_BACK
from orchestrator.planning.rows import StopRow
from orchestrator.planning.tasks import next_attempt
from orchestrator.planning.travel import RegionMap, distance_m
from orchestrator.planning.wishes import wish

OFF_PLAN: Final = timedelta(minutes=5)
LOSSES: Final = ("damaged", "lost")
WORDS: Final = {
    "nobody-there": "nobody was there",
    "cannot-find": "the place was not found",
    "not-ready": "it was not ready",
    "does-not-fit": "it does not fit",
    "damaged": "it was damaged",
    "lost": "it was lost",
    "other": "something was in the way",
}


def pick_up(
    session: Session,
    witness: Witness,
    order: OrderRow,
    courier_id: str,
    *,
    at: datetime,
) -> None:
    """The lab gave the pieces to the courier, who showed its code."""
    planned = planned_stops(session, order.id)
    stop = next((row for row in planned if row.kind == "pickup"), None)
    off_plan = stop is None or abs(stop.arrive_at - at) > OFF_PLAN
    moved = any(row.courier_id != courier_id for row in planned)
    for row in planned:
        if row.courier_id != courier_id:
            row.state = "cancelled"
    if stop is None or stop.courier_id != courier_id:
        stop = _unplanned_stop(session, order, courier_id, "pickup", at)
    stop.state, stop.done_at = "done", at
    lab = _owner(session, order)
    cause = f"pickup-{_trips(session, order)}"
    for action, provider, receiver in (
        ("transferCustody", lab, courier_id),
        ("pickup", courier_id, order.shop_id),
    ):
        hand = _Hand(
            cause=cause, action=action, provider=provider, receiver=receiver, at=at
        )
        _pieces(session, witness, order, hand)
    life.mark_picked_up(session, order, courier_id=courier_id, now=at)
    if off_plan or moved:
        text = f"order {order.number} was picked up"
        wish(session, text, witness.now, about=order.id)


def deliver(
    session: Session,
    witness: Witness,
    order: OrderRow,
    ground: RegionMap,
    *,
    at: datetime,
) -> None:
    """The shop took the pieces and showed its code; a part, the lab of the next steps."""
    courier_id = order.courier_id or ""
    stop = next(
        (row for row in planned_stops(session, order.id) if row.kind == "dropoff"), None
    )
    if stop is None or stop.courier_id != courier_id:
        stop = _unplanned_stop(session, order, courier_id, "dropoff", at)
    off_plan = abs(stop.arrive_at - at) > OFF_PLAN
    stop.state, stop.done_at = "done", at
    is_part = order.part_of is not None
    # a part that was lost later is made and brought again
    cause = f"dropoff-{_trips(session, order)}" if is_part else "dropoff"
    custody = [("transferCustody", courier_id), ("dropoff", courier_id)]
    if not is_part:  # the shop sells on; who buys is nobody's business
        custody.append(("transfer", order.shop_id))
    receiver = receiver_of(session, order)
    for action, provider in custody:
        hand = _Hand(
            cause=cause, action=action, provider=provider, receiver=receiver, at=at
        )
        _pieces(session, witness, order, hand)
    witness_event(
        session,
        witness,
        order,
        cause=cause,
        action="deliverService",
        provider=courier_id,
        receiver=order.shop_id,
        quantity=digits(_km(session, order, ground)),
        unit="km",
        occurred_at=at,
    )
    life.mark_delivered(session, order, now=at)
    if off_plan:
        text = f"order {order.number} is delivered off plan"
        wish(session, text, witness.now, about=whole_id(order))


def bring_back(
    session: Session, witness: Witness, order: OrderRow, *, at: datetime
) -> None:
    """The courier returned the pieces to the lab, which showed its code."""
    courier_id = order.courier_id or ""
    cause = f"back-{_trips(session, order)}"
    lab = _owner(session, order)
    hand = _Hand(
        cause=cause, action="transferCustody", provider=courier_id, receiver=lab, at=at
    )
    _pieces(session, witness, order, hand)
    cancel_stops(session, order.id)
    order.reason_code = order.reason_text = None
    order.courier_id = None
    life.mark_brought_back(session, order, why="It could not be brought.", now=at)
    text = f"order {order.number} is back at the lab"
    wish(session, text, witness.now, about=order.id)


def meet_problem(
    session: Session,
    witness: Witness,
    order: OrderRow,
    *,
    reason: str,
    note: str,
) -> None:
    """A stop failed: what is lost is made again, all else is planned again."""
    text = f"The courier says: {WORDS[reason]}." + (f" {note}" if note else "")
    for row in planned_stops(session, order.id):
        row.state, row.done_at = "failed", witness.now
    if order.state == "on-the-way" and reason in LOSSES:
        for lost in (*made_before(order, family(session, order)), order):
            _make_again(session, lost, why=text, now=witness.now)
    else:
        life.tell(session, order, "problem", text, now=witness.now)
    text = f"order {order.number}: {WORDS[reason]}"
    wish(session, text, witness.now, about=order.id)


def _make_again(session: Session, order: OrderRow, *, why: str, now: datetime) -> None:
    """What was made of it is gone."""
    for task in tasks_of(session, order.id):
        if task.state == "done":
            task.pieces_good = 0
            next_attempt(session, task)
    order.courier_id = None
    life.mark_remaking(session, order, why=why, now=now)


def go_out(
    session: Session, witness: Witness, courier_id: str, *, load: str | None
) -> None:
    """The courier cancels: what is not loaded is planned anew; the load as said.

    Errors: InvalidInputError when something is aboard and nothing is said of it.
    """
    aboard = list(
        session.scalars(
            select(OrderRow.id)
            .where(OrderRow.courier_id == courier_id, OrderRow.state == "on-the-way")
            .order_by(OrderRow.id)
        )
    )
    if aboard and load is None:
        raise InvalidInputError(
            f"{len(aboard)} orders are aboard: say whether you keep them or bring "
            "them back",
            field="load",
        )
    for row in session.scalars(
        select(StopRow).where(
            StopRow.courier_id == courier_id, StopRow.state == "planned"
        )
    ).all():
        if row.order_id not in aboard or load == "back":
            row.state = "cancelled"
    if load == "back":
        for order_id in aboard:
            _send_back(session, witness, order_id)
    mark_out(session, courier_id)
    wish(session, "a courier is out", witness.now, about=courier_id)


def planned_stops(session: Session, order_id: str) -> list[StopRow]:
    """The order's stops that nobody has done yet."""
    return list(
        session.scalars(
            select(StopRow)
            .where(StopRow.order_id == order_id, StopRow.state == "planned")
            .order_by(StopRow.position)
        )
    )


def cancel_stops(session: Session, order_id: str) -> None:
    """Nobody is expected there any more."""
    for row in planned_stops(session, order_id):
        row.state = "cancelled"


def _send_back(session: Session, witness: Witness, order_id: str) -> None:
    order = hold_order(session, order_id)
    if order is None:
        raise OutOfTurnError(f"there is no order {order_id}")
    order.reason_code = COMING_BACK
    order.reason_text = "Its courier is out and brings it back to the lab."
    order.expected_at = None
    life.tell(session, order, COMING_BACK, order.reason_text, now=witness.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hand:
    """The pieces of an order change hands: why, and from whom to whom."""

    cause: str
    action: str
    provider: str
    receiver: str
    at: datetime


def _pieces(session: Session, witness: Witness, order: OrderRow, hand: _Hand) -> None:
    witness_event(
        session,
        witness,
        order,
        cause=hand.cause,
        action=hand.action,
        provider=hand.provider,
        receiver=hand.receiver,
        quantity=digits(order.quantity),
        unit="{piece}",
        occurred_at=hand.at,
    )


def _owner(session: Session, order: OrderRow) -> str:
    return session.get_one(FacilityRow, order.facility_id).owner_id


def _trips(session: Session, order: OrderRow) -> int:
    """How often it was picked up so far: each trip has events of its own."""
    return len(
        session.scalars(
            select(StopRow.id).where(
                StopRow.order_id == order.id,
                StopRow.kind == "pickup",
                StopRow.state == "done",
            )
        ).all()
    )


def _km(session: Session, order: OrderRow, ground: RegionMap) -> Decimal:
    """The way from lab to shop or lab by the courier's profile; detours are no credit."""
    courier = session.get_one(CourierRow, order.courier_id)
    lab = session.get_one(FacilityRow, order.facility_id)
    goal = goal_of(session, order)
    ends = (lab.lat, lab.lon), (goal.lat, goal.lon)
    return Decimal(distance_m(ground, *ends, courier.profile)) / 1_000


def _unplanned_stop(
    session: Session, order: OrderRow, courier_id: str, kind: str, at: datetime
) -> StopRow:
    """A stop that the plan did not foresee, but that happened."""
    row = StopRow(
        id=new_id("stop"),
        courier_id=courier_id,
        order_id=order.id,
        kind=kind,
        position=0,
        arrive_at=at,
        depart_at=at,
        state="planned",
        done_at=None,
    )
    session.add(row)
    session.flush()
    return row
