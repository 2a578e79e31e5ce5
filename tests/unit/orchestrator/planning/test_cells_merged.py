"""When work goes, neighbours are one cell again: nothing lost, and no border flaps."""

from sqlalchemy import select

from orchestrator.network.facilities import add_facility
from orchestrator.orders.life import cancel, held_order
from orchestrator.planning.rows import CellMemberRow, PlanCellRow, PlanRow
from orchestrator.planning.settle import new_cell
from orchestrator.planning.wishes import wish
from routing.cells import FIRST, Grouping
from routing.joint.problem import JointPlan, JointProblem
from routing.joint.solve import solve
from tests.unit.orchestrator.planning.cells import (
    KALLIO,
    SMALL_PACE,
    a_courier_in_kallio,
    belonging,
    near,
    plan,
    plan_all,
    settled,
    sound,
    split,
)
from tests.unit.orchestrator.region import NOON, Region

FIVE = Grouping(orders_max=4, labs_min=1)


def cells(region: Region) -> dict[str, str]:
    """The cell of each lab; every member's is one that there is."""
    with region.reading() as session:
        names = set(session.scalars(select(PlanCellRow.name)))
        rows = session.scalars(select(CellMemberRow)).all()
        assert {row.cell for row in rows} == names
        assert {row.lent_by for row in rows} <= {*names, None}
        return {row.subject_id: row.cell for row in rows if row.kind == "lab"}


def called_off(region: Region, *order_ids: str) -> None:
    with region.sessions.begin() as session:
        for order_id in order_ids:
            cancel(session, held_order(session, order_id), now=region.clock.at)
            wish(session, "cancelled", region.clock.at, about=order_id)


def all_orders(region: Region) -> list[str]:
    return [
        order
        for cell in set(cells(region).values())
        for order in belonging(region, "order", cell)
    ]


def test_two_cells_with_nothing_to_do_are_one_again(region: Region) -> None:
    a_courier_in_kallio(region)
    split(region)
    plan_all(region)
    called_off(region, *all_orders(region))
    plan_all(region)
    assert set(cells(region).values()) == {FIRST}
    assert belonging(region, "courier", FIRST) == set(region.couriers)
    sound(region)
    near(region, 0)
    plan_all(region)
    assert set(cells(region).values()) == {FIRST}
    near(region, 1)
    plan_all(region)
    assert len(set(cells(region).values())) == 2
    assert {region.row(order).state for order in all_orders(region)} == {"planned"}
    sound(region)


def test_who_thinks_about_a_cell_that_is_gone_writes_nothing(region: Region) -> None:
    a_courier_in_kallio(region)
    _, gone = sorted(split(region))
    plan_all(region)
    with region.sessions.begin() as session:
        wish(session, "a look", region.clock.at)
    settled(region)
    thoughts: list[JointProblem] = []

    def slow(problem: JointProblem) -> JointPlan:
        if not thoughts:
            called_off(region, *all_orders(region))
            settled(region)
        thoughts.append(problem)
        return solve(problem, budget=SMALL_PACE.budget)

    with region.reading() as session:
        before = session.scalars(select(PlanRow.id)).all()
    assert plan(region, gone, slow) is None
    with region.reading() as session:
        assert session.scalars(select(PlanRow.id)).all() == before
    assert settled(region) == [FIRST]  # who had asked for a plan waits for this one
    plan_all(region)
    assert set(cells(region).values()) == {FIRST}
    sound(region)


def test_a_courier_lent_by_a_cell_that_is_gone_is_its_heir_s(region: Region) -> None:
    """A third cell, too far away to be merged, has the courier."""
    heir, gone = sorted(split(region))
    with region.sessions.begin() as session:
        far = add_facility(
            session,
            name="Far",
            owner_id=region.labs[1].owner_id,
            address="Far",
            lat=KALLIO[0] + 0.2,
            lon=KALLIO[1],
            now=NOON,
        ).id
    settled(region)
    with region.sessions.begin() as session:
        session.add(new_cell("cell-9"))
        session.flush()
        session.get_one(CellMemberRow, far).cell = "cell-9"
        row = session.get_one(CellMemberRow, region.couriers[0])
        row.cell, row.lent_by = "cell-9", gone
    called_off(region, *all_orders(region))
    settled(region)
    assert set(cells(region).values()) == {heir, "cell-9"}
    with region.reading() as session:
        row = session.get_one(CellMemberRow, region.couriers[0])
        assert (row.cell, row.lent_by) == ("cell-9", heir)
    plan_all(region)
    sound(region)


def test_a_few_orders_more_or_less_move_no_border(region: Region) -> None:
    a_courier_in_kallio(region)
    for lab in (0, 1, 0, 1, 0):
        near(region, lab)
    plan_all(region, FIVE)
    drawn = cells(region)
    assert len(set(drawn.values())) == 2
    for lab in (0, 1, 0, 1):
        called_off(region, sorted(all_orders(region))[0])
        plan_all(region, FIVE)
        assert cells(region) == drawn
        near(region, lab)
        near(region, lab)
        plan_all(region, FIVE)
        assert cells(region) == drawn
        called_off(region, sorted(all_orders(region))[-1])
        plan_all(region, FIVE)
    sound(region)
