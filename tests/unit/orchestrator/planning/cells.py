"""The region of the tests as two cells: a lab, a shop and a courier each."""

from dataclasses import replace

from sqlalchemy import func, select

from orchestrator.dispatch.referee import breaches
from orchestrator.network.places import add_place
from orchestrator.network.rows import CourierRow
from orchestrator.planning.cells import cell_of, members
from orchestrator.planning.plan import Pace, plan_cell
from orchestrator.planning.regroup import prepare
from orchestrator.planning.rows import CellMemberRow, PlanRow, StopRow
from orchestrator.planning.sound import Solver
from orchestrator.planning.wishes import wanted_cells
from routing.cells import Grouping
from tests.unit.orchestrator.region import PACE, Region

SMALL = Grouping(orders_max=1, labs_min=1)
APART = Grouping(orders_max=1, labs_min=1, halo_s=0)  # nobody merges what it draws
SMALL_PACE = replace(PACE, grouping=SMALL)
KALLIO = (60.1776, 24.9502)  # lat, lon, beside the second lab


def near(region: Region, lab: int, design: str = "clip") -> str:
    """An order for a shop beside the lab."""
    home = region.place_id
    if lab == 1:
        with region.sessions.begin() as session:
            region.place_id = add_place(
                session,
                agent_id=region.shop_id,
                name="Kallio",
                address="Katu 2",
                lat=KALLIO[0],
                lon=KALLIO[1],
            ).id
    order_id = region.order(design, quantity=2)
    region.place_id = home
    return order_id


def split(region: Region, grouping: Grouping = SMALL) -> list[str]:
    """Two orders, and by lab the cell that was made of it."""
    near(region, 0)
    near(region, 1)
    settled(region, grouping)
    with region.reading() as session:
        cells = [cell_of(session, lab.facility_id) or "" for lab in region.labs]
    assert len(set(cells)) == 2
    return cells


def settled(region: Region, grouping: Grouping = SMALL) -> list[str]:
    """The cells that want a plan, all being settled."""
    prepare(
        region.sessions,
        region.reading,
        region.ground,
        now=region.clock.at,
        grouping=grouping,
    )
    with region.reading() as session:
        return sorted(wanted_cells(session))


def a_courier_in_kallio(region: Region) -> str:
    """The first courier, moved there before cells are drawn."""
    with region.sessions.begin() as session:
        row = session.get_one(CourierRow, region.couriers[0])
        row.lat, row.lon = KALLIO
    return region.couriers[0]


def plan(
    region: Region, cell: str, solver: Solver | None = None, pace: Pace = SMALL_PACE
) -> PlanRow | None:
    """Plan the cell as whoever has its lease would."""
    return plan_cell(
        region.sessions,
        region.reading,
        region.ground,
        region.clock,
        cell=cell,
        pace=pace,
        solver=solver,
    )


def plan_all(region: Region, grouping: Grouping = SMALL) -> None:
    """Plan until nobody wants anything."""
    pace = replace(SMALL_PACE, grouping=grouping)
    for _ in range(10):
        wanted = settled(region, grouping)
        if not wanted:
            return
        for cell in wanted:
            plan(region, cell, pace=pace)
    raise AssertionError("planning never comes to rest")


def belonging(region: Region, kind: str, cell: str) -> set[str]:
    """The labs, orders or couriers of the cell."""
    with region.reading() as session:
        return set(session.scalars(members(kind, cell)))


def planned_in(region: Region) -> set[str]:
    """Cells that a plan was made of."""
    with region.reading() as session:
        return set(session.scalars(select(PlanRow.cell)))


def sound(region: Region) -> None:
    """The invariants hold, and no order, lab or courier is without a cell."""
    with region.reading() as session:
        assert breaches(session) == []
        kinds = session.execute(
            select(CellMemberRow.kind, func.count()).group_by(CellMemberRow.kind)
        )
        counted = {kind: count for kind, count in kinds.all()}  # noqa: C416 - rows
        routes = session.execute(
            select(StopRow.courier_id, CellMemberRow.cell)
            .join(CellMemberRow, CellMemberRow.subject_id == StopRow.order_id)
            .where(StopRow.state == "planned")
            .distinct()
        ).all()
        cell_of = {
            row.subject_id: row.cell for row in session.scalars(select(CellMemberRow))
        }
    assert counted["courier"] == len(region.couriers)
    assert all(cell_of[courier] == cell for courier, cell in routes)
