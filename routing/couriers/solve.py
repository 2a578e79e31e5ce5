"""The couriers' plan: at once, then improved as long as the effort lasts."""

from routing.couriers.kernels.groups import BANK, TOTAL, State
from routing.couriers.kernels.layout import SECOND_FINE
from routing.couriers.kernels.search import fill
from routing.couriers.net import Prepared, prepare
from routing.couriers.previous import routes_in_force
from routing.couriers.problem import CourierPlan, CourierProblem
from routing.couriers.search import first_plan, improve
from routing.couriers.state import state_of
from routing.couriers.timetable import routes_of
from routing.couriers.validate import validate
from routing.effort import Effort
from routing.measures import FINE_PER_CENT


def solve(problem: CourierProblem, *, seed: int, effort: Effort) -> CourierPlan:
    """Return the cheapest plan found; with 0 iterations the first one.

    A counted effort gives the same plan for the same arguments. Where one route more
    costs more than all ways together (`cost_fixed_cents`), fewer routes are sought
    first. Errors: InvalidProblemError.
    """
    validate(problem)
    if not problem.couriers:
        return _nobody(problem)
    prepared = prepare(problem)
    given = routes_in_force(problem, prepared)
    state = first_plan(prepared, given, seed)
    if effort.iterations > 0 and prepared.requests and effort.left_s() > 0:
        routes = improve(prepared, state, seed, effort)
        state = state_of(prepared.net, prepared.home, routes, seed=seed)
        fill(prepared.net, state)
    return _plan(problem, prepared, state)


def _nobody(problem: CourierProblem) -> CourierPlan:
    out = [shipment.left_out_cents for shipment in problem.shipments]
    return CourierPlan(
        routes=(),
        left_out=tuple(shipment.id for shipment in problem.shipments),
        cost_fine=FINE_PER_CENT * sum(out),
    )


def _plan(problem: CourierProblem, prepared: Prepared, state: State) -> CourierPlan:
    absent = sorted(state.bank[: state.counts[BANK]].tolist())
    left_out = [problem.shipments[prepared.requests[q]] for q in absent]
    fine = int(state.sums[TOTAL])
    fine += FINE_PER_CENT * sum(shipment.left_out_cents for shipment in left_out)
    for r, first in enumerate(prepared.fleet.firsts):
        if first is not None:
            fine += first.fine
            if not state.length[r] and problem.couriers[r].end_place is None:
                # The kernels pay until the courier is free, the break after included.
                rest_s = first.free_s - first.depart_s
                fine -= int(prepared.net.veh[r, SECOND_FINE]) * rest_s
    return CourierPlan(
        routes=routes_of(problem, prepared, state),
        left_out=tuple(shipment.id for shipment in left_out),
        cost_fine=fine,
    )
