"""Compiles all kernels once, so that nobody waits for it: `python -m routing.warm`.

What is compiled is kept beside the sources. A fresh machine else compiles while the
first plan is waited for, and each process that starts then does the same again.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import Final

import numpy as np

from routing.couriers.problem import NextStop, StopKind
from routing.couriers.solve import solve as solve_couriers
from routing.effort import Effort
from routing.joint.insert import insert, plan_with
from routing.joint.problem import (
    Budget,
    Courier,
    Fab,
    JointProblem,
    Machine,
    Mode,
    Order,
    Ready,
    Task,
)
from routing.joint.solve import solve as solve_jointly
from routing.joint.standing import standing
from routing.joint.translate import courier_problem
from routing.scheduling.shop import Shop
from routing.scheduling.tabu import Walk
from routing.travel.graph import RoadGraph
from routing.travel.great_circle import estimate_matrix
from routing.travel.matrix import Place, Profile
from routing.travel.road import road_path
from routing.travel.speeds import ACCESS_BIT, RoadKind, Surface
from routing.travel.table import TravelTable

PROFILE = Profile.BICYCLE
DAY_S = 28_800
EFFORT = Effort(iterations=30)


def warm() -> None:
    """Compile what is not compiled yet, one room after the other."""
    for room in ROOMS:
        room()


def warm_joint() -> None:
    """Plan a tiny region jointly, and put one order more into it."""
    problem = _region()
    plan = solve_jointly(problem, budget=Budget(effort=EFFORT))
    stands, late = standing(problem, plan), replace(problem.orders[0], id="late")
    tasks = [replace(problem.tasks[0], id="more", order="late")]
    plan_with(stands, late, tasks, insert(stands, late, tasks))
    part, waits, *_ = (replace(order, committed=True) for order in problem.orders)
    waits = replace(waits, parts=(part.id,))
    unbrought = replace(
        problem, orders=(part, waits), tasks=problem.tasks[:2], couriers=()
    )
    solve_jointly(unbrought, budget=Budget(effort=EFFORT))


def warm_others() -> None:
    """Look for a way, plan couriers, and walk a job shop."""
    streets = crossroads()
    places = _places()
    TravelTable(streets, PROFILE).matrix(places)
    road_path(streets, places[0], places[3], PROFILE)
    problem = _region()
    ready = {order.id: Ready(fab="fab", ready_s=0) for order in problem.orders}
    shipments = courier_problem(problem, problem.orders, ready)
    solve_couriers(shipments, seed=0, effort=EFFORT)
    away = tuple(
        replace(courier, next_stop=NextStop(order="order0", kind=StopKind.PICKUP))
        for courier in shipments.couriers[:1]
    )
    solve_couriers(replace(shipments, couriers=away), seed=0, effort=EFFORT)
    Walk(a_shop(), seed=0).go(EFFORT.iterations, least_s=0)


# About as long as each other: each is compiled by a process of its own.
ROOMS: Final = (warm_joint, warm_others)


def main() -> None:
    """Compile all rooms at once."""
    spawn = get_context("spawn")
    with ProcessPoolExecutor(max_workers=len(ROOMS), mp_context=spawn) as pool:
        for done in [pool.submit(room) for room in ROOMS]:
            done.result()


def a_shop() -> Shop:
    """Return a job shop of two chains on two machines."""
    return Shop(
        job_of=np.array([0, 0, 1, 1]),
        duration_s=np.array([[600, 900], [600, -1], [900, 600], [-1, 600]]),
        ids=(("one", "cut"), ("one", "glue"), ("two", "cut"), ("two", "glue")),
        machines=("saw", "press"),
        opens_s=0,
    )


def crossroads() -> RoadGraph:
    """Return four crossings in a row, a hundred metres apart, on the equator."""
    tails = np.array([0, 1, 1, 2, 2, 3])
    count = len(tails)
    return RoadGraph(
        longitudes_e6=np.arange(0, 4_000, 1_000, dtype=np.int32),
        latitudes_e6=np.zeros(4, np.int32),
        first=np.array([0, 1, 3, 5, 6], np.int32),
        heads=np.array([1, 0, 2, 1, 3, 2], np.int32),
        lengths_dm=np.full(count, 1_113, np.int32),
        kinds=np.full(count, RoadKind.RESIDENTIAL, np.uint8),
        access=np.full(count, ACCESS_BIT[PROFILE], np.uint8),
        limits_kmh=np.zeros(count, np.uint8),
        surfaces=np.full(count, Surface.SMOOTH, np.uint8),
        waits=np.zeros(count, np.uint8),
    )


def _places() -> list[Place]:
    return [
        Place(longitude_deg=at / 1e6, latitude_deg=0.0) for at in range(0, 4_000, 1_000)
    ]


def _region() -> JointProblem:
    return JointProblem(
        fabs=(Fab(id="fab", place=0),),
        machines=(Machine(id="machine", fab="fab", open_windows=((0, DAY_S),)),),
        orders=tuple(_order(number) for number in range(3)),
        tasks=tuple(_task(number) for number in range(3)),
        couriers=(_courier("one"), _courier("two")),
        matrices={PROFILE: estimate_matrix(_places(), PROFILE)},
    )


def _order(number: int) -> Order:
    # The last one is promised, but too heavy for anybody: it is made all the same.
    is_heavy = number == 2
    return Order(
        id=f"order{number}",
        place=1 + number,
        due_s=DAY_S // 2,
        deadline_s=DAY_S,
        left_out_cents=10_000,
        grams=10**6 if is_heavy else 100,
        committed=is_heavy,
    )


def _task(number: int) -> Task:
    return Task(
        id=f"task{number}",
        order=f"order{number}",
        modes=(Mode(machine="machine", duration_s=600, cost_cents=100),),
    )


def _courier(id_: str) -> Courier:
    # A hand-over without its pickup: what is no longer whole is taken back.
    return Courier(
        id=id_,
        place=0,
        shift=(0, DAY_S),
        capacity_pieces=9,
        capacity_grams=9_000,
        profile=PROFILE,
        cost_per_km_cents=50,
        cost_per_hour_cents=1_500,
        previous=(NextStop(order="order0", kind=StopKind.DROPOFF),),
    )


if __name__ == "__main__":
    main()
