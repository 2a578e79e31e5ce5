"""What if a lab closed, a machine stood still, a courier was away: planned, not done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from orchestrator.planning.errors import PlanRefusedError
from orchestrator.planning.frames import Frame
from orchestrator.planning.picture import Picture
from orchestrator.planning.problem import frame
from orchestrator.planning.sound import BROKEN_PROMISE
from orchestrator.planning.travel import RegionMap
from routing.joint.check import check
from routing.joint.problem import Courier, JointPlan, JointProblem, Machine
from routing.scheduling.calendars import without

Kind = Literal["lab", "machine", "courier"]
SEEN_FROM_S: Final = 300  # of a change of time: less than that is nobody's matter
NOTHING_HELD_S: Final = -1  # also work about to begin may be moved in a supposition


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposition:
    """That somebody or something is not there between two moments."""

    kind: Kind
    subject_id: str
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMoved:
    """What would be different for one order."""

    order_id: str
    number: int
    lab: tuple[str, str] | None  # before, after, by id
    machines: bool
    courier: tuple[str, str] | None
    later_s: int  # negative: earlier; 0: as planned
    late_s: int  # past what was promised
    left_out: str  # why nobody makes and brings it any more; "" for who does
    helps: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Of two plans: with the supposition against without; money in cents.

    `money_cents` is paid to labs and couriers, `weighed_cents` all that plans weigh.
    """

    orders: tuple[OrderMoved, ...]
    order_count: int
    money_cents: int
    weighed_cents: int
    metres: int
    late_before: int
    late_after: int


def difference(
    picture: Picture,
    ground: RegionMap,
    supposed: Supposition,
    think: Callable[[JointProblem], JointPlan],
) -> Difference:
    """Plan twice from the same picture, once with the supposition. Pure.

    Errors: PlanRefusedError, and what the solver raises.
    """
    framed = frame(picture, ground, hold_s=NOTHING_HELD_S)
    return compare(
        framed,
        _sound(framed.problem, think),
        _sound(changed(framed, supposed), think),
    )


def changed(framed: Frame, supposed: Supposition) -> JointProblem:
    """The same problem without what is supposed away; what is begun goes on."""
    at = framed.picture.at
    gap = (
        round((supposed.from_at - at).total_seconds()),
        round((supposed.until_at - at).total_seconds()),
    )
    problem, name = framed.problem, supposed.subject_id
    if supposed.kind == "courier":
        return replace(problem, couriers=tuple(_couriers(problem, name, gap)))

    def stands_still(machine: Machine) -> bool:
        return name == (machine.fab if supposed.kind == "lab" else machine.id)

    return replace(
        problem,
        machines=tuple(
            replace(machine, open_windows=without(list(machine.open_windows), [gap]))
            if stands_still(machine)
            else machine
            for machine in problem.machines
        ),
    )


def _couriers(
    problem: JointProblem, name: str, gap: tuple[int, int]
) -> Iterator[Courier]:
    """Away from the gap on; who has a load brings it to its end, and takes no other."""
    loaded = {order.aboard for order in problem.orders}
    for courier in problem.couriers:
        start_s, end_s = courier.shift
        if courier.id != name or gap[0] >= end_s or gap[1] <= start_s:
            yield courier
        elif gap[0] > max(start_s, problem.now_s):
            yield replace(courier, shift=(start_s, gap[0]))
        elif courier.id in loaded:
            yield replace(courier, shift=(problem.now_s, problem.now_s))
        elif gap[1] < end_s:
            yield replace(courier, shift=(gap[1], end_s), next_stop=None)


def compare(framed: Frame, before: JointPlan, after: JointPlan) -> Difference:
    """What the second plan does otherwise than the first."""
    lab_of = {machine.id: machine.fab for machine in framed.problem.machines}
    due_of = {order.id: order.due_s for order in framed.problem.orders}
    moved = []
    for order in framed.picture.orders:
        if order.id not in due_of:
            continue
        one = _moved(
            (order.id, order.number), due_of[order.id], lab_of, (before, after)
        )
        if one is not None:
            moved.append(one)
    return Difference(
        orders=tuple(moved),
        order_count=len(due_of),
        money_cents=_money(after) - _money(before),
        weighed_cents=after.cost.total_cents - before.cost.total_cents,
        metres=_metres(after) - _metres(before),
        late_before=_late(before, due_of),
        late_after=_late(after, due_of),
    )


def _moved(
    name: tuple[str, int],
    due_s: int,
    lab_of: dict[str, str],
    plans: tuple[JointPlan, JointPlan],
) -> OrderMoved | None:
    """None where nobody would see a difference."""
    order_id, number = name
    before, after = plans
    was, will = before.why.get(order_id), after.why.get(order_id)
    reason = after.left_out.get(order_id)
    if reason is not None:
        if order_id in before.left_out:
            return None
        return OrderMoved(
            order_id=order_id,
            number=number,
            lab=None,
            machines=False,
            courier=None,
            later_s=0,
            late_s=0,
            left_out=reason.text,
            helps=reason.remedy,
        )
    planned_s = after.promises[order_id].planned_s
    first = before.promises.get(order_id)
    later_s = planned_s - first.planned_s if first else 0
    labs = _labs(before, order_id, lab_of), _labs(after, order_id, lab_of)
    couriers = (was.courier or "" if was else "", will.courier or "" if will else "")
    machines = bool(was and will and set(was.machines) != set(will.machines))
    is_elsewhere = labs[0] != labs[1] or couriers[0] != couriers[1] or machines
    if not is_elsewhere and abs(later_s) < SEEN_FROM_S:
        return None
    return OrderMoved(
        order_id=order_id,
        number=number,
        lab=labs if labs[0] != labs[1] else None,
        machines=machines,
        courier=couriers if couriers[0] != couriers[1] else None,
        later_s=later_s if abs(later_s) >= SEEN_FROM_S else 0,
        late_s=max(planned_s - due_s, 0),
        left_out="",
        helps="",
    )


def _labs(plan: JointPlan, order_id: str, lab_of: dict[str, str]) -> str:
    why = plan.why.get(order_id)
    if why is not None and why.fab is not None:
        return why.fab
    slots = (slot.machine for slot in plan.slots if slot.order == order_id)
    return next((lab_of[machine] for machine in slots), "")


def _sound(
    problem: JointProblem, think: Callable[[JointProblem], JointPlan]
) -> JointPlan:
    plan = think(problem)
    grave = [one for one in check(problem, plan) if one.code != BROKEN_PROMISE]
    if grave:
        raise PlanRefusedError(grave)
    return plan


def _money(plan: JointPlan) -> int:
    cost = plan.cost
    return cost.production_cents + cost.distance_cents + cost.courier_time_cents


def _metres(plan: JointPlan) -> int:
    return sum(route.metres for route in plan.routes)


def _late(plan: JointPlan, due_of: dict[str, int]) -> int:
    return sum(
        promise.planned_s >= due_of[order_id] + 60
        for order_id, promise in plan.promises.items()
    )
