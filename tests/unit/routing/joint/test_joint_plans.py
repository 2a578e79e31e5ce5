"""Orders, machines and couriers together: what is promised, and what is refused why."""

from dataclasses import replace

import numpy as np
import pytest

from routing.errors import InvalidProblemError
from routing.joint.check import check
from routing.joint.problem import (
    Courier,
    Fab,
    FrozenSlot,
    JointProblem,
    Machine,
    Mode,
    NextStop,
    Order,
    Profile,
    Ready,
    Route,
    StopKind,
    Task,
    TravelMatrix,
)
from routing.joint.solve import solve
from routing.measures import UNREACHABLE_M, UNREACHABLE_S

HOUR_S = 3_600


def a_matrix(count: int = 4) -> TravelMatrix:
    """Places on a line, 1 km and 240 s apart."""
    apart = np.abs(np.arange(count)[:, None] - np.arange(count))
    return TravelMatrix(
        profile=Profile.BICYCLE,
        seconds=240 * apart,
        metres=1_000 * apart,
        source="road",
    )


def a_region() -> JointProblem:
    """Two fabs at 0 and 1, one order for place 2 that both can make."""
    return JointProblem(
        fabs=(Fab(id="west", place=0, name="West Fab"), Fab(id="east", place=1)),
        machines=(
            Machine(id="w", fab="west", open_windows=((0, 9 * HOUR_S),)),
            Machine(id="e", fab="east", open_windows=((0, 9 * HOUR_S),)),
        ),
        orders=(
            Order(
                id="o",
                place=2,
                due_s=2 * HOUR_S,
                deadline_s=3 * HOUR_S,
                left_out_cents=5_000,
            ),
        ),
        tasks=(
            Task(
                id="t",
                order="o",
                modes=(
                    Mode(machine="w", duration_s=HOUR_S, cost_cents=300),
                    Mode(machine="e", duration_s=HOUR_S, cost_cents=400),
                ),
            ),
        ),
        couriers=(
            Courier(
                id="c",
                place=3,
                shift=(0, 9 * HOUR_S),
                capacity_pieces=5,
                capacity_grams=5_000,
                profile=Profile.BICYCLE,
                cost_per_km_cents=10,
                cost_per_hour_cents=0,
            ),
        ),
        matrices={Profile.BICYCLE: a_matrix()},
    )


def reason_code(problem: JointProblem, order: str = "o") -> str:
    plan = solve(problem)
    assert check(problem, plan) == ()
    reason = plan.left_out[order]
    assert reason.text
    assert reason.remedy
    return reason.code


def test_an_order_is_made_fetched_and_brought() -> None:
    problem = a_region()
    plan = solve(problem)
    assert check(problem, plan) == ()
    assert plan.left_out == {}
    (slot,) = plan.slots
    assert (slot.machine, slot.start_s, slot.end_s) == ("w", 0, HOUR_S)
    (route,) = plan.routes
    pickup, dropoff = route.stops
    assert (pickup.kind, pickup.place, pickup.begin_s) == (StopKind.PICKUP, 0, HOUR_S)
    assert dropoff.begin_s == HOUR_S + 60 + 480
    assert route.metres == 5_000
    assert plan.cost.total_cents == 300 + 50
    promise = plan.promises["o"]
    assert promise.earliest_s <= dropoff.begin_s <= promise.latest_s <= 3 * HOUR_S
    why = plan.why["o"]
    assert (why.fab, why.machines, why.courier) == ("west", ("w",), "c")
    assert why.extra_cents is not None
    assert why.extra_cents > 0


def waiting_route(**changes: object) -> Route:
    """Return the route of who fetches from the east, and later from the west fab."""
    problem = a_region()
    second = replace(problem.orders[0], id="second", place=2, due_s=4 * HOUR_S)
    problem = replace(
        problem,
        orders=(
            replace(problem.orders[0], ready=Ready(fab="east", ready_s=0)),
            replace(
                second,
                ready=Ready(fab="west", ready_s=3 * HOUR_S),
                deadline_s=9 * HOUR_S,
            ),
        ),
        tasks=(),
        couriers=(
            replace(problem.couriers[0], cost_per_hour_cents=600, **changes),  # type: ignore[arg-type]
        ),
    )
    plan = solve(problem)
    assert check(problem, plan) == ()
    (route,) = plan.routes
    assert [stop.order for stop in route.stops] == ["o", "o", "second", "second"]
    return route


def test_a_courier_leaves_as_late_as_costs_nothing() -> None:
    """The first hand-over is wished at two hours: then it is, and not before."""
    route = waiting_route()
    assert route.stops[1].begin_s == 2 * HOUR_S
    waited_s = [stop.begin_s - stop.arrive_s for stop in route.stops]
    assert waited_s[:2] == [0, 0]
    assert route.leave_s > HOUR_S


def test_who_is_heading_for_a_stop_does_not_leave_later() -> None:
    heading = NextStop(order="o", kind=StopKind.PICKUP)
    route = waiting_route(next_stop=heading)
    assert route.leave_s == 0
    assert route.stops[0].begin_s == route.stops[0].arrive_s


def test_the_next_best_of_each_kind_is_told_with_its_price() -> None:
    """East: made for 4.00 and brought over 3 km; both couriers start at one place."""
    problem = a_region()
    other = replace(problem.couriers[0], id="d", cost_per_km_cents=20)
    problem = replace(problem, couriers=(*problem.couriers, other))
    plan = solve(problem)
    assert check(problem, plan) == ()
    why = plan.why["o"]
    lab, machine, courier, earlier = why.alternatives
    assert (lab.kind, lab.who, lab.extra_cents) == ("lab", "east", 80)
    assert lab.text == "east costs 0.80 more and is there 4 min earlier"
    assert (machine.kind, machine.who, machine.extra_cents) == ("machine", "e", 80)
    assert (courier.who, courier.extra_cents, courier.later_s) == ("d", 50, 0)
    assert courier.text == "another courier costs 0.50 more"
    assert (earlier.kind, earlier.extra_cents) == ("time", None)
    assert earlier.text == "it can't be there 15 min earlier"
    assert (why.alternative, why.extra_cents) == (courier.text, 50)


def test_who_could_only_be_late_is_told_with_how_late() -> None:
    """By east it would be there at 1:05, by west at 1:09."""
    problem = with_order(deadline_s=HOUR_S + 300, due_s=HOUR_S + 300)
    lab = solve(problem).why["o"].alternatives[0]
    assert (lab.who, lab.extra_cents, lab.later_s) == ("west", None, 240)
    assert lab.text == "West Fab could have it there only 4 min after its latest time"


def test_who_can_make_it_alone_has_no_other() -> None:
    problem = a_region()
    task = replace(problem.tasks[0], modes=problem.tasks[0].modes[:1])
    why = solve(replace(problem, tasks=(task,))).why["o"]
    texts = [one.text for one in why.alternatives]
    assert texts[:3] == [
        "no other lab can make it",
        "no other machine can do it",
        "no other courier can carry it",
    ]
    assert (why.alternative, why.extra_cents) == (texts[0], None)


def test_no_other_is_told_once_nothing_of_the_making_is_free() -> None:
    problem = a_region()
    aboard = replace(problem.orders[0], aboard="c")
    frozen = replace(
        problem.tasks[0], frozen=FrozenSlot(machine="w", start_s=0, end_s=HOUR_S)
    )
    for begun in (
        replace(problem, orders=(aboard,), tasks=()),
        replace(problem, tasks=(frozen,)),
    ):
        why = solve(begun).why["o"]
        assert why.courier == "c"
        assert (why.alternatives, why.alternative, why.extra_cents) == ((), "", None)


def test_nothing_to_plan_is_a_plan() -> None:
    empty = JointProblem(
        fabs=(), machines=(), orders=(), tasks=(), couriers=(), matrices={}
    )
    plan = solve(empty)
    assert check(empty, plan) == ()
    assert plan.cost.total_cents == 0


def with_order(**changes: object) -> JointProblem:
    problem = a_region()
    order = replace(problem.orders[0], **changes)  # type: ignore[arg-type]
    return replace(problem, orders=(order,))


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (replace(a_region(), couriers=()), "no-courier"),
        (with_order(pieces=9), "too-big"),
        (with_order(deadline_s=HOUR_S), "too-late"),
        (with_order(earliest_s=4 * HOUR_S), "window-closed"),
        (with_order(left_out_cents=200), "too-dear"),
        (replace(a_region(), tasks=()), "nothing-to-do"),
        (
            replace(a_region(), tasks=(replace(a_region().tasks[0], modes=()),)),
            "no-machine",
        ),
        (
            replace(a_region(), tasks=(replace(a_region().tasks[0], after=("t",)),)),
            "task-circle",
        ),
        (
            replace(
                a_region(),
                machines=tuple(
                    replace(machine, open_windows=((0, 1_800), (9_000, 5_000)))
                    for machine in a_region().machines
                ),
            ),
            "machines-closed",
        ),
        (
            replace(
                a_region(), couriers=(replace(a_region().couriers[0], shift=(0, 600)),)
            ),
            "shift-over",
        ),
    ],
)
def test_every_refusal_has_its_own_reason(problem: JointProblem, code: str) -> None:
    assert reason_code(problem) == code


def test_a_place_without_a_way_spoils_only_its_own_order() -> None:
    problem = a_region()
    apart = np.zeros((5, 5), dtype=np.bool_)
    apart[4, :4] = apart[:4, 4] = True
    island = replace(
        a_matrix(5),
        seconds=np.where(apart, UNREACHABLE_S, a_matrix(5).seconds),
        metres=np.where(apart, UNREACHABLE_M, a_matrix(5).metres),
    )
    lost = replace(problem.orders[0], id="lost", place=4)
    problem = replace(
        problem,
        orders=(*problem.orders, lost),
        tasks=(*problem.tasks, replace(problem.tasks[0], id="t2", order="lost")),
        matrices={Profile.BICYCLE: island},
    )
    assert reason_code(problem, "lost") == "unreachable"
    assert "o" in solve(problem).promises


def test_a_promised_order_is_late_rather_than_left_out() -> None:
    problem = with_order(committed=True, deadline_s=600, due_s=600)
    plan = solve(problem)
    assert check(problem, plan) == ()
    assert plan.left_out == {}
    assert plan.cost.lateness_cents > 0


def test_a_promised_order_is_made_even_while_nobody_can_bring_it() -> None:
    problem = replace(with_order(committed=True), couriers=())
    plan = solve(problem)
    assert check(problem, plan) == ()
    assert plan.left_out["o"].code == "no-courier"
    assert [slot.task for slot in plan.slots] == ["t"]


def test_all_tasks_of_an_order_are_made_where_the_first_has_started() -> None:
    problem = a_region()
    started = replace(
        problem.tasks[0],
        id="t0",
        modes=(),
        frozen=FrozenSlot(machine="e", start_s=-600, end_s=900),
    )
    following = replace(problem.tasks[0], after=("t0",))
    problem = replace(problem, tasks=(started, following))
    plan = solve(problem)
    assert check(problem, plan) == ()
    assert [(s.task, s.machine, s.start_s) for s in plan.slots] == [
        ("t0", "e", -600),
        ("t", "e", 900),
    ]


def test_the_machine_in_force_is_kept_when_another_is_little_cheaper() -> None:
    problem = a_region()
    task = replace(problem.tasks[0], previous_machine="e")
    dear = replace(problem.weights, moved_machine_cents=500)
    plan = solve(replace(problem, tasks=(task,), weights=dear))
    assert plan.slots[0].machine == "e"
    assert plan.cost.moved_cents == 0


def test_what_is_ready_or_aboard_needs_no_machine() -> None:
    problem = a_region()
    ready = replace(problem.orders[0], id="r", ready=Ready(fab="west", ready_s=50))
    aboard = replace(problem.orders[0], id="a", place=1, aboard="c")
    heading = NextStop(order="a", kind=StopKind.DROPOFF)
    courier = replace(problem.couriers[0], next_stop=heading)
    problem = replace(
        problem, orders=(ready, aboard), tasks=(), couriers=(courier,), now_s=100
    )
    plan = solve(problem)
    assert check(problem, plan) == ()
    assert set(plan.promises) == {"r", "a"}
    first = plan.routes[0].stops[0]
    assert (first.order, first.kind) == ("a", StopKind.DROPOFF)
    assert plan.why["a"].fab is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"orders": a_region().orders * 2}, "two orders have the id 'o'"),
        ({"tasks": a_region().tasks * 2}, "two tasks have the id 't'"),
        ({"fabs": ()}, "'west', which is not in the problem"),
        ({"matrices": {}}, "place 0, there are 0"),
        ({"now_s": 10**12}, "now_s must be in"),
        ({"machines": ()}, "'w', which is not in the problem"),
    ],
)
def test_a_contradiction_is_named(change: dict[str, object], message: str) -> None:
    problem = replace(a_region(), **change)  # type: ignore[arg-type]
    with pytest.raises(InvalidProblemError, match=message):
        solve(problem)


def test_the_referee_sees_a_spoilt_plan() -> None:
    problem = a_region()
    plan = solve(problem)
    (slot,), (route,) = plan.slots, plan.routes
    late = replace(slot, start_s=slot.start_s + 60, end_s=slot.end_s + 60)
    promise = replace(plan.promises["o"], latest_s=0)
    spoilt = [
        replace(plan, slots=(late,)),
        replace(plan, slots=()),
        replace(plan, slots=(replace(slot, machine="e"),)),
        replace(plan, routes=()),
        replace(plan, routes=(replace(route, stops=route.stops[:1]),)),
        replace(plan, routes=(replace(route, leave_s=route.leave_s - 9_999),)),
        replace(plan, promises={}),
        replace(plan, promises={"o": promise}),
        replace(plan, cost=replace(plan.cost, distance_cents=0)),
        replace(plan, bound_cents=10**6),
    ]
    for each in spoilt:
        assert check(problem, each)


def test_the_referee_sees_a_promise_broken_without_need() -> None:
    problem = with_order(committed=True)
    refused = solve(replace(problem, couriers=()))
    codes = {breach.code for breach in check(problem, refused)}
    assert "broken-promise" in codes
