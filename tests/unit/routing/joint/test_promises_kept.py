"""What is promised is planned wherever it can be, however short the search."""

from dataclasses import replace

import numpy as np

from routing.joint.check import check
from routing.joint.problem import Budget, Ready
from routing.joint.solve import solve
from routing.measures import UNREACHABLE_M, UNREACHABLE_S
from routing.travel.matrix import Profile
from tests.unit.routing.joint.test_joint_plans import a_matrix, a_region

ONE_STEP = Budget(courier_iterations=1)


def test_where_no_road_is_direct_the_way_round_is_taken() -> None:
    problem = a_region()
    order = replace(
        problem.orders[0], committed=True, ready=Ready(fab="west", ready_s=0)
    )
    apart = np.zeros((4, 4), dtype=np.bool_)
    apart[3, 2] = True  # from the courier to the receiver, but not by the lab
    matrix = replace(
        a_matrix(),
        seconds=np.where(apart, UNREACHABLE_S, a_matrix().seconds),
        metres=np.where(apart, UNREACHABLE_M, a_matrix().metres),
    )
    courier = replace(problem.couriers[0], cost_per_hour_cents=100)
    problem = replace(
        problem,
        orders=(order,),
        tasks=(),
        couriers=(courier,),
        matrices={Profile.BICYCLE: matrix},
    )

    plan = solve(problem, budget=ONE_STEP)

    assert check(problem, plan) == ()
    assert set(plan.promises) == {"o"}


def test_what_is_aboard_is_handed_over_to_make_room() -> None:
    problem = a_region()
    ready = Ready(fab="west", ready_s=0)
    heavy = replace(problem.orders[0], committed=True, grams=4_900, ready=ready)
    aboard = tuple(
        replace(problem.orders[0], id=id_, grams=200, aboard="c") for id_ in ("a", "b")
    )
    problem = replace(problem, orders=(heavy, *aboard), tasks=())

    plan = solve(problem, budget=ONE_STEP)

    assert check(problem, plan) == ()
    assert set(plan.promises) == {"o", "a", "b"}
