"""What needs a person now, by the role that is worn: read for the page Today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import DesignRow, DesignVersionRow
from orchestrator.commons.points import points_of
from orchestrator.dispatch.ride import Ride, ride
from orchestrator.doors.web.board import Board, board_of
from orchestrator.doors.web.order_words import late_s, order_told
from orchestrator.doors.web.trade_words import Told
from orchestrator.foundation.inbox import counts
from orchestrator.ledger.sequencer import tree_size
from orchestrator.members.principals import Principal
from orchestrator.network.alarms import open_alarms
from orchestrator.network.couriers import couriers
from orchestrator.network.facilities import facilities
from orchestrator.network.machines import machines
from orchestrator.network.rows import AlarmRow, FacilityRow, MachineRow
from orchestrator.orders.life import OPEN
from orchestrator.orders.rows import OrderRow
from orchestrator.orders.views import find_orders, titles_of
from orchestrator.planning.views import PlanInForce, change_count, latest_plan

DONE_SHOWN: Final = timedelta(days=2)
DONE_SHOWN_MAX: Final = 3
LATE_SHOWN_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCard:
    """An order in a list, with how it stands."""

    order: OrderRow
    title: str
    told: Told
    late_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignCard:
    """A designer's design: how many pieces of it were made, and for how many orders."""

    design_id: str
    version_id: str
    title: str
    licence: str
    piece_count: int
    order_count: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionFigures:
    """What the region does now; nothing of it is anybody's own."""

    lab_count: int
    machine_count: int
    running_count: int
    on_the_way_count: int
    delivered_count: int
    design_count: int
    courier_count: int
    entry_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StewardDay:
    """What a steward must look at."""

    alarms: Sequence[AlarmRow]
    silent_machines: tuple[tuple[FacilityRow, int], ...]
    refused_messages: tuple[tuple[str, int], ...]  # code, how many ever
    late: tuple[OrderCard, ...]
    plan: PlanInForce | None
    plan_changes: int


def shop_orders(
    session: Session, principal: Principal, now: datetime
) -> tuple[list[OrderCard], list[OrderCard]]:
    """(open ones: late first, then by promise; the last that are delivered)."""
    rows = find_orders(session, principal, limit=200)
    own = [row for row in rows if row.shop_id == principal.agent_id]
    cards = order_cards(session, own, now)
    waiting = [card for card in cards if card.order.state in OPEN]
    waiting.sort(key=lambda card: (-card.late_s, card.order.promised_to_at))
    done = [
        card
        for card in cards
        if card.order.delivered_at and now - card.order.delivered_at < DONE_SHOWN
    ]
    return waiting, done[:DONE_SHOWN_MAX]


def order_cards(
    session: Session, rows: Sequence[OrderRow], now: datetime
) -> list[OrderCard]:
    """Orders with titles, states and lateness, in the order given."""
    titles = titles_of(session, rows)
    return [
        OrderCard(
            order=row,
            title=titles[row.design_version_id],
            told=order_told(row, now),
            late_s=late_s(row, now),
        )
        for row in rows
    ]


def boards(
    session: Session, principal: Principal, now: datetime
) -> list[tuple[FacilityRow, Board]]:
    """The boards of the labs where the person works."""
    return [
        (lab, board_of(session, lab.id, now=now))
        for lab in facilities(session)
        if lab.id in principal.facility_ids
    ]


def own_ride(session: Session, principal: Principal) -> Ride:
    """The courier's stops. Errors: NotFoundError for no courier."""
    return ride(session, principal.agent_id)


def own_designs(session: Session, agent_id: str) -> tuple[list[DesignCard], int]:
    """(the designer's designs, the most made first; all points so far)."""
    made = (
        select(
            DesignVersionRow.design_id,
            func.sum(OrderRow.quantity).label("pieces"),
            func.count(OrderRow.id).label("orders"),
            func.max(OrderRow.delivered_at).label("last_at"),
        )
        .join(DesignVersionRow, DesignVersionRow.id == OrderRow.design_version_id)
        .where(OrderRow.state == "delivered", OrderRow.part_of.is_(None))
        .group_by(DesignVersionRow.design_id)
        .subquery()
    )
    newest = (
        select(DesignVersionRow.design_id, func.max(DesignVersionRow.number).label("n"))
        .group_by(DesignVersionRow.design_id)
        .subquery()
    )
    rows = session.execute(
        select(
            DesignRow,
            DesignVersionRow,
            made.c.pieces,
            made.c.orders,
            made.c.last_at,
        )
        .join(newest, newest.c.design_id == DesignRow.id)
        .join(
            DesignVersionRow,
            (DesignVersionRow.design_id == DesignRow.id)
            & (DesignVersionRow.number == newest.c.n),
        )
        .outerjoin(made, made.c.design_id == DesignRow.id)
        .where(DesignRow.designer_id == agent_id)
        .order_by(func.coalesce(made.c.pieces, 0).desc(), DesignRow.title)
    )
    cards = [
        DesignCard(
            design_id=design.id,
            version_id=version.id,
            title=version.title,
            licence=version.licence,
            piece_count=int(pieces or 0),
            order_count=int(orders or 0),
            last_at=last_at,
        )
        for design, version, pieces, orders, last_at in rows
    ]
    return cards, points_of(session, agent_id)


def region_figures(session: Session) -> RegionFigures:
    """Counts only."""
    rows = machines(session)
    by_state = (
        select(OrderRow.state, func.count())
        .where(OrderRow.part_of.is_(None))
        .group_by(OrderRow.state)
    )
    state_counts = {state: int(count) for state, count in session.execute(by_state)}
    designs = session.scalar(select(func.count()).select_from(DesignRow))
    return RegionFigures(
        lab_count=len(facilities(session)),
        machine_count=sum(row.state != "offline" for row in rows),
        running_count=sum(row.state == "running" for row in rows),
        on_the_way_count=state_counts.get("on-the-way", 0),
        delivered_count=state_counts.get("delivered", 0),
        design_count=designs or 0,
        courier_count=len(couriers(session, on_shift_only=True)),
        entry_count=tree_size(session),
    )


def steward_day(session: Session, principal: Principal, now: datetime) -> StewardDay:
    """Alarms, what is silent, what was refused at the door, and what is late."""
    late = find_orders(session, principal, late_at=now, limit=LATE_SHOWN_MAX)
    plan = latest_plan(session)
    refused = [
        (code, count) for (_, code), count in sorted(counts(session).items()) if count
    ]
    return StewardDay(
        alarms=open_alarms(session),
        silent_machines=tuple(_silent(session)),
        refused_messages=tuple(refused),
        late=tuple(order_cards(session, late, now)),
        plan=plan,
        plan_changes=change_count(session, plan) if plan else 0,
    )


def _silent(session: Session) -> list[tuple[FacilityRow, int]]:
    rows: dict[str, list[MachineRow]] = {}
    for row in machines(session):
        rows.setdefault(row.facility_id, []).append(row)
    found = [
        (lab, sum(row.state == "offline" for row in rows.get(lab.id, [])))
        for lab in facilities(session)
    ]
    return [(lab, count) for lab, count in found if count]
