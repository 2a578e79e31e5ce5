"""An order that several labs make, as pages tell it: its parts, and of what one is a part."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import steps_of
from orchestrator.doors.web.words import N_
from orchestrator.members.rows import AgentRow
from orchestrator.network.rows import FacilityRow
from orchestrator.orders.life import MOVES, OPEN
from orchestrator.orders.parts import goal_of, own_steps, parts_of
from orchestrator.orders.quotes import parts_of_quote
from orchestrator.orders.rows import OrderRow, QuoteRow

STATES: Final = tuple(MOVES)  # from the first to the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """A step that is made of what its design allows instead of the `first` material."""

    step: str
    material: str
    first: str


def instead_of(session: Session, row: OrderRow | QuoteRow) -> list[Instead]:
    """What of an order or a quote is made of a substitute."""
    if not row.made_of:
        return []
    return [
        Instead(step=step.name, material=row.made_of[step.id], first=step.material)
        for step in steps_of(session, row.design_version_id)
        if step.id in row.made_of
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartShown:
    """One lab's part of an order, with the names that a page shows."""

    order: OrderRow
    steps: str  # "print, cut"
    lab: FacilityRow | None  # None: not planned yet
    goal: FacilityRow | None  # of the order itself: None
    courier: str

    @property
    def where(self) -> str:
        """The lab's name, or that there is none."""
        return self.lab.name if self.lab else N_("a lab")

    @property
    def title(self) -> str:
        """'Print at Kamppi'."""
        return f"{begun(self.steps)} at {self.where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What one lab would make of a quote, and where it would go then; "": to the shop."""

    steps: str
    lab: str
    machines: list[str]
    goal: str


def offered_by(session: Session, quote: QuoteRow) -> tuple[Offered, ...]:
    """Who would make what of it, the last one last."""
    return tuple(
        Offered(
            steps=begun(steps_words(session, one)),
            lab=session.get_one(FacilityRow, one.facility_id).name,
            machines=one.machine_names,
            goal=goal_of(session, one).name if one.to_facility_id else "",
        )
        for one in (*parts_of_quote(session, quote), quote)
        if one.facility_id
    )


def begun(words: str) -> str:
    """As at the beginning of a line."""
    return f"{words[:1].upper()}{words[1:]}"


def parts_shown(session: Session, order: OrderRow) -> tuple[PartShown, ...]:
    """The parts of the order and last itself, by their steps; of most orders: none."""
    parts = parts_of(session, order)
    return tuple(part_shown(session, one) for one in (*parts, order)) if parts else ()


def part_shown(session: Session, order: OrderRow) -> PartShown:
    """One part by itself."""
    courier = session.get(AgentRow, order.courier_id or "")
    return PartShown(
        order=order,
        steps=steps_words(session, order),
        lab=session.get(FacilityRow, order.facility_id or ""),
        goal=session.get(FacilityRow, order.to_facility_id or ""),
        courier=courier.name if courier else "",
    )


def headline_of(parts: Iterable[PartShown]) -> str:
    """Where the parts are that are furthest back; "" once all of them are brought."""
    *before, own = parts
    open_ones = [one for one in before if one.order.state in OPEN]
    waited_for = {one.order.goes_into for one in open_ones}
    under_way = [one for one in open_ones if one.order.id not in waited_for]
    state = min((one.order.state for one in under_way), key=STATES.index, default="")
    shown = [one for one in under_way if one.order.state == state]
    here = " and ".join(dict.fromkeys(one.where for one in shown))
    there = " and ".join(dict.fromkeys(one.goal.name for one in shown if one.goal))
    return {
        "planned": f"Planned at {here}, then {own.where}",
        "making": f"Being made at {here}, then {own.where}",
        "made": f"Made at {here}, waits for the way to {there}",
        "on-the-way": f"On the way from {here} to {there}",
    }.get(state, "")


def whole_of(session: Session, order: OrderRow) -> OrderRow | None:
    """The order of which this is a part."""
    return session.get(OrderRow, order.part_of) if order.part_of else None


def part_words(session: Session, orders: Iterable[OrderRow]) -> dict[str, str]:
    """By part, to be put behind its title: ', part of 12'."""
    wholes = {order.part_of for order in orders if order.part_of}
    if not wholes:
        return {}
    rows = session.execute(
        select(OrderRow.id, OrderRow.number).where(OrderRow.id.in_(wholes))
    )
    numbers = dict(rows.all())
    return {
        order.id: f", part of {numbers[order.part_of]}"
        for order in orders
        if order.part_of
    }


def steps_words(session: Session, order: OrderRow | QuoteRow) -> str:
    """The names of the steps that the order or quote covers."""
    steps = own_steps(order, steps_of(session, order.design_version_id))
    return ", ".join(step.name for step in steps)
