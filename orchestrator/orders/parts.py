"""An order made in several labs: its parts, whose steps each is, where each is brought."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from orchestrator.catalogue.made import as_made
from orchestrator.catalogue.rows import StepRow
from orchestrator.network.rows import FacilityRow, PlaceRow
from orchestrator.orders.rows import OrderRow


class Counted(Protocol):
    """A step of whose parts `quantity` go into one finished piece."""

    @property
    def quantity(self) -> int: ...


class Covers(Protocol):
    """Whatever covers some of a design's steps; None: from its first, to its last."""

    @property
    def first_step(self) -> int | None: ...

    @property
    def last_step(self) -> int | None: ...

    @property
    def made_of(self) -> Mapping[str, str] | None: ...


def pieces_of(step: Counted, quantity: int) -> int:
    """How many parts a step makes for so many finished pieces."""
    return step.quantity * quantity


def own_steps(order: Covers, steps: Iterable[StepRow]) -> list[StepRow]:
    """Those of the design's steps that this order covers, of what it is made of."""
    return [step for step in steps_so_far(order, steps) if _begins(order, step)]


def steps_so_far(order: Covers, steps: Iterable[StepRow]) -> list[StepRow]:
    """What is done to the pieces when this order is made: its steps and all before."""
    last = order.last_step
    made_of = order.made_of or {}
    return [
        as_made(step, made_of)
        for step in steps
        if last is None or step.position <= last
    ]


def whole_id(order: OrderRow) -> str:
    """The id of the order that the shop placed: its own, if this is no part."""
    return order.part_of or order.id


def parts_of(session: Session, order: OrderRow) -> Sequence[OrderRow]:
    """The parts of the order, in the order of their steps; of a part: none."""
    return () if order.part_of is not None else family(session, order)


def family(session: Session, order: OrderRow) -> Sequence[OrderRow]:
    """All parts of the order that the shop placed, in the order of their steps."""
    if order.first_step is None:
        return ()
    return session.scalars(
        select(OrderRow)
        .where(OrderRow.part_of == whole_id(order))
        .order_by(OrderRow.first_step)
    ).all()


def made_before(order: OrderRow, family: Iterable[OrderRow]) -> list[OrderRow]:
    """The parts whose steps come before those of `order`, the first ones first."""
    first, whole = order.first_step, whole_id(order)
    if not first:
        return []
    found = [
        part
        for part in family
        if part.part_of == whole and (part.last_step or 0) < first
    ]
    return sorted(found, key=lambda part: part.last_step or 0)


def brought_by(order: OrderRow, family: Iterable[OrderRow]) -> OrderRow | None:
    """The part that brings what `order` is made from; None: it begins from nothing."""
    return next(reversed(made_before(order, family)), None)


def made_from(part: OrderRow, family: Iterable[OrderRow]) -> OrderRow | None:
    """The order that is made from `part`: the next part, or the whole."""
    return next(
        (
            other
            for other in family
            if whole_id(other) == part.part_of
            and other.first_step == (part.last_step or 0) + 1
        ),
        None,
    )


def hold_order(session: Session, order_id: str) -> OrderRow | None:
    """The order, locked until the caller's end and read afresh; so are its whole and parts.

    All in the order of their ids, as plans lock them: nobody waits for each other.
    """
    one = aliased(OrderRow)
    whole = (
        select(func.coalesce(one.part_of, one.id))
        .where(one.id == order_id)
        .scalar_subquery()
    )
    rows = session.scalars(
        select(OrderRow)
        .where((OrderRow.id == whole) | (OrderRow.part_of == whole))
        .order_by(OrderRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}.get(order_id)


def goal_of(session: Session, order: OrderRow) -> PlaceRow | FacilityRow:
    """Where the order is handed over: the shop's place, or the lab of the next steps."""
    if order.to_facility_id is not None:
        return session.get_one(FacilityRow, order.to_facility_id)
    return session.get_one(PlaceRow, order.place_id)


def receiver_of(session: Session, order: OrderRow) -> str:
    """The agent who has the pieces then: the shop, or the owner of that lab."""
    if order.to_facility_id is not None:
        return session.get_one(FacilityRow, order.to_facility_id).owner_id
    return order.shop_id


def called(order: OrderRow) -> str:
    """'order 12', or 'order 13, a part'."""
    return f"order {order.number}" + (", a part" if order.part_of else "")


def _begins(order: Covers, step: StepRow) -> bool:
    return (order.first_step or 0) <= step.position
