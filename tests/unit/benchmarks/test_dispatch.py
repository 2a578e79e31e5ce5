"""What looks ahead holds what may be fetched together; a foul day has no account."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.dispatch.account import account
from benchmarks.dispatch.anticipate import Scenario, anticipate
from benchmarks.region.day import Day
from routing.joint.check import check
from routing.joint.problem import (
    Budget,
    Courier,
    Fab,
    JointProblem,
    Machine,
    Mode,
    Order,
    Profile,
    Ready,
    Task,
    TravelMatrix,
    Weights,
)
from routing.joint.solve import solve

HOUR_S = 3_600
WAVE_S = 1_800
BUDGET = Budget(courier_iterations=200)


def a_region() -> JointProblem:
    """One lab at place 0, one shop an hour away at place 1, one courier at the lab."""
    away = np.array([[0, HOUR_S], [HOUR_S, 0]])
    matrix = TravelMatrix(
        profile=Profile.VAN, seconds=away, metres=10 * away, source="road"
    )
    return JointProblem(
        fabs=(Fab(id="lab", place=0),),
        machines=(Machine(id="m", fab="lab", open_windows=((0, 9 * HOUR_S),)),),
        orders=(an_order("first"),),
        tasks=(),
        couriers=(
            Courier(
                id="c",
                place=0,
                shift=(0, 9 * HOUR_S),
                capacity_pieces=9,
                capacity_grams=9_000,
                profile=Profile.VAN,
                cost_per_km_cents=100,
                cost_per_hour_cents=0,
            ),
        ),
        matrices={Profile.VAN: matrix},
        weights=Weights(late_cents_per_minute=1),
    )


def an_order(id_: str, *, ready_s: int = 0) -> Order:
    return Order(
        id=id_,
        place=1,
        due_s=HOUR_S,
        deadline_s=8 * HOUR_S,
        left_out_cents=100_000,
        ready=Ready(fab="lab", ready_s=ready_s),
    )


def test_what_will_be_fetched_with_another_is_held() -> None:
    problem = a_region()
    coming = Scenario(orders=(an_order("second", ready_s=WAVE_S + 600),), tasks=())
    now = solve(problem, budget=BUDGET)
    held = anticipate(problem, [coming] * 3, until_s=WAVE_S, budget=BUDGET)
    (left_now,), (left_later,) = now.routes, held.routes
    assert left_now.leave_s < WAVE_S <= left_later.leave_s
    asked = replace(problem, orders=(replace(problem.orders[0], fetch_from_s=WAVE_S),))
    assert check(asked, held) == ()


def test_without_a_future_nothing_is_held() -> None:
    problem = a_region()
    nothing = Scenario(orders=(), tasks=())
    plain = solve(problem, budget=BUDGET)
    assert anticipate(problem, [], until_s=WAVE_S, budget=BUDGET) == plain
    assert anticipate(problem, [nothing], until_s=WAVE_S, budget=BUDGET) == plain


def a_day() -> Day:
    """One order that is made, fetched and brought."""
    base = replace(a_region(), orders=())
    day = Day(base=base)
    order = replace(an_order("first"), ready=None)
    mode = Mode(machine="m", duration_s=600, cost_cents=250)
    task = Task(id="t", order="first", modes=(mode,))
    plan = solve(replace(base, orders=(order,), tasks=(task,)), budget=BUDGET)
    day.learn(order, (task,))
    day.adopt(plan)
    day.advance(9 * HOUR_S)
    return day


def test_a_day_is_added_up_anew() -> None:
    day = a_day()
    found = account(day.base, day)
    assert (found.asked, found.brought, found.late) == (1, 1, 1)
    assert found.making_cents == 250
    assert found.riding_cents == 36 * 100
    assert found.late_minutes == (600 + 60) / 60
    assert found.late_cents == found.late_minutes
    day.orders["never"] = an_order("never")
    assert account(day.base, day).never_brought_cents == 100_000


def twice(day: Day) -> None:
    day.legs.append(day.legs[-1])


def too_soon(day: Day) -> None:
    day.legs[-1] = replace(day.legs[-1], begin_s=10, depart_s=70)


def unmade(day: Day) -> None:
    day.started.clear()


def at_night(day: Day) -> None:
    day.started["t"] = replace(day.started["t"], start_s=-600, end_s=0)


def cheap(day: Day) -> None:
    day.paid_cents -= 100


def too_much(day: Day) -> None:
    day.orders["first"] = replace(day.orders["first"], pieces=99)


@pytest.mark.parametrize("spoil", [twice, too_soon, unmade, at_night, cheap, too_much])
def test_a_day_that_cannot_have_been_is_refused(spoil: Callable[[Day], None]) -> None:
    day = a_day()
    spoil(day)
    with pytest.raises(AssertionError):
        account(day.base, day)
