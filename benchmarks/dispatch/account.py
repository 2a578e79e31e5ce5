"""What a played day came to, added up anew from what was done; a foul day is refused.

It knows the day's slots and rides and the problem, no plan and no planner: each order
is made whole, fetched and handed over at most once, by one courier; nobody is at two
places, no machine does two things; and the money is that of what was done.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.region.day import Day, Leg
from routing.joint.problem import (
    Courier,
    JointProblem,
    Order,
    StopKind,
    Task,
    TaskSlot,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One day in cents, and how many orders were brought, late by a minute or more."""

    making_cents: float
    riding_cents: float
    late_cents: float
    never_brought_cents: float
    asked: int
    brought: int
    late: int
    late_minutes: float

    @property
    def cents(self) -> float:
        """All of it."""
        return (
            self.making_cents
            + self.riding_cents
            + self.late_cents
            + self.never_brought_cents
        )


def account(base: JointProblem, day: Day) -> Account:
    """Return what the day cost. Errors: AssertionError that names what is foul."""
    foul = [
        *_foul_making(base, day.started, day.tasks),
        *_foul_orders(base, day),
        *_foul_rides(base, day),
    ]
    if foul:
        raise AssertionError(f"the day can't have been: {foul[:3]}")
    making = sum(_price(day.tasks[id_], slot) for id_, slot in day.started.items())
    couriers = {courier.id: courier for courier in base.couriers}
    riding = sum(_ride_cents(base, couriers[leg.courier], leg) for leg in day.legs)
    if abs(making + riding - day.paid_cents) > 1:
        raise AssertionError(f"{day.paid_cents} was paid, it is {making + riding}")
    begun_s = _handed_over(day.legs)
    late_s = {id_: max(0, at - day.orders[id_].due_s) for id_, at in begun_s.items()}
    very_late_s = sum(
        max(0, at - day.orders[id_].deadline_s) for id_, at in begun_s.items()
    )
    very_late_s += sum(
        max(0, leg.depart_s - couriers[leg.courier].shift[1]) for leg in day.legs
    )
    weights = base.weights
    late_cents = sum(late_s.values()) * weights.late_cents_per_minute / 60
    late_cents += very_late_s * weights.very_late_cents_per_minute / 60
    never = [order for id_, order in day.orders.items() if id_ not in begun_s]
    return Account(
        making_cents=making,
        riding_cents=riding,
        late_cents=late_cents,
        never_brought_cents=sum(order.left_out_cents for order in never),
        asked=len(day.orders),
        brought=len(begun_s),
        late=sum(seconds >= 60 for seconds in late_s.values()),
        late_minutes=sum(late_s.values()) / 60,
    )


def _price(task: Task, slot: TaskSlot) -> int:
    """The cheapest way of doing it on that machine in that time."""
    return min(
        mode.cost_cents
        for mode in task.modes
        if (mode.machine, mode.duration_s) == (slot.machine, slot.end_s - slot.start_s)
    )


def _ride_cents(base: JointProblem, courier: Courier, leg: Leg) -> float:
    metres = int(base.matrices[courier.profile].metres[leg.start, leg.place])
    hours = (leg.depart_s - leg.leave_s) / 3_600
    return metres / 1_000 * courier.cost_per_km_cents + (
        hours * courier.cost_per_hour_cents
    )


def _handed_over(legs: Iterable[Leg]) -> Mapping[str, int]:
    return {leg.order: leg.begin_s for leg in legs if leg.kind is StopKind.DROPOFF}


def _foul_making(
    base: JointProblem, started: Mapping[str, TaskSlot], tasks: Mapping[str, Task]
) -> Iterator[str]:
    machines = {machine.id: machine for machine in base.machines}
    by_machine: dict[str, list[TaskSlot]] = {}
    for id_, slot in started.items():
        by_machine.setdefault(slot.machine, []).append(slot)
        if not any(
            opens_s <= slot.start_s and slot.end_s <= closes_s
            for opens_s, closes_s in machines[slot.machine].open_windows
        ):
            yield f"{id_} is done while {slot.machine} is closed"
        for earlier in tasks[id_].after:
            if earlier not in started or started[earlier].end_s > slot.start_s:
                yield f"{id_} is done before {earlier}"
    for machine, slots in by_machine.items():
        own = sorted(slots, key=lambda slot: slot.start_s)
        for first, second in pairwise(own):
            if second.start_s < first.end_s:
                yield f"{machine} does {first.task} and {second.task} at once"


def _foul_orders(base: JointProblem, day: Day) -> Iterator[str]:
    fab_of = {machine.id: machine.fab for machine in base.machines}
    place_of = {fab.id: fab.place for fab in base.fabs}
    visits: dict[str, list[Leg]] = {}
    for leg in sorted(day.legs, key=lambda leg: leg.begin_s):
        visits.setdefault(leg.order, []).append(leg)
    for id_, legs in visits.items():
        order, (fetched, *brought) = day.orders[id_], legs
        slots = [day.started.get(t.id) for t in day.tasks.values() if t.order == id_]
        made = [slot for slot in slots if slot is not None]
        if [leg.kind for leg in legs] not in _AS_IT_SHOULD:
            yield f"{id_} has the stops {legs}"
        if len({leg.courier for leg in legs}) != 1:
            yield f"{id_} is carried by two couriers"
        if len(made) < len(slots) or any(s.end_s > fetched.begin_s for s in made):
            yield f"{id_} is fetched before it is made"
        if {place_of[fab_of[slot.machine]] for slot in made} != {fetched.place}:
            yield f"{id_} is fetched where it is not made"
        if any(slot.start_s < order.release_s for slot in made):
            yield f"{id_} is made before it was ordered"
        for leg in brought:
            if leg.place != order.place or leg.begin_s < order.earliest_s:
                yield f"{id_} is brought to another place or too early: {leg}"


_AS_IT_SHOULD = ([StopKind.PICKUP], [StopKind.PICKUP, StopKind.DROPOFF])


def _foul_rides(base: JointProblem, day: Day) -> Iterator[str]:
    service_of = {fab.place: fab.pickup_service_s for fab in base.fabs}
    for courier in base.couriers:
        seconds = base.matrices[courier.profile].seconds
        place, time_s = courier.place, courier.shift[0]
        pieces = grams = 0
        own = [leg for leg in day.legs if leg.courier == courier.id]
        for leg in sorted(own, key=lambda leg: leg.leave_s):
            order = day.orders[leg.order]
            service_s, sign = order.service_s, -1
            if leg.kind is StopKind.PICKUP:
                service_s, sign = service_of[leg.place], 1
            ride_s = int(seconds[leg.start, leg.place])
            if leg.start != place or leg.leave_s < time_s:
                yield f"{courier.id} is not there to leave: {leg}"
            if leg.begin_s < leg.leave_s + ride_s:
                yield f"{courier.id} is there too soon: {leg}"
            if leg.depart_s != leg.begin_s + service_s:
                yield f"{courier.id} stays otherwise than asked: {leg}"
            pieces, grams = pieces + sign * order.pieces, grams + sign * order.grams
            if pieces > courier.capacity_pieces or grams > courier.capacity_grams:
                yield f"{courier.id} carries too much: {_load(order)} too"
            place, time_s = leg.place, leg.depart_s


def _load(order: Order) -> str:
    return f"{order.pieces} pieces of {order.id}"
