"""A day as it goes: what was begun by when, and the problem that is left then.

Orders become known one after the other. Between two looks at the clock the plan in
force is carried out: a task starts no earlier than planned, a courier leaves for the
next stop when the last one is done. Whatever is begun goes on. Machines and rides may
take longer or shorter than planned; nobody knows before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from routing.joint.problem import (
    CostParts,
    Courier,
    FrozenSlot,
    JointPlan,
    JointProblem,
    Machine,
    NextStop,
    Order,
    Promise,
    Ready,
    Route,
    Stop,
    StopKind,
    Task,
    TaskSlot,
)
from routing.scheduling.calendars import without

type Factor = Callable[[str], float]  # how many times as long as planned it takes

LEAST_LEFT_S = 60  # of a task that should have ended by now
EMPTY = JointPlan(
    slots=(),
    routes=(),
    promises={},
    left_out={},
    cost=CostParts(),
    bound_cents=0,
    why={},
)


def as_planned(_: str) -> float:
    """Return 1: nothing takes longer than planned."""
    return 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A ride that was made, and the stop at its end."""

    courier: str
    order: str
    kind: StopKind
    start: int
    place: int
    leave_s: int
    begin_s: int
    depart_s: int


@dataclass(slots=True, kw_only=True)
class Day:
    """What has happened until `now_s` and what is known; `plan` is in force.

    `base` holds labs, machines, couriers and weights. `started`: real slots of tasks.
    `free`: by courier, place and time of the last stop begun. `brought`: when each
    hand-over began. `legs`: all rides, in the order in which they were noted.
    `paid_cents`: of making, ways and paid time so far.
    """

    base: JointProblem
    factor: Factor = as_planned
    now_s: int = 0
    plan: JointPlan = EMPTY
    orders: dict[str, Order] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    started: dict[str, TaskSlot] = field(default_factory=dict)
    free: dict[str, tuple[int, int]] = field(default_factory=dict)
    aboard: dict[str, str] = field(default_factory=dict)
    brought: dict[str, int] = field(default_factory=dict)
    legs: list[Leg] = field(default_factory=list)
    paid_cents: float = 0.0

    def learn(self, order: Order, tasks: Sequence[Task]) -> None:
        """Somebody ordered this."""
        self.orders[order.id] = order
        self.tasks |= {task.id: task for task in tasks}

    def adopt(self, plan: JointPlan) -> None:
        """From now on this plan is in force; whoever is in it is promised a time."""
        self.plan = plan
        for id_, promise in plan.promises.items():
            order = self.orders[id_]
            self.orders[id_] = replace(
                order, committed=True, promised=order.promised or promise
            )

    def advance(self, until_s: int) -> None:
        """Carry out the plan in force up to that moment."""
        self._make(until_s)
        for route in self.plan.routes:
            self._drive(route, until_s)
        self.now_s = until_s

    def problem(self) -> JointProblem:
        """Return what is left to plan, as it looks now."""
        carrier = {stop.order: r.courier for r in self.plan.routes for stop in r.stops}
        begins_s: dict[str, int] = {}
        for slot in self.plan.slots:
            if slot.task not in self.started:
                begins_s.setdefault(slot.order, slot.start_s)
        tasks: list[Task] = []
        orders = []
        for id_, known in self.orders.items():
            if id_ in self.brought:
                continue
            order = replace(
                known,
                previous_courier=carrier.get(id_),
                previous_start_s=begins_s.get(id_),
                aboard=self.aboard.get(id_),
            )
            if order.aboard is None:
                own = [task for task in self.tasks.values() if task.order == id_]
                order = replace(order, ready=self._ready(own))
                tasks += self._left(own)
            orders.append(order)
        return replace(
            self.base,
            orders=tuple(orders),
            tasks=tuple(tasks),
            couriers=tuple(self._courier(one) for one in self.base.couriers),
            machines=tuple(self._machine(one) for one in self.base.machines),
            now_s=self.now_s,
        )

    def standing_plan(self) -> JointPlan:
        """Return what is not begun yet of the plan in force, for that problem."""
        known = {task.id for task in self.problem().tasks}
        slots = [
            replace(slot, frozen=True) if slot.task in self.started else slot
            for slot in self.plan.slots
            if slot.task in known
        ]
        routes = [
            replace(route, stops=stops)
            for route in self.plan.routes
            if (stops := self._to_do(route))
        ]
        return replace(self.plan, slots=tuple(slots), routes=tuple(routes))

    def _make(self, until_s: int) -> None:
        machine_free: dict[str, int] = {}
        for slot in self.started.values():
            free_s = machine_free.get(slot.machine, slot.end_s)
            machine_free[slot.machine] = max(free_s, slot.end_s)
        for slot in sorted(self.plan.slots, key=lambda slot: slot.start_s):
            task = self.tasks[slot.task]
            before = [self.started.get(earlier) for earlier in task.after]
            if slot.task in self.started or any(each is None for each in before):
                continue
            ends = [each.end_s for each in before if each is not None]
            start_s = max([slot.start_s, machine_free.get(slot.machine, 0), *ends])
            if start_s >= until_s:
                continue
            length_s = slot.end_s - slot.start_s
            end_s = start_s + round(length_s * self.factor(slot.task))
            self.started[slot.task] = replace(slot, start_s=start_s, end_s=end_s)
            machine_free[slot.machine] = end_s
            self.paid_cents += min(
                mode.cost_cents
                for mode in task.modes
                if (mode.machine, mode.duration_s) == (slot.machine, length_s)
            )

    def _drive(self, route: Route, until_s: int) -> None:
        courier = next(c for c in self.base.couriers if c.id == route.courier)
        place, time_s = self.free.get(courier.id, (courier.place, courier.shift[0]))
        matrix = self.base.matrices[courier.profile]
        for number, stop in enumerate(self._to_do(route)):
            leave_s = max(time_s, route.leave_s) if number == 0 else time_s
            from_s = self._from_s(stop)
            if leave_s >= until_s or from_s is None:
                break
            drive_s = round(
                int(matrix.seconds[place, stop.place])
                * self.factor(f"{courier.id} {stop.order} {stop.kind}")
            )
            begin_s = max(leave_s + drive_s, from_s)
            metres, start = int(matrix.metres[place, stop.place]), place
            place, time_s = stop.place, begin_s + stop.depart_s - stop.begin_s
            self.legs.append(
                Leg(
                    courier=courier.id,
                    order=stop.order,
                    kind=stop.kind,
                    start=start,
                    place=place,
                    leave_s=leave_s,
                    begin_s=begin_s,
                    depart_s=time_s,
                )
            )
            self.paid_cents += metres * courier.cost_per_km_cents / 1_000
            self.paid_cents += (time_s - leave_s) * courier.cost_per_hour_cents / 3_600
            if stop.kind is StopKind.PICKUP:
                self.aboard[stop.order] = courier.id
            else:
                self.brought[stop.order] = begin_s
            self.free[courier.id] = (place, time_s)

    def _to_do(self, route: Route) -> tuple[Stop, ...]:
        return tuple(
            stop
            for stop in route.stops
            if stop.order not in self.brought
            and (stop.kind is StopKind.DROPOFF or stop.order not in self.aboard)
        )

    def _from_s(self, stop: Stop) -> int | None:
        """Return from when on the stop can be served; None: it is not made yet."""
        order = self.orders[stop.order]
        if stop.kind is StopKind.DROPOFF:
            return order.earliest_s
        own = [task.id for task in self.tasks.values() if task.order == stop.order]
        if any(id_ not in self.started for id_ in own):
            return None
        return max([order.fetch_from_s, *(self.started[id_].end_s for id_ in own)])

    def _ready(self, own: Sequence[Task]) -> Ready | None:
        done = [
            self.started[task.id]
            for task in own
            if task.id in self.started and self.started[task.id].end_s <= self.now_s
        ]
        if not done:
            return None
        fab_of = {machine.id: machine.fab for machine in self.base.machines}
        last = max(done, key=lambda slot: slot.end_s)
        return Ready(fab=fab_of[last.machine], ready_s=last.end_s)

    def _left(self, own: Sequence[Task]) -> list[Task]:
        over = {
            task.id
            for task in own
            if task.id in self.started and self.started[task.id].end_s <= self.now_s
        }
        in_force = {slot.task: slot.machine for slot in self.plan.slots}
        return [
            replace(
                task,
                after=tuple(id_ for id_ in task.after if id_ not in over),
                frozen=self._frozen(task),
                previous_machine=in_force.get(task.id),
            )
            for task in own
            if task.id not in over
        ]

    def _frozen(self, task: Task) -> FrozenSlot | None:
        slot = self.started.get(task.id)
        if slot is None:
            return None
        planned_s = next(
            s.end_s - s.start_s for s in self.plan.slots if s.task == task.id
        )
        end_s = max(slot.start_s + planned_s, self.now_s + LEAST_LEFT_S)
        if self.factor is as_planned:
            end_s = slot.end_s
        return FrozenSlot(machine=slot.machine, start_s=slot.start_s, end_s=end_s)

    def _courier(self, courier: Courier) -> Courier:
        place, free_s = self.free.get(courier.id, (courier.place, courier.shift[0]))
        routes = [r for r in self.plan.routes if r.courier == courier.id]
        previous = [
            NextStop(order=stop.order, kind=stop.kind)
            for route in routes
            for stop in self._to_do(route)
        ]
        return replace(
            courier,
            place=place,
            shift=(max(courier.shift[0], free_s), courier.shift[1]),
            previous=tuple(previous),
        )

    def _machine(self, machine: Machine) -> Machine:
        """Busy as well with what a courier is sure to fetch as soon as it is done."""
        taken = [
            (slot.start_s, slot.end_s)
            for task_id, slot in self.started.items()
            if slot.machine == machine.id
            and (slot.order in self.aboard or slot.order in self.brought)
            and slot.end_s > self.now_s
        ]
        windows = without(list(machine.open_windows), taken)
        return replace(machine, open_windows=tuple(windows))


def late_s(order: Order, begin_s: int) -> int:
    """Return how late a hand-over is against what was wished."""
    return max(0, begin_s - order.due_s)


def outside_s(promise: Promise, begin_s: int) -> int:
    """Return how far outside of what was promised first a hand-over began."""
    return max(0, promise.earliest_s - begin_s, begin_s - promise.latest_s)


def tasks_by_order(problem: JointProblem) -> Mapping[str, tuple[Task, ...]]:
    """Return the tasks of each order."""
    found: dict[str, list[Task]] = {order.id: [] for order in problem.orders}
    for task in problem.tasks:
        found[task.order].append(task)
    return {id_: tuple(own) for id_, own in found.items()}
