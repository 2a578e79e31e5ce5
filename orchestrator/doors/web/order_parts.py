"""An order that several labs make, as pages tell it: its parts, and of what one is a part."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import steps_of
from orchestrator.doors.web.words import N_
from orchestrator.members.rows import AgentRow
from orchestrator.network.rows import FacilityRow
from orchestrator.orders.life import OPEN
from orchestrator.orders.parts import own_steps, parts_of
from orchestrator.orders.rows import OrderRow, QuoteRow


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
        return f"{self.steps[:1].upper()}{self.steps[1:]} at {self.where}"


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
    """Where the part is that comes next; "" once all of them are brought."""
    *before, own = parts
    first = next((one for one in before if one.order.state in OPEN), None)
    if first is None or first.goal is None:
        return ""
    here, there = first.where, first.goal.name
    return {
        "planned": f"Planned at {here}, then {own.where}",
        "making": f"Being made at {here}, then {own.where}",
        "made": f"Made at {here}, waits for the way to {there}",
        "on-the-way": f"On the way from {here} to {there}",
    }.get(first.order.state, "")


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


def steps_words(session: Session, order: OrderRow) -> str:
    """The names of the steps that the order covers."""
    steps = own_steps(order, steps_of(session, order.design_version_id))
    return ", ".join(step.name for step in steps)
