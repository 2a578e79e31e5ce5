"""An order made in several labs: its parts, whose steps each is, where each is brought."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from orchestrator.catalogue.made import as_made
from orchestrator.catalogue.rows import StepRow
from orchestrator.network.rows import FacilityRow, PlaceRow
from orchestrator.orders.rows import OrderRow, QuoteRow


class Counted(Protocol):
    """A step of whose parts `quantity` go into one finished piece."""

    @property
    def quantity(self) -> int: ...


class Covers(Protocol):
    """Whatever covers some of a design's steps, by position; None: all."""

    @property
    def steps(self) -> Sequence[int] | None: ...

    @property
    def made_of(self) -> Mapping[str, str] | None: ...


class Bound(Protocol):
    """An order or a part, or what may become one; `goes_into`: what is made from it."""

    @property
    def id(self) -> str: ...

    @property
    def goes_into(self) -> str | None: ...

    @property
    def steps(self) -> Sequence[int] | None: ...


def pieces_of(step: Counted, quantity: int) -> int:
    """How many parts a step makes for so many finished pieces."""
    return step.quantity * quantity


def own_steps(order: Covers, steps: Iterable[StepRow]) -> list[StepRow]:
    """Those of the design's steps that this order covers, of what it is made of."""
    made_of = order.made_of or {}
    return [
        as_made(step, made_of)
        for step in steps
        if order.steps is None or step.position in order.steps
    ]


def steps_so_far[Part: Bound](order: Part, family: Collection[Part]) -> set[int] | None:
    """What is done to the pieces when this order is made: its steps and its parts'.

    Positions; None: all.
    """
    if order.steps is None:
        return None
    made = (*made_before(order, family), order)
    return {position for one in made for position in one.steps or ()}


def whole_id(order: OrderRow) -> str:
    """The id of the order that the shop placed: its own, if this is no part."""
    return order.part_of or order.id


def parts_of(session: Session, order: OrderRow) -> Sequence[OrderRow]:
    """The parts of the order, each after those it is made from; of a part: none."""
    return () if order.part_of is not None else family(session, order)


def family(session: Session, order: OrderRow) -> Sequence[OrderRow]:
    """All parts of the order that the shop placed, each after those it is made from."""
    if order.steps is None:
        return ()
    return session.scalars(
        select(OrderRow)
        .where(OrderRow.part_of == whole_id(order))
        .order_by(OrderRow.number)
    ).all()


def brought_by[Part: Bound](order: Bound, family: Iterable[Part]) -> list[Part]:
    """The parts that bring what `order` is made from; none: it begins from nothing."""
    return [part for part in family if part.goes_into == order.id]


def made_before[Part: Bound](order: Bound, family: Collection[Part]) -> list[Part]:
    """All that `order` is made from, and that is made from, each after its own."""
    return [
        one
        for part in brought_by(order, family)
        for one in (*made_before(part, family), part)
    ]


def made_from(part: OrderRow, orders: Iterable[OrderRow]) -> OrderRow | None:
    """The order that is made from `part`: another part, or the whole."""
    return next((order for order in orders if order.id == part.goes_into), None)


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


def goal_of(session: Session, order: OrderRow | QuoteRow) -> PlaceRow | FacilityRow:
    """Where the order is handed over: the shop's place, or the lab that goes on with it."""
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
