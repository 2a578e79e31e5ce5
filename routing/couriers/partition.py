"""The best choice among all tours ever met: set partitioning by CP-SAT."""

from collections.abc import Sequence
from typing import Final

from ortools.sat.python import cp_model

from routing.couriers.insertion import Plan, bank, empty_plan
from routing.couriers.neighbourhoods import plan_fine
from routing.couriers.tour import Tour, Tours

POOL_MAX: Final = 600


def choose(tours: Tours, plan: Plan, *, seed: int, work: float) -> Plan:
    """Return the cheapest combination of pooled tours, `plan` if none is cheaper.

    `work`: deterministic seconds of CP-SAT.
    """
    if work <= 0 or not plan:
        return plan
    pool = _pool(tours, plan)
    model = cp_model.CpModel()
    taken = [model.new_bool_var(f"tour {i}") for i in range(len(pool))]
    left_out = [model.new_bool_var(f"out {i}") for i in range(len(tours.model.due_s))]
    covered: list[list[cp_model.IntVar]] = [[out] for out in left_out]
    driven: list[list[cp_model.IntVar]] = [[] for _ in plan]
    for tour, literal in zip(pool, taken, strict=True):
        driven[tour.vehicle].append(literal)
        for shipment in {stop >> 1 for stop in tour.stops}:
            covered[shipment].append(literal)
    for literals in driven:
        model.add_at_most_one(literals)
    for literals in covered:
        model.add_exactly_one(literals)
    prices = [tour.fine for tour in pool] + list(tours.model.left_out_fine)
    model.minimize(cp_model.LinearExpr.weighted_sum([*taken, *left_out], prices))
    _hint(model, tours, plan, pool, (taken, left_out))
    solver = _solved(model, seed, work)
    if solver is None:
        return plan
    chosen = [
        t for t, literal in zip(pool, taken, strict=True) if solver.value(literal)
    ]
    found = list(empty_plan(tours))
    for tour in chosen:
        found[tour.vehicle] = tour
    return min(plan, tuple(found), key=lambda each: plan_fine(tours.model, each))


def _pool(tours: Tours, plan: Plan) -> list[Tour]:
    """The plan's tours, then the cheapest for the number of shipments they carry."""
    rest = [tour for tour in tours.all() if tour.stops and tour not in plan]
    saved = {
        id(tour): tour.fine - sum(tours.model.left_out_fine[s >> 1] for s in tour.stops)
        for tour in rest
    }
    rest.sort(key=lambda tour: saved[id(tour)] // max(1, len(tour.stops)))
    return [tour for tour in plan if tour.stops] + rest[:POOL_MAX]


def _hint(
    model: cp_model.CpModel,
    tours: Tours,
    plan: Plan,
    pool: Sequence[Tour],
    variables: tuple[Sequence[cp_model.IntVar], Sequence[cp_model.IntVar]],
) -> None:
    taken, left_out = variables
    for tour, literal in zip(pool, taken, strict=True):
        model.add_hint(literal, tour in plan)
    missing = set(bank(tours.model, plan))
    for shipment, literal in enumerate(left_out):
        model.add_hint(literal, shipment in missing)


def _solved(
    model: cp_model.CpModel, seed: int, work: float
) -> cp_model.CpSolver | None:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = work
    status = solver.solve(model)
    return solver if status in {cp_model.OPTIMAL, cp_model.FEASIBLE} else None
