"""Cells on real databases: planned at the same time, nothing twice, nothing lost."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from orchestrator.dispatch.commands import StartJob
from orchestrator.doors.web.plan_story import plan_story
from orchestrator.members.principals import Principal
from orchestrator.network.facilities import add_facility, close_facility
from orchestrator.network.rows import FacilityRow
from orchestrator.orders.life import cancel, held_order
from orchestrator.planning.asking import Asked, ask_for_quote
from orchestrator.planning.rows import CellMemberRow, PlanCellRow, TaskRow
from orchestrator.planning.wishes import wish
from orchestrator.planning.worker import PlanWorker
from routing.cells import FIRST, Grouping
from routing.joint.problem import JointPlan, JointProblem
from routing.joint.solve import solve
from tests.unit.orchestrator.planning.cells import (
    APART,
    KALLIO,
    SMALL,
    SMALL_PACE,
    a_courier_in_kallio,
    belonging,
    near,
    plan,
    plan_all,
    planned_in,
    settled,
    sound,
    split,
)
from tests.unit.orchestrator.planning.test_leases import DYING, LEASE_S, once
from tests.unit.orchestrator.region import NOON, Region


def order_ids(region: Region) -> set[str]:
    with region.reading() as session:
        return set(session.scalars(select(TaskRow.order_id)))


def made(region: Region, order_id: str) -> None:
    """Turn the clock until its job is due, and make it."""
    (task,) = region.tasks(order_id)
    for _ in range(120):
        for command in region.send():
            if command.job_id == task.id:
                assert isinstance(command, StartJob)
                region.make(command)
                return
        region.clock.turn(60)
    raise AssertionError("it is never sent")


def couriers_go_to(region: Region, cell: str) -> None:
    """As if they had been lent."""
    with region.sessions.begin() as session:
        for courier in region.couriers:
            session.get_one(CellMemberRow, courier).cell = cell


def worker(region: Region, holder: str, solver: object = None) -> PlanWorker:
    return PlanWorker(
        region.sessions,
        region.reading,
        region.ground,
        region.clock,
        pace=SMALL_PACE,
        solver=solver,  # type: ignore[arg-type]
        debounce_s=0,
        holder=holder,
        lease_s=LEASE_S,
    )


def test_a_region_with_little_to_do_is_one_cell(region: Region) -> None:
    near(region, 0)
    near(region, 1)
    region.plan()
    assert planned_in(region) == {FIRST}
    sound(region)


def test_two_planners_plan_two_cells_at_the_same_time(region: Region) -> None:
    a_courier_in_kallio(region)
    cells = split(region)
    more = [near(region, lab) for lab in (0, 1, 0, 1)]
    both = threading.Barrier(2, timeout=60)
    thoughts: list[JointProblem] = []

    def meet(problem: JointProblem) -> JointPlan:
        thoughts.append(problem)
        if len(thoughts) <= 2:
            both.wait()  # breaks unless both think at once
        return solve(problem, budget=SMALL_PACE.budget)

    with ThreadPoolExecutor(2) as pool:
        steps = [
            pool.submit(worker(region, name, meet).step) for name in ("one", "two")
        ]
        assert [step.result() for step in steps] == [True, True]
    plan_all(region)
    assert planned_in(region) == set(cells)
    assert order_ids(region) >= set(more)
    assert {region.row(order).state for order in order_ids(region)} == {"planned"}
    assert settled(region) == []
    sound(region)


def test_who_dies_in_mid_plan_is_followed_and_holds_up_no_other_cell(
    region: Region, database: Engine
) -> None:
    a_courier_in_kallio(region)
    cells = split(region, APART)
    url = database.url.render_as_string(hide_password=False)
    dying = subprocess.Popen(
        [sys.executable, "-c", DYING, url, str(LEASE_S)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert dying.stdout is not None
    try:
        assert dying.stdout.readline() == "thinking\n"
        other = worker(region, "other")
        assert other.step()
        (done,) = planned_in(region)
        (waits,) = set(cells) - {done}
        assert settled(region) == [waits]
        assert {
            region.row(name).state for name in belonging(region, "order", done)
        } == {"planned"}
    finally:
        dying.kill()
        dying.wait()
        dying.stdout.close()
    once(lambda: other.step() and planned_in(region) == set(cells))
    plan_all(region)
    assert len(order_ids(region)) == 2
    assert {region.row(order).state for order in order_ids(region)} == {"planned"}
    assert region.clock.at == NOON
    sound(region)


def test_a_machine_s_time_that_another_cell_took_first_is_not_taken_again(
    region: Region,
) -> None:
    a_courier_in_kallio(region)
    home, kallio = split(region)
    with region.sessions.begin() as session:
        until = region.clock.at + timedelta(hours=5)
        lab = region.labs[1].facility_id
        close_facility(session, lab, until=until, now=region.clock.at)
    settled(region)
    thoughts: list[JointProblem] = []

    def slow(problem: JointProblem) -> JointPlan:
        if not thoughts:
            assert plan(region, kallio) is not None
        thoughts.append(problem)
        return solve(problem, budget=SMALL_PACE.budget)

    assert plan(region, home, slow) is not None
    assert len(thoughts) == 2
    printers = {region.tasks(order)[0].machine_id for order in order_ids(region)}
    assert printers == {region.labs[0].machines[0]}
    sound(region)


def test_a_courier_who_went_to_another_cell_meanwhile_is_not_planned_with(
    region: Region,
) -> None:
    home, kallio = split(region)
    thoughts: list[JointProblem] = []

    def slow(problem: JointProblem) -> JointPlan:
        if not thoughts:
            couriers_go_to(region, kallio)
        thoughts.append(problem)
        return solve(problem, budget=SMALL_PACE.budget)

    assert plan(region, home, slow) is not None
    assert [len(problem.couriers) for problem in thoughts] == [1, 0]
    (order_id,) = belonging(region, "order", home)
    assert region.stops(order_id) == {}
    plan_all(region)
    sound(region)


def test_an_event_touches_the_cell_of_its_lab_order_or_courier(region: Region) -> None:
    mine = a_courier_in_kallio(region)
    home, kallio = split(region, APART)
    plan_all(region, APART)
    (order_id,) = belonging(region, "order", home)
    for cell, about in (
        (kallio, region.labs[1].facility_id),
        (kallio, region.labs[1].machines[2]),
        (kallio, mine),
        (home, order_id),
        (home, region.labs[0].machines[0]),
    ):
        with region.sessions.begin() as session:
            wish(session, "a look", region.clock.at, about=about)
        assert settled(region, APART) == [cell]
        plan_all(region, APART)
    with region.sessions.begin() as session:
        wish(session, "the weights changed", region.clock.at)
    assert settled(region, APART) == sorted([home, kallio])


def test_an_event_touches_who_has_work_there_too(region: Region) -> None:
    a_courier_in_kallio(region)
    home, kallio = split(region)
    region.tell(region.death(region.labs[1]))
    plan_all(region)  # all is made in the first lab now
    guests = belonging(region, "order", kallio)
    printer = region.labs[0].machines[0]
    assert {region.tasks(name)[0].machine_id for name in guests} == {printer}
    region.tell(region.state(printer, "alarm"))
    assert settled(region) == sorted([home, kallio])
    sound(region)


def test_a_courier_is_lent_and_given_back(region: Region) -> None:
    home, kallio = split(region)
    couriers_go_to(region, home)
    plan(region, kallio)
    (order_id,) = belonging(region, "order", kallio)
    assert region.row(order_id).reason_code == "no-courier"
    assert settled(region) == [home]  # it is asked
    plan(region, home)
    lent = belonging(region, "courier", kallio)
    assert len(lent) == 1
    assert settled(region) == [kallio]
    plan(region, kallio)
    assert {stop.courier_id for stop in region.stops(order_id).values()} == lent
    assert region.row(order_id).reason_code is None
    sound(region)
    with region.sessions.begin() as session:
        session.execute(update(PlanCellRow).values(asked_at=None))
    other = belonging(region, "order", home)
    assert {region.row(name).state for name in other} == {"planned"}
    made(region, order_id)
    plan_all(region)
    (courier,) = lent
    row = region.row(order_id)
    region.act("picked-up", order_id, courier, code=row.pickup_code)
    region.act("delivered", order_id, courier, code=row.delivery_code)
    with region.sessions.begin() as session:
        wish(session, "a look", region.clock.at)
    plan_all(region)
    assert belonging(region, "courier", kallio) == set()
    assert lent <= belonging(region, "courier", home)
    sound(region)


def test_an_order_goes_with_the_courier_who_fetched_it(region: Region) -> None:
    mine = a_courier_in_kallio(region)
    home, kallio = split(region, APART)
    plan_all(region, APART)
    (order_id,) = belonging(region, "order", home)
    made(region, order_id)
    region.act("picked-up", order_id, mine, code=region.row(order_id).pickup_code)
    assert settled(region, APART) == sorted([home, kallio])
    assert order_id in belonging(region, "order", kallio)
    plan_all(region, APART)
    assert region.stops(order_id)["dropoff"].courier_id == mine
    sound(region)


def test_what_no_machine_of_the_cell_can_make_goes_where_one_can(
    region: Region,
) -> None:
    a_courier_in_kallio(region)
    home, kallio = split(region, APART)
    region.tell(region.death(region.labs[1]))
    (order_id,) = belonging(region, "order", kallio)
    plan_all(region, APART)
    assert order_id in belonging(region, "order", home)
    assert region.row(order_id).facility_id == region.labs[0].facility_id
    sound(region)
    region.tell(region.death(region.labs[0]))  # now nobody can, and nobody passes it
    plan_all(region, APART)
    assert order_id in belonging(region, "order", home)
    sound(region)


def test_what_would_wait_for_a_closed_lab_goes_where_one_is_open(
    region: Region,
) -> None:
    a_courier_in_kallio(region)
    home, kallio = split(region, APART)
    plan_all(region, APART)
    (order_id,) = belonging(region, "order", kallio)
    region.clock.turn(900)
    with region.sessions.begin() as session:
        until = region.clock.at + timedelta(hours=24)
        lab = region.labs[1].facility_id
        close_facility(session, lab, until=until, now=region.clock.at)
        wish(session, "closed", region.clock.at, about=lab)
    plan_all(region, APART)
    assert order_id in belonging(region, "order", home)
    assert region.row(order_id).facility_id == region.labs[0].facility_id
    sound(region)


def test_a_new_lab_joins_the_nearest_and_names_stay(region: Region) -> None:
    cells = split(region)
    with region.sessions.begin() as session:
        new = add_facility(
            session,
            name="Vallila",
            owner_id=region.labs[1].owner_id,
            address="Vallila",
            lat=KALLIO[0] + 0.0005,
            lon=KALLIO[1],
            now=NOON,
        ).id
    settled(region)
    for lab, cell in zip((*region.labs, None), (*cells, cells[1]), strict=True):
        name = new if lab is None else lab.facility_id
        assert name in belonging(region, "lab", cell)
    with region.reading() as session:
        halo = session.get_one(PlanCellRow, cells[0]).halo
        assert len(session.scalars(select(FacilityRow)).all()) == 3
    assert new in halo


def test_a_quote_is_asked_of_the_nearest_cell_and_its_order_goes_there(
    region: Region,
) -> None:
    a_courier_in_kallio(region)
    _, kallio = split(region)
    (known,) = belonging(region, "order", kallio)
    quote = ask_for_quote(
        region.sessions,
        region.reading,
        region.ground,
        region.clock,
        Asked(
            shop_id=region.shop_id,
            design_version_id=region.versions["clip"],
            place_id=region.row(known).place_id,
            quantity=2,
            wished_at=region.clock.at,
            latest_at=region.clock.at + timedelta(hours=5),
        ),
    )
    assert quote.refusal is None
    assert quote.courier_id in belonging(region, "courier", kallio)
    order_id = near(region, 1)
    settled(region)
    assert order_id in belonging(region, "order", kallio)


def test_who_is_over_leaves_its_cell(region: Region) -> None:
    cells = split(region)
    plan_all(region)
    gone = order_ids(region)
    with region.sessions.begin() as session:
        for order_id in gone:
            cancel(session, held_order(session, order_id), now=region.clock.at)
        wish(session, "cancelled", region.clock.at)
    plan_all(region)
    assert [belonging(region, "order", cell) for cell in cells] == [set(), set()]
    sound(region)


@pytest.mark.parametrize("is_split", [False, True])
def test_the_plan_s_page_tells_cells_where_there_are_several(
    region: Region, is_split: bool
) -> None:
    numbers = {1, 2} if is_split else {None}
    settled(region, SMALL if is_split else Grouping())
    if is_split:
        split(region)
    steward = Principal(
        agent_id=region.shop_id,
        roles=frozenset({"steward"}),
        facility_ids=frozenset(),
        how="session",
    )
    with region.reading() as session:
        story = plan_story(session, steward, region.clock.at)
    assert {lab.cell for lab in story.labs} == numbers
