"""What is new gets its cell: orders, couriers, and wishes for a plan."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from orchestrator.network.arrivals import has_joined
from orchestrator.network.rows import CourierRow, FacilityRow, MachineRow
from orchestrator.orders.parts import whole_id
from orchestrator.orders.rows import OrderRow, QuoteRow
from orchestrator.planning.cells import cell_names, cell_of, has_cell, labs_seen
from orchestrator.planning.nearness import by_nearness, cells_near
from orchestrator.planning.picture import OPEN_STATES
from orchestrator.planning.rows import CellMemberRow, PlanCellRow, PlanWishRow, TaskRow
from orchestrator.planning.tasks import LIVE, open_missing_tasks
from orchestrator.planning.wishes import is_wanted, spread, unspread, wish_in
from routing.cells import FIRST


def settle(session: Session, *, now: datetime) -> None:
    """Open what is new, and say which cell plans it. The caller has the turn."""
    open_missing_tasks(session)
    if not cell_names(session, at_most=1):
        session.add(new_cell(FIRST))
        session.flush()
    _place_couriers(session)
    _follow_couriers(session, now)
    _place_orders(session, now)
    session.flush()
    for row in unspread(session):
        spread(session, row, touched(session, row))


def is_settled(session: Session) -> bool:
    """Whether every lab, courier, open order and wish has its cell."""
    is_open = OrderRow.state.in_(OPEN_STATES)
    new = (
        select(FacilityRow.id).where(~has_cell(FacilityRow.id), has_joined()),
        select(CourierRow.agent_id).where(~has_cell(CourierRow.agent_id)),
        select(OrderRow.id).where(is_open, ~has_cell(OrderRow.id)),
        select(PlanWishRow.id).where(PlanWishRow.cell.is_(None)),
    )
    return all(session.scalar(asked.limit(1)) is None for asked in new)


def new_cell(name: str) -> PlanCellRow:
    """A cell that asks for nothing."""
    return PlanCellRow(name=name, halo=[], couriers_lacking=0, asked_at=None)


def member(subject_id: str, kind: str, cell: str) -> CellMemberRow:
    """A lab, order or courier of the cell."""
    return CellMemberRow(
        subject_id=subject_id, kind=kind, cell=cell, lent_by=None, scene=None
    )


def touched(session: Session, row: PlanWishRow) -> Sequence[str]:
    """The cells whose plan may have to change for that; never none.

    A lab touches its cell, and those with work on its machines.
    """
    names = cell_names(session)
    if row.about is None or len(names) < 2:
        return names
    machine = session.get(MachineRow, row.about)
    subject_id = row.about if machine is None else machine.facility_id
    found = session.get(CellMemberRow, subject_id)
    if found is None:
        return _of_order_that_is_over(session, subject_id) or names
    if found.kind != "lab":
        return [found.cell]
    guests = session.scalars(
        select(CellMemberRow.cell)
        .join(TaskRow, TaskRow.order_id == CellMemberRow.subject_id)
        .join(MachineRow, MachineRow.id == TaskRow.machine_id)
        .where(MachineRow.facility_id == subject_id, TaskRow.state.in_(LIVE))
        .distinct()
    ).all()
    return sorted({found.cell, *guests})


def _of_order_that_is_over(session: Session, order_id: str) -> list[str]:
    order = session.get(OrderRow, order_id)
    if order is None:
        return []
    whose = (order.courier_id, order.facility_id)
    cells = {cell_of(session, name) for name in whose if name is not None}
    return sorted(cell for cell in cells if cell is not None)


def _place_couriers(session: Session) -> None:
    """A new courier belongs where the nearest lab does."""
    for courier in session.scalars(
        select(CourierRow).where(~has_cell(CourierRow.agent_id))
    ):
        labs = by_nearness(session, courier.lat, courier.lon)
        cells = (cell_of(session, lab) for lab in labs)
        near = next((cell for cell in cells if cell is not None), None)
        cell = near or cell_names(session, at_most=1)[0]
        session.add(member(courier.agent_id, "courier", cell))


def _place_orders(session: Session, now: datetime) -> None:
    """A new order goes to the nearest cell that sees the lab it was offered by.

    Its parts go with it: it sees their labs, too.
    """
    found = session.execute(
        select(OrderRow, QuoteRow.facility_id)
        .join(QuoteRow, QuoteRow.id == OrderRow.quote_id)
        .where(OrderRow.state.in_(OPEN_STATES), ~has_cell(OrderRow.id))
        .order_by(OrderRow.part_of.is_not(None), OrderRow.id)
    ).all()
    offers = labs_offered(session, [order.id for order, _ in found])
    is_told = is_wanted(session)
    counts: dict[str, int] = {}
    for order, offered_by in found:
        cell = cell_of(session, order.part_of) if order.part_of else None
        if cell is None:
            wanted = offers.get(order.id, set()) | {offered_by}
            cells = cells_near(session, order.design_version_id, order.place_id)
            cell = cells[0]
            if len(cells) > 1:
                seen = (one for one in cells if wanted <= labs_seen(session, one))
                cell = next(seen, cell)
        session.add(member(order.id, "order", cell))
        counts[cell] = counts.get(cell, 0) + 1
    for cell, count in () if is_told else counts.items():
        wish_in(session, cell, f"{count} new orders", now)


def _follow_couriers(session: Session, now: datetime) -> None:
    """Who fetched an order of another cell has it now: it is planned with its bearer."""
    bearer = aliased(CellMemberRow)
    moved = session.execute(
        select(CellMemberRow, bearer.cell, OrderRow.number)
        .join(OrderRow, OrderRow.id == CellMemberRow.subject_id)
        .join(bearer, bearer.subject_id == OrderRow.courier_id)
        .where(
            OrderRow.state.in_(OPEN_STATES),
            bearer.cell != CellMemberRow.cell,
            # of several parts only those that somebody has decide for all
            OrderRow.steps.is_(None) | (OrderRow.state == "on-the-way"),
        )
    ).all()
    for row, cell, number in moved:
        text = f"order {number} went with a courier of {cell}"
        for concerned in (row.cell, cell):
            wish_in(session, concerned, text, now)
        row.cell = cell
    keep_together(session)


def labs_offered(session: Session, order_ids: Sequence[str]) -> dict[str, set[str]]:
    """By order that has parts, the labs that were to make those."""
    found: dict[str, set[str]] = {}
    rows = session.execute(
        select(OrderRow.part_of, QuoteRow.facility_id)
        .join(QuoteRow, QuoteRow.id == OrderRow.quote_id)
        .where(OrderRow.part_of.in_(order_ids))
    )
    for order_id, lab in rows:
        if order_id is not None and lab is not None:
            found.setdefault(order_id, set()).add(lab)
    return found


def keep_together(session: Session) -> None:
    """An order and its parts are planned in one cell: of a part under way, or its own.

    Of several parts under way in several cells each stays with its bearer.
    """
    session.flush()
    own, its, apart = (aliased(CellMemberRow) for _ in range(3))
    part = aliased(OrderRow)
    wholes = (
        select(part.part_of)
        .join(own, own.subject_id == part.id)
        .join(its, its.subject_id == part.part_of)
        .where(own.cell != its.cell)
    )
    found = session.execute(
        select(OrderRow, apart)
        .join(apart, apart.subject_id == OrderRow.id)
        .where(OrderRow.id.in_(wholes) | OrderRow.part_of.in_(wholes))
        .order_by(OrderRow.id)
    ).all()
    families: dict[str, list[tuple[OrderRow, CellMemberRow]]] = {}
    for order, row in found:
        families.setdefault(whole_id(order), []).append((order, row))
    for family in families.values():
        under_way = [
            row.cell
            for order, row in family
            if order.part_of is not None and order.state == "on-the-way"
        ]
        whole = next(row for order, row in family if order.part_of is None)
        if under_way and whole.cell not in under_way:
            whole.cell = under_way[0]
        for order, row in family:
            if order.state != "on-the-way":
                row.cell = whole.cell
