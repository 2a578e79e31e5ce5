"""A plan that stands, as arrays: what is decided, and room for one order more."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from routing.errors import InvalidProblemError
from routing.joint import columns as c
from routing.joint.arrays import Names, ground_of
from routing.joint.draft import Draft, make_promised
from routing.joint.groups import Ground, State
from routing.joint.kernels import drive_route, fill, hold_parts
from routing.joint.machine_arrays import changes_of
from routing.joint.problem import JointPlan, JointProblem, Reason, StopKind, TaskSlot
from routing.joint.search import first_sequence, resume
from routing.joint.solve import screened
from routing.joint.state import empty_state
from routing.joint.validate import validate
from routing.scheduling.options import Calendars

# For an order that comes; one with more needs a copy of the arrays.
ROOM_TASKS = 64
ROOM_MODES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """What stands. `spare`: the row of `ground.orders` for an order that comes.

    `refused`: the orders that no plan can hold, with why. `words`: the numbers of what
    machines are set up for; `counts`: how many tasks, modes and starts the arrays hold
    without those of an order that comes. One thread at a time: who
    asks for a place writes into the arrays, and leaves them as they were.
    """

    problem: JointProblem
    refused: Mapping[str, Reason]
    ground: Ground
    names: Names
    state: State
    spare: int
    calendars: Calendars
    words: Mapping[str, int]
    counts: tuple[int, int, int]
    order_ids: frozenset[str]
    task_ids: frozenset[str]


def standing(problem: JointProblem, plan: JointPlan | Draft | None = None) -> Standing:
    """Return `plan` of this problem as it stands; without one, the plan in force.

    In force is what is still possible of the couriers' previous stops and of frozen
    slots; what it lacks is put where it costs least, one after the other. Errors:
    InvalidProblemError if the problem contradicts itself, or the plan the problem.
    """
    validate(problem)
    refused, options = screened(problem)
    orders = tuple(order for order in problem.orders if order.id not in refused)
    bare, names = ground_of(problem, orders, options)
    ground = bare._replace(
        orders=np.pad(bare.orders, ((0, 1), (0, 0))),
        may_carry=np.pad(bare.may_carry, ((0, 1), (0, 0))),
        needs=np.pad(bare.needs, ((0, 1), (0, 0))),
        tasks=np.pad(bare.tasks, ((0, ROOM_TASKS), (0, 0))),
        modes=np.pad(bare.modes, ((0, ROOM_MODES), (0, 0))),
        starts=np.pad(bare.starts, ((0, ROOM_MODES), (0, 0))),
    )
    ground.orders[-1, c.WINDOW_FROM_S] = -c.NEVER
    ground.orders[-1, c.BOUND] = -1
    state = empty_state(ground, 0)
    if plan is None:
        resume(problem, ground, names, state)
        fill(ground, state, first_sequence(bare))
        make_promised(ground, state)
    else:
        _restore_making(plan, ground, names, state, options.calendars)
        for i in np.flatnonzero(ground.orders[:, c.PARTS]).tolist():
            hold_parts(ground, state, i)
        _restore_routes(plan, ground, names, state)
    tasks = [task for order in orders for task in options.tasks.get(order.id, ())]
    return Standing(
        problem=problem,
        refused=refused,
        ground=ground,
        names=names,
        state=state,
        spare=len(orders),
        calendars=options.calendars,
        words=changes_of(problem, tasks).words,
        counts=(len(bare.tasks), len(bare.modes), len(bare.starts)),
        order_ids=frozenset(order.id for order in problem.orders),
        task_ids=frozenset(task.id for task in problem.tasks),
    )


def _restore_making(
    plan: JointPlan | Draft,
    ground: Ground,
    names: Names,
    state: State,
    calendars: Calendars,
) -> None:
    id_of = {fab: id_ for id_, fab in names.fabs.items()}
    presence = calendars.presence
    for i in names.orders.values():
        if ground.orders[i, c.STATE] == c.MADE:
            fab = int(ground.order_fabs[ground.orders[i, c.FIRST_FAB]])
            _note_made(ground, state, i, (fab, 0, int(ground.orders[i, c.MADE_S])))
    taken: dict[int, list[tuple[int, ...]]] = {}
    for slot in plan.slots:
        if slot.order not in names.orders or slot.task not in names.tasks:
            continue
        i, t = names.orders[slot.order], names.tasks[slot.task]
        machine, fine = names.machines[slot.machine], 0
        if not slot.frozen:
            taken.setdefault(machine, []).append((slot.start_s, slot.end_s, t))
            mode = _mode_of(ground, t, machine, slot)
            state.slots[t] = (machine, slot.start_s, slot.end_s, mode)
            fine = int(ground.modes[mode, c.MODE_FINE])
            if ground.tasks[t, c.PREVIOUS] not in {c.NONE, machine}:
                fine += int(ground.tasks[t, c.PREVIOUS_FINE])
        fab = int(ground.machine_fab[machine])
        lag_s = int(ground.tasks[t, c.LAG_S])
        done_s = presence.finished_s(id_of[fab], slot.end_s, lag_s)
        ready_s = max(_known(done_s), int(ground.orders[i, c.MADE_S]))
        _note_made(ground, state, i, (fab, fine, ready_s))
    lay_all(ground, state, taken)
    for id_ in {slot.order for slot in plan.slots if not slot.frozen}:
        i = names.orders[id_]
        fab = state.decided[i, c.TAKES_IN] = state.decided[i, c.FAB]
        state.shelf[fab] -= ground.needs[i]
    for i in names.orders.values():
        fab, ready_s = state.decided[i, [c.FAB, c.READY_S]].tolist()
        if fab >= 0 and ground.orders[i, c.TASKS] > 0:
            state.decided[i, c.READY_S] = _known(
                presence.given_out_s(id_of[fab], ready_s)
            )


def lay_all(
    ground: Ground, state: State, taken: Mapping[int, list[tuple[int, ...]]]
) -> None:
    """Add (start, end, task) to the busy times of machines.

    An instant has no part in set-ups.
    """
    for machine, added in taken.items():
        is_set_up = ground.set_up[machine, c.TABLE] >= 0
        count = int(state.taken[machine])
        busy = [tuple(row) for row in state.busy[machine, :count].tolist()]
        busy += [row for row in added if row[1] > row[0] or not is_set_up]
        state.taken[machine] = len(busy)
        state.busy[machine, : len(busy)] = np.reshape(sorted(busy), (-1, 3))


def _known(at_s: int | None) -> int:
    return c.NEVER if at_s is None else at_s


def _note_made(
    ground: Ground, state: State, i: int, made: tuple[int, int, int]
) -> None:
    fab, fine, ready_s = made
    state.decided[i, c.FAB] = fab
    state.decided[i, c.PICKUP_PLACE] = ground.fab_place[fab]
    state.decided[i, c.PICKUP_SERVICE_S] = ground.fab_service_s[fab]
    state.decided[i, c.READY_S] = max(state.decided[i, c.READY_S], ready_s)
    state.made[i] += fine
    state.lab_fine[fab] += fine


def _mode_of(ground: Ground, t: int, machine: int, slot: TaskSlot) -> int:
    first, count = ground.mode_range[t, ground.machine_fab[machine]]
    same = [
        (int(ground.modes[m, c.MODE_FINE]), m)
        for m in range(first, first + count)
        if ground.modes[m, c.MACHINE] == machine
        and ground.modes[m, c.DURATION_S] == slot.end_s - slot.start_s
    ]
    if not same:
        raise InvalidProblemError(f"{slot} is no way of doing {slot.task!r}")
    return min(same)[1]


def _restore_routes(
    plan: JointPlan | Draft, ground: Ground, names: Names, state: State
) -> None:
    for route in plan.routes:
        v = names.couriers[route.courier]
        stops = [
            2 * names.orders[stop.order] + (stop.kind is StopKind.DROPOFF)
            for stop in route.stops
        ]
        state.counts[v] = len(stops)
        state.stops[v, : len(stops)] = stops
        state.decided[[stop >> 1 for stop in stops], c.ROUTE] = v
        if not drive_route(ground, state, v):
            raise InvalidProblemError(f"courier {route.courier!r} can't drive so")
