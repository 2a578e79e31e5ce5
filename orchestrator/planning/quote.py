"""One order more into the plan as it stands: who would make and bring it, by when."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Final

from orchestrator.catalogue.made import as_made
from orchestrator.catalogue.rows import StepRow
from orchestrator.network.rows import CourierRow, MachineRow
from orchestrator.orders.parts import pieces_of
from orchestrator.orders.pricing import StepCost, Trip
from orchestrator.orders.quotes import NoOffer, Offer, PartOffer, PassedOver
from orchestrator.planning.bonds import HORIZON
from orchestrator.planning.errors import PlanRefusedError
from orchestrator.planning.frames import WANTED, Frame, Wanted
from orchestrator.planning.paces import Paces
from orchestrator.planning.picture import Picture
from orchestrator.planning.problem import frame
from orchestrator.planning.sound import BROKEN_PROMISE
from orchestrator.planning.split import ways_to_split
from orchestrator.planning.tasks import runs_of
from orchestrator.planning.travel import RegionMap
from orchestrator.planning.wanted import HANDOVER_S
from routing.breach import Breach
from routing.errors import RoutingError
from routing.joint.check import check
from routing.joint.insert import insert, plan_with
from routing.joint.insert_all import insert_all
from routing.joint.problem import JointPlan, JointProblem
from routing.joint.standing import standing

FOLLOWS: Final = ("part-left-out", "order-left-out")  # because of another


def quote(picture: Picture, ground: RegionMap, wanted: Wanted) -> Offer | NoOffer:
    """Who would make and bring it; all that is planned stays where it is. Pure.

    Where no single lab can make all steps, several labs are asked for their parts of it.
    The picture must know the steps of the wanted design (`look(version_id=…)`).
    Errors: NotFoundError for an unknown design or place; PlanRefusedError.
    """
    answers = []
    for together in ways_to_split(wanted, picture) or [(wanted,)]:
        answer = _quote(picture, ground, together)
        if isinstance(answer, Offer):
            return answer
        answers.append(answer)
    return answers[0]


def _quote(
    picture: Picture, ground: RegionMap, together: Sequence[Wanted]
) -> Offer | NoOffer:
    framed = frame(
        picture, ground, wanted=together, hold_s=round(HORIZON.total_seconds())
    )
    try:
        plan = _with_wanted(framed.problem, together)
    except RoutingError as error:  # by an order that the next plan sets aside
        raise PlanRefusedError([Breach(code=error.code, text=str(error))]) from error
    left_out = [one.id for one in together if one.id in plan.left_out]
    if left_out:  # by one of them, with which the others are
        cause = [one for one in left_out if plan.left_out[one].code not in FOLLOWS]
        return _no_offer(framed, plan, (cause or left_out)[0])
    wrong = [
        breach
        for breach in check(framed.problem, plan)
        if breach.code != BROKEN_PROMISE
    ]
    if wrong:
        raise PlanRefusedError(wrong)
    return _offer(framed, plan, together)


def _with_wanted(problem: JointProblem, together: Sequence[Wanted]) -> JointPlan:
    """The plan in force with what is wanted at its cheapest place beside all else."""
    ids = {one.id for one in together}
    stands = standing(
        replace(
            problem,
            orders=tuple(other for other in problem.orders if other.id not in ids),
            tasks=tuple(task for task in problem.tasks if task.order not in ids),
        )
    )
    new = [
        (order, tuple(task for task in problem.tasks if task.order == order.id))
        for order in problem.orders
        if order.id in ids
    ]
    if len(new) > 1:
        return insert_all(stands, new)
    order, tasks = new[0]
    return plan_with(stands, order, tasks, insert(stands, order, tasks))


def _no_offer(framed: Frame, plan: JointPlan, order_id: str) -> NoOffer:
    reason = plan.left_out[order_id]
    code, text = framed.hints.get(order_id, (reason.code, reason.text))
    return NoOffer(
        code=code,
        text=f"{text[:1].upper()}{text[1:].rstrip('.')}.",
        helps=(reason.remedy,),
        passed_over=_passed_over(framed),
    )


def _offer(framed: Frame, plan: JointPlan, together: Sequence[Wanted]) -> Offer:
    *parts, wanted = together
    promise = plan.promises[wanted.id]
    picture = framed.picture
    machines = {machine.id: machine for machine in picture.machines}
    used = {slot.task: machines[slot.machine] for slot in plan.slots}
    steps = [
        as_made(step, wanted.made_of)
        for step in picture.steps_of[wanted.design_version_id]
    ]
    facility_id, names, courier_id, trip = _served(framed, plan, wanted)
    return Offer(
        facility_id=facility_id,
        machine_names=names,
        steps=tuple(
            _step_cost(step, wanted.quantity, used, picture.paces) for step in steps
        ),
        courier_id=courier_id,
        trip=trip,
        promised_from_at=framed.time_of(promise.earliest_s),
        promised_to_at=framed.time_of(promise.latest_s),
        passed_over=_passed_over(framed),
        own_steps=wanted.steps,
        parts=tuple(_part_offer(framed, plan, part, parts) for part in parts),
        made_of=wanted.made_of,
    )


def _part_offer(
    framed: Frame, plan: JointPlan, part: Wanted, parts: Sequence[Wanted]
) -> PartOffer:
    promise = plan.promises[part.id]
    into = [number for number, one in enumerate(parts) if one.id == part.goes_into]
    facility_id, names, courier_id, trip = _served(framed, plan, part)
    return PartOffer(
        steps=part.steps or (),
        into=into[0] if into else None,
        to_facility_id=part.to_lab_id or "",
        facility_id=facility_id,
        machine_names=names,
        courier_id=courier_id,
        trip=trip,
        promised_from_at=framed.time_of(promise.earliest_s),
        promised_to_at=framed.time_of(promise.latest_s),
    )


def _served(
    framed: Frame, plan: JointPlan, wanted: Wanted
) -> tuple[str, tuple[str, ...], str, Trip]:
    """Lab, names of machines, courier and the courier's way of one order or part."""
    why, picture = plan.why[wanted.id], framed.picture
    machines = {machine.id: machine.name for machine in picture.machines}
    courier = next(row for row in picture.couriers if row.agent_id == why.courier)
    names = dict.fromkeys(machines[name] for name in why.machines)
    facility_id = why.fab or ""
    trip = _trip(framed, facility_id, courier, wanted.id)
    return facility_id, tuple(names), courier.agent_id, trip


def _step_cost(
    step: StepRow, quantity: int, used: dict[str, MachineRow], paces: Paces
) -> StepCost:
    runs = len(runs_of(step, quantity))
    machines = [used[f"{WANTED}-{step.position}-{run}"] for run in range(runs)]
    setup_s, run_s = paces.shared_s(step, [row.id for row in machines])
    return StepCost(
        runs=runs,
        setup_s=setup_s,
        run_s=run_s,
        labour_s=step.labour_s,
        hourly_cents=round(sum(row.hourly_cents for row in machines) / runs),
        material=step.material,
        material_g=step.material_g * pieces_of(step, quantity),
    )


def _trip(framed: Frame, facility_id: str, courier: CourierRow, order_id: str) -> Trip:
    """The direct way from lab to shop or lab; a detour for others is not this order's."""
    problem = framed.problem
    start = framed.place_of_facility[facility_id]
    end = next(order.place for order in problem.orders if order.id == order_id)
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
