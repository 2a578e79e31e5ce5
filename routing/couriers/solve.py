"""The couriers' plan: at once, then improved, then the best of all tours met."""

from routing.couriers.insertion import bank, first_plan, insert_in_order
from routing.couriers.model import Model, model_of
from routing.couriers.neighbourhoods import improve, plan_fine
from routing.couriers.partition import choose
from routing.couriers.problem import (
    CourierPlan,
    CourierProblem,
    Route,
    Stop,
    StopKind,
)
from routing.couriers.tour import Tour, Tours
from routing.couriers.validate import validate

PARTITION_SHARE = 5_000  # iterations that weigh as much as a second of CP-SAT


def solve(problem: CourierProblem, *, seed: int, iterations: int) -> CourierPlan:
    """Return the cheapest plan found; with 0 iterations the first one.

    The same arguments give the same plan. Errors: InvalidProblemError.
    """
    validate(problem)
    model = model_of(problem)
    tours = Tours(model)
    plan = first_plan(tours)
    if iterations > 0 and problem.shipments and problem.couriers:
        plan = improve(tours, plan, seed=seed, iterations=iterations)
        plan = choose(tours, plan, seed=seed, work=iterations / PARTITION_SHARE)
    plan = insert_in_order(tours, plan, bank(model, plan))
    return CourierPlan(
        routes=tuple(_route(problem, model, tour) for tour in plan if tour.stops),
        left_out=tuple(problem.shipments[i].id for i in bank(model, plan)),
        cost_fine=plan_fine(model, plan),
    )


def _route(problem: CourierProblem, model: Model, tour: Tour) -> Route:
    vehicle = model.vehicles[tour.vehicle]
    stops: list[Stop] = []
    metres = 0
    for before, after, stop in zip(
        tour.steps, tour.steps[1:], tour.stops, strict=False
    ):
        metres += vehicle.metres[before.place][after.place]
        begin_s = after.time_s - model.service_s[stop]
        arrive_s = before.time_s + vehicle.seconds[before.place][after.place]
        stops.append(
            Stop(
                order=problem.shipments[stop >> 1].id,
                kind=StopKind.DROPOFF if stop & 1 else StopKind.PICKUP,
                place=after.place,
                arrive_s=arrive_s if stops else begin_s,
                begin_s=begin_s,
                depart_s=after.time_s,
            )
        )
    first = stops[0]
    return Route(
        courier=problem.couriers[tour.vehicle].id,
        leave_s=first.begin_s - vehicle.seconds[vehicle.place][first.place],
        stops=tuple(stops),
        metres=metres,
    )
