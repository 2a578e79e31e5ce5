"""One order more into the plan as it stands: who would make and bring it, by when."""

from dataclasses import asdict, replace

from orchestrator.catalogue.rows import StepRow
from orchestrator.network.rows import CourierRow, MachineRow
from orchestrator.orders.pricing import StepCost, Trip
from orchestrator.orders.quotes import NoOffer, Offer, PassedOver
from orchestrator.planning.errors import PlanRefusedError
from orchestrator.planning.frames import WANTED, Frame, Wanted
from orchestrator.planning.picture import Picture
from orchestrator.planning.problem import HANDOVER_S, HORIZON, frame
from orchestrator.planning.sound import BROKEN_PROMISE
from orchestrator.planning.tasks import run_sizes
from orchestrator.planning.travel import RegionMap
from routing.breach import Breach
from routing.errors import RoutingError
from routing.joint.check import check
from routing.joint.insert import insert, plan_with
from routing.joint.problem import JointPlan, JointProblem
from routing.joint.standing import standing


def quote(picture: Picture, ground: RegionMap, wanted: Wanted) -> Offer | NoOffer:
    """Who would make and bring it; all that is planned stays where it is. Pure.

    The picture must know the steps of the wanted design (`look(version_id=…)`).
    Errors: NotFoundError for an unknown design or place; PlanRefusedError.
    """
    framed = frame(
        picture, ground, wanted=wanted, hold_s=round(HORIZON.total_seconds())
    )
    try:
        plan = _with_wanted(framed.problem)
    except RoutingError as error:  # by an order that the next plan sets aside
        raise PlanRefusedError([Breach(code=error.code, text=str(error))]) from error
    wrong = [
        breach
        for breach in check(framed.problem, plan)
        if breach.code != BROKEN_PROMISE
    ]
    if wrong:
        raise PlanRefusedError(wrong)
    if WANTED in plan.left_out:
        return _no_offer(framed, plan)
    return _offer(framed, plan, wanted)


def _with_wanted(problem: JointProblem) -> JointPlan:
    """The plan in force with the wanted order at its cheapest place beside all else."""
    order = next(order for order in problem.orders if order.id == WANTED)
    tasks = tuple(task for task in problem.tasks if task.order == WANTED)
    others = replace(
        problem,
        orders=tuple(other for other in problem.orders if other.id != WANTED),
        tasks=tuple(task for task in problem.tasks if task.order != WANTED),
    )
    stands = standing(others)
    return plan_with(stands, order, tasks, insert(stands, order, tasks))


def _no_offer(framed: Frame, plan: JointPlan) -> NoOffer:
    reason = plan.left_out[WANTED]
    code, text = framed.hints.get(WANTED, (reason.code, reason.text))
    return NoOffer(
        code=code,
        text=f"{text[:1].upper()}{text[1:].rstrip('.')}.",
        helps=(reason.remedy,),
        passed_over=_passed_over(framed),
    )


def _offer(framed: Frame, plan: JointPlan, wanted: Wanted) -> Offer:
    why, promise = plan.why[WANTED], plan.promises[WANTED]
    picture = framed.picture
    machines = {machine.id: machine for machine in picture.machines}
    used = {slot.task: machines[slot.machine] for slot in plan.slots}
    steps = picture.steps_of[wanted.design_version_id]
    courier = next(row for row in picture.couriers if row.agent_id == why.courier)
    facility_id = why.fab or ""
    names = dict.fromkeys(machines[name].name for name in why.machines)
    return Offer(
        facility_id=facility_id,
        machine_names=tuple(names),
        steps=tuple(_step_cost(step, wanted.quantity, used) for step in steps),
        courier_id=courier.agent_id,
        trip=_trip(framed, facility_id, courier),
        promised_from_at=framed.time_of(promise.earliest_s),
        promised_to_at=framed.time_of(promise.latest_s),
        passed_over=_passed_over(framed),
    )


def _step_cost(step: StepRow, quantity: int, used: dict[str, MachineRow]) -> StepCost:
    runs = len(run_sizes(quantity, step.pieces_per_run))
    machines = [used[f"{WANTED}-{step.position}-{run}"] for run in range(runs)]
    return StepCost(
        runs=runs,
        setup_s=step.setup_s,
        run_s=step.run_s,
        labour_s=step.labour_s,
        hourly_cents=round(sum(row.hourly_cents for row in machines) / runs),
        material=step.material,
        material_g=step.material_g * quantity,
    )


def _trip(framed: Frame, facility_id: str, courier: CourierRow) -> Trip:
    """The direct way from lab to shop; a detour for others is not this order's."""
    problem = framed.problem
    start = framed.place_of_facility[facility_id]
    end = next(order.place for order in problem.orders if order.id == WANTED)
    profile = next(
        each.profile for each in problem.couriers if each.id == courier.agent_id
    )
    way = problem.matrices[profile]
    return Trip(
        distance_m=int(way.metres[start, end]),
        duration_s=int(way.seconds[start, end]) + 2 * HANDOVER_S,
        cents_per_km=courier.cost_per_km_cents,
        cents_per_hour=courier.cost_per_hour_cents,
    )


def _passed_over(framed: Frame) -> tuple[PassedOver, ...]:
    found = framed.rejections.get(WANTED, ())
    return tuple(PassedOver(**asdict(rejection)) for rejection in found)
