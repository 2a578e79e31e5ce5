"""What the members weigh: carbon, fair shares and change have a price each, to a cent."""

from dataclasses import replace

import numpy as np
import pytest

from routing.joint.check import check
from routing.joint.problem import (
    Courier,
    Fab,
    JointProblem,
    Machine,
    Mode,
    NextStop,
    Order,
    Profile,
    Promise,
    Shares,
    StopKind,
    Task,
    TravelMatrix,
    Weights,
)
from routing.joint.solve import solve
from routing.joint.standing import standing
from routing.measures import FINE_PER_CENT

HOUR_S = 3_600


def a_region(**weights: object) -> JointProblem:
    """Two like labs at places 0 and 1; two orders for place 2, 2 km from each lab."""
    metres = np.array([[0, 1_000, 2_000], [1_000, 0, 2_000], [2_000, 2_000, 0]])
    matrix = TravelMatrix(
        profile=Profile.VAN, seconds=metres // 5, metres=metres, source="road"
    )
    return JointProblem(
        fabs=(Fab(id="west", place=0), Fab(id="east", place=1)),
        machines=tuple(
            Machine(id=fab[0], fab=fab, open_windows=((0, 9 * HOUR_S),))
            for fab in ("west", "east")
        ),
        orders=tuple(
            Order(
                id=id_,
                place=2,
                due_s=8 * HOUR_S,
                deadline_s=9 * HOUR_S,
                left_out_cents=9_000,
            )
            for id_ in ("one", "two")
        ),
        tasks=tuple(
            Task(
                id=f"task {id_}",
                order=id_,
                modes=(
                    Mode(machine="w", duration_s=600, cost_cents=300),
                    Mode(machine="e", duration_s=600, cost_cents=310),
                ),
            )
            for id_ in ("one", "two")
        ),
        couriers=(
            Courier(
                id="c",
                place=0,
                shift=(0, 9 * HOUR_S),
                capacity_pieces=9,
                capacity_grams=9_000,
                profile=Profile.VAN,
                cost_per_km_cents=10,
                cost_per_hour_cents=0,
            ),
        ),
        matrices={Profile.VAN: matrix},
        weights=Weights(**weights),  # type: ignore[arg-type]
    )


def test_carbon_has_its_price() -> None:
    problem = a_region(co2_cents_per_kg=50, co2_grams_per_km={Profile.VAN: 200})
    plan = solve(problem)
    assert check(problem, plan) == ()
    assert plan.cost.distance_cents == 20
    assert plan.cost.co2_cents == 20  # 2 km of 200 g at 50 cents a kg


def test_without_a_price_for_it_all_work_goes_to_the_cheapest_lab() -> None:
    plan = solve(a_region())
    assert {slot.machine for slot in plan.slots} == {"w"}
    assert plan.cost.unfair_labs_cents == 0


def test_a_fair_share_is_worth_its_price() -> None:
    problem = a_region(labs=Shares(over_permille=500))
    plan = solve(problem)
    assert check(problem, plan) == ()
    assert {slot.machine for slot in plan.slots} == {"w", "e"}
    # 310 of 610 cents are 5 above a half; each costs half a cent: 2.5, halves up.
    assert plan.cost.unfair_labs_cents == 3


def test_what_a_lab_has_earned_before_counts() -> None:
    shares = Shares(over_permille=500, earned_cents={"west": 5_000})
    plan = solve(a_region(labs=shares))
    assert {slot.machine for slot in plan.slots} == {"e"}


@pytest.mark.parametrize(("away_s", "cents"), [(7_200, 100), (3_600, 200), (0, 300)])
def test_the_price_of_change_grows_as_execution_nears(away_s: int, cents: int) -> None:
    problem = a_region(moved_machine_cents=100, near_s=7_200, near_percent=200)
    order = replace(problem.orders[0], previous_start_s=away_s)
    task = replace(
        problem.tasks[0], previous_machine="e", modes=problem.tasks[0].modes[:1]
    )
    problem = replace(problem, orders=(order,), tasks=(task,))
    plan = solve(problem)
    assert check(problem, plan) == ()
    assert plan.cost.moved_cents == cents


@pytest.mark.parametrize("moved_cents", [0, 100])
def test_the_plan_in_force_stands_as_it_is_whatever_moving_costs(
    moved_cents: int,
) -> None:
    problem = a_region(moved_machine_cents=moved_cents)
    starts = {"one": 600, "two": 0}
    route = [
        NextStop(order=id_, kind=kind)
        for kind in (StopKind.PICKUP, StopKind.DROPOFF)
        for id_ in ("two", "one")
    ]
    problem = replace(
        problem,
        orders=tuple(
            replace(order, previous_start_s=starts[order.id])
            for order in problem.orders
        ),
        tasks=tuple(replace(task, previous_machine="e") for task in problem.tasks),
        couriers=(replace(problem.couriers[0], previous=tuple(route)),),
        machines=tuple(replace(one, fab="east") for one in problem.machines),
    )
    live = standing(problem)
    for task in problem.tasks:
        machine, start_s, *_ = live.state.slots[live.names.tasks[task.id]]
        assert machine == live.names.machines["e"]
        assert start_s == starts[task.order]
    assert live.state.made.sum() == 2 * 310 * FINE_PER_CENT


def test_a_promise_that_is_kept_stays_as_it_was_said() -> None:
    problem = a_region()
    said = Promise(earliest_s=0, planned_s=5_000, latest_s=6_000)
    kept = replace(problem.orders[0], promised=said)
    plan = solve(replace(problem, orders=(kept, problem.orders[1])))
    promise = plan.promises["one"]
    assert (promise.earliest_s, promise.latest_s) == (0, 6_000)
    assert plan.cost.moved_promise_cents == 0


def test_what_is_far_ahead_is_promised_with_more_air() -> None:
    problem = a_region(promise_slack_s=600, promise_slack_percent=10)
    later = replace(problem.orders[1], earliest_s=4 * HOUR_S)
    problem = replace(problem, orders=(problem.orders[0], later), now_s=HOUR_S)
    plan = solve(problem)
    assert check(problem, plan) == ()
    for promise in plan.promises.values():
        air_s = 600 + (promise.planned_s - HOUR_S) // 10
        assert air_s <= promise.latest_s - promise.planned_s < air_s + 300
    assert plan.promises["two"].planned_s >= 4 * HOUR_S


def test_the_referee_sees_a_promise_without_air_and_one_that_was_rewritten() -> None:
    problem = a_region()
    plan = solve(problem)
    one = plan.promises["one"]
    tight = {**plan.promises, "one": replace(one, latest_s=one.planned_s)}
    assert [b.code for b in check(problem, replace(plan, promises=tight))] == [
        "promise"
    ]
    said = replace(problem.orders[0], promised=replace(one, latest_s=one.latest_s + 60))
    problem = replace(problem, orders=(said, problem.orders[1]))
    assert [b.code for b in check(problem, plan)] == ["promise"]


def test_outside_its_window_a_promise_costs_by_the_minute() -> None:
    problem = a_region(moved_promise_cents_per_minute=6, near_s=0)
    said = Promise(earliest_s=0, planned_s=100, latest_s=460)
    order = replace(problem.orders[0], promised=said)
    problem = replace(problem, orders=(order,), tasks=problem.tasks[:1])
    plan = solve(problem)
    assert check(problem, plan) == ()
    late_s = plan.promises["one"].planned_s - 460
    assert late_s == 600 + 60 + 400 - 460
    assert plan.cost.moved_promise_cents == 6 * late_s // 60


def test_nobody_fetches_it_before_it_may_be_fetched() -> None:
    problem = a_region()
    orders = tuple(replace(o, fetch_from_s=5_000) for o in problem.orders)
    later = replace(problem, orders=orders)
    plan = solve(later)
    assert check(later, plan) == ()
    assert plan.routes[0].stops[0].begin_s >= 5_000
    assert {b.code for b in check(later, solve(problem))} == {"route"}


@pytest.mark.parametrize(
    "part",
    [
        "co2_cents",
        "unfair_labs_cents",
        "unfair_couriers_cents",
        "moved_promise_cents",
        "broken_cents",
    ],
)
def test_a_part_that_is_wrong_is_found(part: str) -> None:
    problem = a_region()
    plan = solve(problem)
    wrong = replace(plan.cost, **{part: getattr(plan.cost, part) + 1})
    assert [b.code for b in check(problem, replace(plan, cost=wrong))] == ["cost"]
