"""Labs' hours, machines that may run alone and changes of material reach the planner."""

from datetime import timedelta

from orchestrator.network.facilities import ARM_S, CHANGE_S, set_opening
from orchestrator.network.rows import CourierRow, FacilityRow, MachineRow
from orchestrator.planning.bonds import HORIZON
from orchestrator.planning.frozen import frozen_tasks
from orchestrator.planning.picture import look
from orchestrator.planning.problem import frame
from routing.joint.problem import JointProblem
from tests.unit.orchestrator.region import NOON, Region

# Monday from 11:00 to 13:00 and Tuesday from 08:00 to 18:00; it is Monday noon.
TWO_DAYS = [[0, 660, 780], [1, 480, 1_080]]
HOUR_S = 3_600


def open_on(region: Region, opening: list[list[int]]) -> None:
    with region.sessions.begin() as session:
        for lab in region.labs:
            row = session.get_one(FacilityRow, lab.facility_id)
            row.opening = opening


def tell(region: Region, **told: object) -> None:
    """Every machine tells this of itself."""
    with region.sessions.begin() as session:
        for lab in region.labs:
            for machine_id in lab.machines:
                row = session.get_one(MachineRow, machine_id)
                row.capability = {**row.capability, **told}


def problem_of(region: Region) -> JointProblem:
    with region.reading() as session:
        return frame(look(session, now=region.clock.at), region.ground).problem


def test_people_are_there_while_the_lab_is_open(region: Region) -> None:
    open_on(region, TWO_DAYS)
    problem = problem_of(region)
    assert {person.fab for person in problem.operators} == {
        lab.facility_id for lab in region.labs
    }
    for person in problem.operators:
        assert person.hours[:2] == ((0, HOUR_S), (20 * HOUR_S, 30 * HOUR_S))
    for machine in problem.machines:
        assert machine.open_windows[:2] == ((0, HOUR_S), (20 * HOUR_S, 30 * HOUR_S))


def test_a_lab_is_planned_by_its_own_clock(region: Region) -> None:
    """It is 15:00 in Helsinki: the lab closed two hours ago, and opens at 8:00 there."""
    with region.sessions.begin() as session:
        for lab in region.labs:
            set_opening(
                session, lab.facility_id, TWO_DAYS, now=NOON, zone="Europe/Helsinki"
            )
    problem = problem_of(region)
    tomorrow = (17 * HOUR_S, 27 * HOUR_S)
    for person in problem.operators:
        assert person.hours[:1] == (tomorrow,)
    for machine in problem.machines:
        assert machine.open_windows[:1] == (tomorrow,)


def test_a_machine_that_may_run_alone_never_closes(region: Region) -> None:
    open_on(region, TWO_DAYS)
    tell(region, unattended=True)
    problem = problem_of(region)
    week = (0, int(HORIZON.total_seconds()))
    assert {machine.open_windows for machine in problem.machines} == {(week,)}
    open_on(region, [])
    assert {machine.open_windows for machine in problem_of(region).machines} == {()}


def test_its_run_is_begun_by_day_and_ends_at_night(region: Region) -> None:
    open_on(region, TWO_DAYS)
    tell(region, unattended=True)
    with region.sessions.begin() as session:
        for id_ in region.couriers:
            session.get_one(CourierRow, id_).shift_until_at = NOON + timedelta(days=2)
    region.clock.turn(45 * 60)  # a quarter of an hour before they go
    order_id = region.order("clip", quantity=6, hours=30)
    assert region.plan() is not None
    closes_at = NOON + timedelta(hours=1)
    tasks = region.tasks(order_id)
    begun = [task for task in tasks if task.start_at and task.start_at < closes_at]
    assert begun
    for task in begun:
        assert task.start_at is not None
        assert task.start_at + timedelta(seconds=ARM_S) <= closes_at
    assert any(task.end_at and task.end_at > closes_at for task in begun)
    assert region.stops(order_id)["pickup"].depart_at >= closes_at + timedelta(hours=19)
    with region.reading() as session:
        held = frozen_tasks(look(session, now=region.clock.at), (), hold_s=HOUR_S)
    assert set(held) == {task.id for task in begun}


def test_another_material_takes_its_time(region: Region) -> None:
    assert {machine.setups for machine in problem_of(region).machines} == {None}
    told = [
        {"code": code, "colour": None, "remaining_g": None} for code in ("PLA", "PETG")
    ]
    tell(region, materials=told)
    region.order("clip", quantity=2)
    problem = problem_of(region)
    for machine in problem.machines:
        assert machine.setups is not None
        assert machine.setups.loaded == "pla"
        assert machine.setups.other_s == CHANGE_S
    assert {task.setup for task in problem.tasks} <= {"pla", "plywood-4mm", ""}
    assert "pla" in {task.setup for task in problem.tasks}
