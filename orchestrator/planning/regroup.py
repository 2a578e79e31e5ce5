"""Labs come, go or get more to do: cells are drawn anew, as few as possible of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, aliased

from orchestrator.foundation.database import Sessions
from orchestrator.network.arrivals import has_joined
from orchestrator.network.couriers import distance_m
from orchestrator.network.rows import CourierRow, FacilityRow
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.nearness import likely_lab
from orchestrator.planning.picture import OPEN_STATES
from orchestrator.planning.rows import (
    CellMemberRow,
    PlanCellRow,
    PlanLeaseRow,
    PlanWishRow,
)
from orchestrator.planning.settle import (
    is_settled,
    keep_together,
    member,
    new_cell,
    settle,
)
from orchestrator.planning.travel import Profile, RegionMap, matrix_once, place_at
from orchestrator.planning.turn import take_turn
from orchestrator.planning.wishes import wish_in
from routing.cells import (
    FIRST,
    Grouping,
    Lab,
    OpenOrder,
    are_few,
    group,
    halo,
    is_crowded,
    share_out,
)

REASON = "the cells were drawn anew"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """A lab on the ground; `cell` is None for a new one."""

    lat: float
    lon: float
    cell: str | None


def prepare(
    sessions: Sessions,
    reading: Sessions,
    ground: RegionMap,
    *,
    now: datetime,
    grouping: Grouping,
) -> None:
    """See to it that all that is to be planned has its cell."""
    regroup(sessions, reading, ground, now=now, grouping=grouping)
    with reading() as session:
        if is_settled(session):
            return
    with sessions.begin() as session:
        take_turn(session)
        settle(session, now=now)
    if regroup(sessions, reading, ground, now=now, grouping=grouping):
        with sessions.begin() as session:
            take_turn(session)
            settle(session, now=now)


def regroup(
    sessions: Sessions,
    reading: Sessions,
    ground: RegionMap,
    *,
    now: datetime,
    grouping: Grouping,
) -> bool:
    """Draw cells anew if labs are new or gone, or cells crowded or few; was it so?

    Whoever plans one of them meanwhile finds at its end that its orders and couriers
    are no longer its own, and thinks anew.
    """
    with reading() as session:
        spots = _spots(session)
        if not _is_due(session, spots, grouping):
            return False
        orders = _open_orders(session, spots)
        used = session.scalars(select(PlanLeaseRow.cell)).all()
    ids = sorted(spots)
    made_at = Counter(order.lab for order in orders)
    labs = [Lab(id=name, orders=made_at[name]) for name in ids]
    places = tuple(place_at(spots[name].lat, spots[name].lon) for name in ids)
    seconds = matrix_once(ground, places, Profile.BICYCLE).seconds
    before = {name: spot.cell for name, spot in spots.items() if spot.cell is not None}
    drawn = group(labs, seconds, before, names_used=used, grouping=grouping)
    halos = {
        cell: halo(labs, seconds, drawn, cell, grouping=grouping)
        for cell in sorted(set(drawn.values()))
    }
    with sessions.begin() as session:
        take_turn(session)
        if _spots(session) != spots:
            return True
        _write(session, spots, drawn, halos, orders, now=now)
    if before:
        log.info(REASON, cells=len(halos), labs=len(ids))
    return True


def _spots(session: Session) -> dict[str, _Spot]:
    rows = session.execute(
        select(FacilityRow.id, FacilityRow.lat, FacilityRow.lon, CellMemberRow.cell)
        .outerjoin(CellMemberRow, CellMemberRow.subject_id == FacilityRow.id)
        .where(has_joined())
    )
    return {name: _Spot(lat=lat, lon=lon, cell=cell) for name, lat, lon, cell in rows}


def _is_due(session: Session, spots: Mapping[str, _Spot], grouping: Grouping) -> bool:
    if any(spot.cell is None for spot in spots.values()):
        return True
    cell_of = {name: spot.cell or FIRST for name, spot in spots.items()}
    labs = Counter(cell_of.values())
    if session.execute(
        select(func.count()).where(CellMemberRow.kind == "lab")
    ).scalar_one() > len(spots):
        return True
    own, at_lab = aliased(CellMemberRow), aliased(CellMemberRow)
    cell = func.coalesce(at_lab.cell, own.cell)
    counted = session.execute(
        select(cell, func.count())
        .select_from(own)
        .join(OrderRow, OrderRow.id == own.subject_id)
        .outerjoin(at_lab, at_lab.subject_id == OrderRow.facility_id)
        .where(OrderRow.state.in_(OPEN_STATES))
        .group_by(cell)
    )
    orders = Counter({name: count for name, count in counted})  # noqa: C416 - rows
    if any(is_crowded(labs[name], orders[name], grouping) for name in labs):
        return True
    halos = select(PlanCellRow.name, PlanCellRow.halo)
    neighbours = {
        (name, cell_of[lab])
        for name, halo_of in session.execute(halos)
        for lab in halo_of
        if lab in cell_of and cell_of[lab] != name
    }
    return any(
        are_few(labs[one] + labs[other], orders[one] + orders[other], grouping)
        for one, other in neighbours
    )


def _open_orders(session: Session, spots: Mapping[str, _Spot]) -> list[OpenOrder]:
    """Every open order that has a cell: who has it, and where it is or will be made.

    Not yet planned, it counts for the likeliest lab of its cell.
    """
    likely: dict[tuple[str, str, str], str] = {}
    own: dict[str | None, list[str]] = {}
    for name in sorted(spots):
        own.setdefault(spots[name].cell, []).append(name)
    found = []
    for order_id, lab, courier, design, place, cell in session.execute(
        select(
            OrderRow.id,
            OrderRow.facility_id,
            OrderRow.courier_id,
            OrderRow.design_version_id,
            OrderRow.place_id,
            CellMemberRow.cell,
        )
        .join(CellMemberRow, CellMemberRow.subject_id == OrderRow.id)
        .where(OrderRow.state.in_(OPEN_STATES))
        .order_by(OrderRow.id)
    ):
        wanted = design, place, cell
        if lab is None and wanted not in likely:
            able = likely_lab(session, design, place)
            is_own = able is not None and spots[able].cell == cell
            likely[wanted] = able if able and is_own else own[cell][0]
        found.append(OpenOrder(id=order_id, lab=lab or likely[wanted], courier=courier))
    return found


def _write(
    session: Session,
    spots: Mapping[str, _Spot],
    drawn: Mapping[str, str],
    halos: Mapping[str, Sequence[str]],
    orders: Sequence[OpenOrder],
    *,
    now: datetime,
) -> None:
    known = {row.name: row for row in session.scalars(select(PlanCellRow))}
    for cell, labs in halos.items():
        row = known.get(cell)
        if row is None:
            row = new_cell(cell)
            session.add(row)
        row.halo = list(labs)
    session.flush()
    members = {
        row.subject_id: row
        for row in session.scalars(
            select(CellMemberRow).where(CellMemberRow.kind == "lab")
        )
    }
    moved = set(known) - set(halos)
    heirs: dict[str, str] = {}  # by cell that is gone
    for lab, cell in drawn.items():
        row_of_lab = members.pop(lab, None)
        if row_of_lab is None:
            session.add(member(lab, "lab", cell))
        elif row_of_lab.cell != cell:
            moved |= {row_of_lab.cell, cell}
            heirs[row_of_lab.cell] = cell
            row_of_lab.cell = cell
    for gone in members.values():
        session.delete(gone)
    session.flush()
    if halos:
        _share_out(session, moved, spots, drawn, orders)
        for gone_cell in set(known) - set(halos):
            _bequeath(session, gone_cell, heirs.get(gone_cell, min(halos)))
    for cell in moved & set(halos) if len(halos) > 1 else ():
        wish_in(session, cell, REASON, now)


def _bequeath(session: Session, cell: str, heir: str) -> None:
    """A cell is gone: what it was asked, and whom it lent, is another's now."""
    session.flush()
    session.execute(
        update(PlanWishRow).where(PlanWishRow.cell == cell).values(cell=heir)
    )
    session.execute(
        update(CellMemberRow).where(CellMemberRow.lent_by == cell).values(lent_by=heir)
    )
    session.execute(delete(PlanCellRow).where(PlanCellRow.name == cell))


def _share_out(
    session: Session,
    moved: set[str],
    spots: Mapping[str, _Spot],
    drawn: Mapping[str, str],
    orders: Sequence[OpenOrder],
) -> None:
    """Orders and couriers of the cells that were split or are gone."""
    rows = {
        row.subject_id: row
        for row in session.scalars(
            select(CellMemberRow).where(
                CellMemberRow.kind.in_(("order", "courier")),
                CellMemberRow.cell.in_(moved),
            )
        )
    }
    left = set(drawn.values())
    away = {
        courier.agent_id: _away(courier, spots, drawn, (moved & left) or left)
        for courier in session.scalars(
            select(CourierRow).where(CourierRow.agent_id.in_(rows))
        )
    }
    here = [order for order in orders if order.id in rows]
    of_orders, of_couriers = share_out(here, away, drawn)
    for name, row in rows.items():
        shared = of_orders if row.kind == "order" else of_couriers
        over = row.cell if row.cell in left else min(left)
        row.cell, row.lent_by = shared.get(name, over), None
    keep_together(session)


def _away(
    courier: CourierRow,
    spots: Mapping[str, _Spot],
    drawn: Mapping[str, str],
    cells: set[str],
) -> dict[str, float]:
    """Metres to the nearest lab of each of the cells."""
    here = courier.lat, courier.lon
    found: dict[str, float] = {}
    for lab, cell in drawn.items():
        if cell in cells:
            metres = distance_m(here, (spots[lab].lat, spots[lab].lon))
            found[cell] = min(metres, found.get(cell, metres))
    return found
