"""Orders that bring what others are made from: nothing begins before they are there."""

from dataclasses import replace

import pytest

from routing.errors import InvalidProblemError
from routing.joint.check import check
from routing.joint.insert import insert, plan_with, problem_with
from routing.joint.insert_all import insert_all
from routing.joint.problem import (
    Budget,
    FrozenSlot,
    JointPlan,
    JointProblem,
    Mode,
    NextStop,
    Order,
    Ready,
    Task,
)
from routing.joint.solve import solve
from routing.joint.standing import standing
from tests.unit.routing.joint.test_joint_plans import HOUR_S, a_region

ONE_STEP = Budget(courier_iterations=1)
PART_THERE_S = HOUR_S + 60 + 240 + 60  # made, fetched, brought to the west, handed over


def two_labs(**of_order: object) -> JointProblem:
    """The west makes "o" of "p", which the east makes; an hour each."""
    plain = a_region()
    west, east = plain.tasks[0].modes
    part = replace(plain.orders[0], id="p", place=0, name="the frame")
    order = replace(plain.orders[0], deadline_s=9 * HOUR_S, parts=("p",), name="a lamp")
    return replace(
        plain,
        orders=(replace(order, **of_order), part),  # type: ignore[arg-type]
        tasks=(
            replace(plain.tasks[0], modes=(west,)),
            Task(id="tp", order="p", modes=(east,)),
        ),
    )


def with_part(problem: JointProblem, **changes: object) -> JointProblem:
    order, part = problem.orders
    return replace(problem, orders=(order, replace(part, **changes)))  # type: ignore[arg-type]


def solved(problem: JointProblem) -> JointPlan:
    plan = solve(problem)
    assert check(problem, plan) == ()
    return plan


def test_nothing_begins_before_what_it_is_made_from_is_there() -> None:
    plan = solved(two_labs())
    assert plan.left_out == {}
    first, second = plan.slots
    assert (first.order, first.start_s) == ("p", 0)
    assert (second.order, second.start_s) == ("o", PART_THERE_S)
    why = plan.why["o"]
    assert why.waits_for == "p"
    assert plan.why["p"].waits_for == ""


def test_a_chain_of_parts_is_made_one_after_the_other() -> None:
    problem = two_labs()
    order, part = problem.orders
    west = replace(problem.tasks[0], id="ts", order="s")
    screw = replace(part, id="s", place=1)
    problem = replace(
        problem,
        orders=(order, replace(part, parts=("s",)), screw),
        tasks=(*problem.tasks, west),
    )
    plan = solved(problem)
    assert [slot.order for slot in plan.slots] == ["s", "p", "o"]


def test_what_can_not_be_made_leaves_out_what_is_made_from_it() -> None:
    problem = two_labs()
    barren = replace(problem.tasks[1], modes=())
    plan = solved(replace(problem, tasks=(problem.tasks[0], barren)))
    assert plan.left_out["p"].code == "no-machine"
    reason = plan.left_out["o"]
    assert reason.code == "part-left-out"
    assert reason.text == (
        "what it is made from, the frame, can't be brought: "
        "no machine of the network can do task tp"
    )
    assert reason.remedy == plan.left_out["p"].remedy
    assert plan.slots == ()


def test_nothing_is_brought_for_what_can_not_be_made() -> None:
    problem = two_labs()
    barren = replace(problem.tasks[0], modes=())
    problem = replace(problem, tasks=(barren, problem.tasks[1]))
    plan = solved(problem)
    assert plan.left_out["o"].code == "no-machine"
    assert plan.left_out["p"].code == "order-left-out"
    assert plan.left_out["p"].text.startswith("what it is for, a lamp, is left out: ")
    promised = solved(with_part(problem, committed=True))
    assert set(promised.promises) == {"p"}


def test_what_is_too_late_or_too_dear_together_is_left_out_together() -> None:
    late = solved(two_labs(deadline_s=2 * HOUR_S))
    assert late.left_out["o"].code == "too-late"
    assert late.left_out["o"].text.endswith(
        "what it is made from is there in 66 min at the earliest"
    )
    assert late.left_out["p"].code == "order-left-out"
    dear = solved(with_part(two_labs(left_out_cents=600), left_out_cents=100))
    assert dear.left_out["o"].code == "too-dear"
    assert "it and what it is made from" in dear.left_out["o"].text
    assert dear.left_out["p"].code == "order-left-out"


def test_a_part_may_cost_more_than_its_own_price() -> None:
    plan = solved(with_part(two_labs(), left_out_cents=0))
    assert set(plan.promises) == {"o", "p"}


def test_a_part_under_way_is_awaited() -> None:
    """Started, waiting in the other lab, or aboard: from the east it takes 300 s."""
    problem = two_labs()
    frozen = FrozenSlot(machine="e", start_s=-600, end_s=1_200)
    started = replace(
        problem, tasks=(problem.tasks[0], replace(problem.tasks[1], frozen=frozen))
    )
    only = replace(problem, tasks=problem.tasks[:1])
    ready = with_part(only, ready=Ready(fab="east", ready_s=1_200))
    for each in (started, ready):
        plan = solved(each)
        start_s = next(s.start_s for s in plan.slots if s.order == "o")
        assert start_s == 1_200 + 60 + 240 + 60
    plan = solved(with_part(only, aboard="c"))
    assert [s.start_s for s in plan.slots] == [3 * 240 + 60]


def test_a_courier_who_is_heading_for_a_part_brings_it_for_nothing_else() -> None:
    problem = with_part(two_labs(), ready=Ready(fab="east", ready_s=0))
    problem = replace(
        problem,
        tasks=(replace(problem.tasks[0], modes=()),),
        couriers=(
            replace(problem.couriers[0], next_stop=NextStop(order="p", kind="pickup")),
        ),
    )
    plan = solved(problem)
    assert set(plan.promises) == {"p"}


def test_what_has_begun_waits_for_no_part() -> None:
    problem = two_labs()
    frozen = FrozenSlot(machine="w", start_s=0, end_s=HOUR_S)
    barren = replace(problem.tasks[1], modes=())
    begun = replace(problem.tasks[0], frozen=frozen)
    plan = solved(replace(problem, tasks=(begun, barren)))
    assert set(plan.promises) == {"o"}
    assert plan.left_out["p"].code == "no-machine"


def test_what_was_promised_is_not_made_without_its_parts_while_nobody_brings_it() -> (
    None
):
    problem = with_part(two_labs(committed=True), committed=True)
    plan = solved(replace(problem, couriers=()))
    assert {slot.order for slot in plan.slots} == {"p"}
    assert set(plan.left_out) == {"o", "p"}
    assert plan.left_out["o"].code == "part-left-out"


def in_force(problem: JointProblem, plan: JointPlan) -> JointProblem:
    """The same problem with this plan in force."""
    machine_of = {slot.task: slot.machine for slot in plan.slots}
    start_of = {slot.order: slot.start_s for slot in reversed(plan.slots)}
    stops = {
        route.courier: tuple(NextStop(order=s.order, kind=s.kind) for s in route.stops)
        for route in plan.routes
    }
    return replace(
        problem,
        orders=tuple(
            replace(order, previous_start_s=start_of.get(order.id))
            for order in problem.orders
        ),
        tasks=tuple(
            replace(task, previous_machine=machine_of.get(task.id))
            for task in problem.tasks
        ),
        couriers=tuple(
            replace(courier, previous=stops.get(courier.id, ()))
            for courier in problem.couriers
        ),
    )


def test_the_plan_in_force_is_kept() -> None:
    problem = two_labs()
    plan = solved(problem)
    again = in_force(problem, plan)
    assert solve(again, budget=ONE_STEP).slots == plan.slots
    assert standing(again).state.decided[:2, 3].tolist() == [0, 0]  # both with "c"


def test_what_comes_later_than_planned_is_waited_for() -> None:
    problem = two_labs()
    again = in_force(problem, solved(problem))
    slower = Mode(machine="e", duration_s=2 * HOUR_S, cost_cents=400)
    again = replace(
        again, tasks=(again.tasks[0], replace(again.tasks[1], modes=(slower,)))
    )
    plan = solve(again, budget=ONE_STEP)
    assert check(again, plan) == ()
    assert plan.slots[1].start_s == PART_THERE_S + HOUR_S


def test_what_comes_earlier_than_planned_is_not_waited_for() -> None:
    """Not even without a search; and so on from lab to lab."""
    problem = two_labs()
    order, part = problem.orders
    screw = replace(part, id="s", place=1)
    west = replace(problem.tasks[0], id="ts", order="s")
    problem = replace(
        problem,
        orders=(order, replace(part, parts=("s",)), screw),
        tasks=(*problem.tasks, west),
    )
    plan = solved(problem)
    again = in_force(problem, plan)
    quicker = Mode(machine="w", duration_s=HOUR_S // 2, cost_cents=300)
    again = replace(
        again, tasks=(*again.tasks[:2], replace(again.tasks[2], modes=(quicker,)))
    )
    sooner = solve(again, budget=Budget(courier_iterations=0))
    assert check(again, sooner) == ()
    for was, now in zip(plan.slots[1:], sooner.slots[1:], strict=True):
        assert (now.task, now.start_s) == (was.task, was.start_s - HOUR_S // 2)


def test_one_order_more_does_not_delay_what_is_waited_for() -> None:
    problem = two_labs()
    plan = solved(problem)
    live = standing(problem, plan)
    other = Order(
        id="x",
        place=3,
        due_s=0,
        deadline_s=9 * HOUR_S,
        left_out_cents=90_000,
        ready=Ready(fab="east", ready_s=0),
    )
    found = insert(live, other, ())
    assert found is not None
    whole = plan_with(live, other, (), found)
    assert check(problem_with(problem, other, ()), whole) == ()
    assert set(plan.slots) <= set(whole.slots)


def without(problem: JointProblem, *ids: str) -> JointProblem:
    return replace(
        problem,
        orders=tuple(order for order in problem.orders if order.id not in ids),
        tasks=tuple(task for task in problem.tasks if task.order not in ids),
    )


def test_an_order_and_its_parts_are_quoted_beside_what_stands() -> None:
    """An order like it stands, on the same machines."""
    problem = two_labs()
    new = [(o, [t for t in problem.tasks if t.order == o.id]) for o in problem.orders]
    names = {"o": "other", "p": "screw"}
    stands = replace(
        problem,
        orders=tuple(
            replace(o, id=names[o.id], parts=tuple(names[part] for part in o.parts))
            for o in problem.orders
        ),
        tasks=tuple(
            replace(t, id=names[t.order], order=names[t.order]) for t in problem.tasks
        ),
    )
    plan = solved(stands)
    whole = insert_all(standing(stands, plan), new)
    both = replace(
        stands,
        orders=(*stands.orders, *problem.orders),
        tasks=(*stands.tasks, *problem.tasks),
    )
    assert check(both, whole) == ()
    assert whole.left_out == {}
    assert set(plan.slots) <= set(whole.slots)
    late = [(replace(o, deadline_s=2 * HOUR_S), tasks) for o, tasks in new]
    refused = insert_all(standing(stands, plan), late)
    assert set(refused.left_out) == {"o", "p"}
    assert set(refused.promises) == {"other", "screw"}
    with pytest.raises(InvalidProblemError, match="all but one are to be parts"):
        insert_all(standing(stands, plan), [(replace(o, parts=()), t) for o, t in new])


def test_an_order_may_be_made_of_what_stands_already() -> None:
    problem = with_part(two_labs(), committed=True)
    order, tasks = problem.orders[0], problem.tasks[:1]
    part = without(problem, "o")
    live = standing(part, solved(part))
    found = insert(live, order, tasks)
    assert found is not None
    assert found.slots[0].start_s == PART_THERE_S
    whole = plan_with(live, order, tasks, found)
    assert check(problem_with(part, order, tasks), whole) == ()


def test_an_order_made_of_what_nobody_brings_has_no_place() -> None:
    problem = with_part(two_labs(), committed=True)
    order, tasks = problem.orders[0], problem.tasks[:1]
    live = standing(replace(without(problem, "o"), couriers=()))
    assert insert(live, order, tasks) is None
    plan = plan_with(live, order, tasks, None)
    assert set(plan.left_out) == {"o", "p"}


def test_the_referee_sees_what_begins_too_soon_or_is_brought_for_nothing() -> None:
    problem = two_labs()
    plan = solved(problem)
    part, order = plan.slots
    soon = replace(order, start_s=order.start_s - 60, end_s=order.end_s - 60)
    codes = {b.code for b in check(problem, replace(plan, slots=(part, soon)))}
    assert "parts" in codes
    for gone, own in (("p", part), ("o", order)):
        rest = without(problem, gone)
        rest = replace(rest, orders=(replace(rest.orders[0], parts=()),))
        alone = solved(rest)
        assert own not in alone.slots
        left_out = {gone: solved(replace(problem, couriers=())).left_out[gone]}
        codes = {b.code for b in check(problem, replace(alone, left_out=left_out))}
        assert "parts" in codes


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"o": ("q",)}, "order 'o' names 'q', which is not in the problem"),
        ({"o": ("o",)}, "order 'o' is a part of itself"),
        ({"o": ("p",), "p": ("o",)}, "is a part of itself"),
        ({"o": ("p", "p")}, "order 'p' is a part of 'o' and of 'o'"),
    ],
)
def test_parts_that_contradict_themselves_are_named(
    parts: dict[str, tuple[str, ...]], message: str
) -> None:
    problem = two_labs()
    orders = tuple(
        replace(order, parts=parts.get(order.id, ())) for order in problem.orders
    )
    with pytest.raises(InvalidProblemError, match=message):
        solve(replace(problem, orders=orders))
