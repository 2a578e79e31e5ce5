"""What the search has decided, read back into slots and stops with ids."""

from collections.abc import Mapping
from dataclasses import dataclass

from routing.couriers.problem import Route, Stop, StopKind
from routing.joint import columns as c
from routing.joint.arrays import Names
from routing.joint.groups import Ground, State
from routing.joint.kernels import await_parts, hold_parts, make
from routing.joint.problem import JointProblem, Ready, TaskSlot


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A whole plan before it is priced and explained.

    `slots`: what will be made. `ready`: where and when each order can be fetched.
    `unmade` and `unbrought`: the orders left out; an unbrought one is made.
    """

    slots: tuple[TaskSlot, ...]
    ready: Mapping[str, Ready]
    routes: tuple[Route, ...]
    unmade: frozenset[str]
    unbrought: frozenset[str]

    def handed_over(self) -> dict[str, int]:
        """Return when each order that is brought has been handed over."""
        return {
            stop.order: stop.depart_s
            for route in self.routes
            for stop in route.stops
            if stop.kind is StopKind.DROPOFF
        }


def make_promised(ground: Ground, state: State) -> None:
    """Put what is promised but not carried on machines all the same, if there is room."""
    for i in range(len(ground.orders)):
        row = ground.orders[i]
        if state.decided[i, c.ROUTE] >= 0 or not row[c.IS_COMMITTED]:
            continue
        if row[c.STATE] != c.TO_MAKE:
            continue
        if row[c.PARTS] > 0 and not await_parts(ground, state, i):
            continue
        for f in range(row[c.FIRST_FAB], row[c.FIRST_FAB] + row[c.FABS]):
            if make(ground, state, i, int(ground.order_fabs[f]), True):
                if row[c.PARTS] > 0:
                    hold_parts(ground, state, i)
                break


def draft_of(
    problem: JointProblem, ground: Ground, names: Names, state: State
) -> Draft:
    """Return what a state whose routes are all legal means."""
    order_of = {i: id_ for id_, i in names.orders.items()}
    ready: dict[str, Ready] = {}
    unmade: set[str] = set()
    unbrought: set[str] = set()
    for i, id_ in order_of.items():
        fab = int(state.decided[i, c.FAB])
        if fab >= 0:
            ready[id_] = Ready(
                fab=problem.fabs[fab].id, ready_s=int(state.decided[i, c.READY_S])
            )
        elif ground.orders[i, c.STATE] == c.MADE:
            ready[id_] = Ready(
                fab=problem.fabs[
                    int(ground.order_fabs[ground.orders[i, c.FIRST_FAB]])
                ].id,
                ready_s=int(ground.orders[i, c.MADE_S]),
            )
        if state.decided[i, c.ROUTE] < 0:
            is_there = fab >= 0 or ground.orders[i, c.STATE] != c.TO_MAKE
            (unbrought if is_there else unmade).add(id_)
    return Draft(
        slots=_slots(problem, names, state),
        ready=ready,
        routes=tuple(
            _route(problem, ground, state, v, order_of)
            for v in range(len(problem.couriers))
            if state.counts[v]
        ),
        unmade=frozenset(unmade),
        unbrought=frozenset(unbrought),
    )


def _slots(problem: JointProblem, names: Names, state: State) -> tuple[TaskSlot, ...]:
    slots = []
    for task in problem.tasks:
        if task.frozen is not None:
            slots.append(
                TaskSlot(
                    task=task.id,
                    order=task.order,
                    machine=task.frozen.machine,
                    start_s=task.frozen.start_s,
                    end_s=task.frozen.end_s,
                    frozen=True,
                )
            )
            continue
        t = names.tasks.get(task.id)
        if t is not None and state.slots[t, c.AT_MACHINE] >= 0:
            slot = [int(value) for value in state.slots[t]]
            slots.append(
                TaskSlot(
                    task=task.id,
                    order=task.order,
                    machine=problem.machines[slot[c.AT_MACHINE]].id,
                    start_s=slot[c.FROM_S],
                    end_s=slot[c.TO_S],
                )
            )
    return tuple(sorted(slots, key=lambda s: (s.start_s, s.machine, s.task)))


def _route(
    problem: JointProblem,
    ground: Ground,
    state: State,
    v: int,
    order_of: Mapping[int, str],
) -> Route:
    count = int(state.counts[v])
    steps = state.steps[v, : count + 1].tolist()
    seconds = ground.seconds[ground.couriers[v, c.MATRIX]]
    later_s = min(steps[count][c.ROOM_S], steps[count][c.WAITED_S])
    place, free_s = steps[0][c.AT_PLACE], steps[count][c.LEFT_S] + later_s
    leave_s, stops = free_s, []
    for k, step in enumerate(steps[1:]):
        i, is_drop = int(state.stops[v, k]) >> 1, int(state.stops[v, k]) & 1
        shift_s = max(0, later_s - step[c.WAITED_S])
        begin_s, depart_s = step[c.BEGAN_S] + shift_s, step[c.AT_S] + shift_s
        stops.append(
            Stop(
                order=order_of[i],
                kind=StopKind.DROPOFF if is_drop else StopKind.PICKUP,
                place=step[c.AT_PLACE],
                arrive_s=free_s + int(seconds[place, step[c.AT_PLACE]]),
                begin_s=begin_s,
                depart_s=depart_s,
            )
        )
        place, free_s = step[c.AT_PLACE], depart_s
    return Route(
        courier=problem.couriers[v].id,
        leave_s=leave_s,
        stops=tuple(stops),
        metres=steps[count][c.METRES],
    )
