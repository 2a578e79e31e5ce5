"""One order more into a plan that stands: its cheapest place, and nothing else moved."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from routing.errors import InvalidProblemError
from routing.joint import columns as c
from routing.joint.arrays import Names, may_carry_of, order_row, tails_of
from routing.joint.assemble import assemble, promise_of
from routing.joint.groups import Ground, Ints, State
from routing.joint.insert_kernels import (
    BEGIN_S,
    COURIER,
    FAB,
    MADE_FINE,
    PRICE,
    WIDTH,
    Work,
)
from routing.joint.kernels import add_stops, hold_parts
from routing.joint.kernels import insert as search_place
from routing.joint.machine_arrays import modes_of, tables_of
from routing.joint.materials import kept, needs_arrays
from routing.joint.problem import (
    JointPlan,
    JointProblem,
    Order,
    Promise,
    Task,
    TaskSlot,
)
from routing.joint.screen import refusal
from routing.joint.standing import ROOM_TASKS, Standing, lay_all
from routing.joint.state import copied
from routing.joint.translate import scheduling_problem
from routing.joint.validate import validate_order, validate_parts
from routing.measures import cents_of
from routing.scheduling.options import options_of
from routing.scheduling.precedence import in_order
from routing.scheduling.validate import validate_tasks


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Insertion:
    """Where an order goes: lab, slots, courier, promise, and what it costs more.

    `found` and `own`: the same as the kernels know it.
    """

    fab: str
    courier: str
    slots: tuple[TaskSlot, ...]
    promise: Promise
    extra_cents: int
    found: Ints
    own: Ints


def insert(standing: Standing, order: Order, tasks: Sequence[Task]) -> Insertion | None:
    """Return the cheapest place of a new order beside all that stands; None: left out.

    The cheapest of all labs, all choices of machines there (each task as early as its
    machine has room) and all positions in all routes, where a detour takes no less
    time and way than the direct road (else a chance may be missed, as where somebody
    is served before it was promised and a detour would mend it); of an order with
    more choices in one lab than insert_kernels.CHOICES_MAX, the quickest and the
    cheapest ones. An uneven share of work is priced by its slope, as in the search.
    Its parts must stand already; insert_all() brings them along. Errors:
    InvalidProblemError if the order contradicts itself or the standing plan, or if any
    of it was begun.
    """
    _validate(standing, order, tasks)
    sequence = in_order(tasks)
    if sequence is None or (not sequence and order.ready is None):
        return None
    if not set(order.parts) <= set(standing.names.orders):
        return None
    _write_row(standing, order, sequence)
    ground, work = _with_tasks(standing, order, sequence)
    state = standing.state
    if len(sequence) > ROOM_TASKS:
        more = (0, len(sequence))
        state = state._replace(
            busy=np.pad(state.busy, ((0, 0), more, (0, 0))),
            slots=np.pad(state.slots, (more, (0, 0)), constant_values=-1),
        )
    found = np.zeros(WIDTH, np.int64)
    own = np.zeros((len(sequence), 3), np.int64)
    search_place(ground, state, standing.spare, work, found, own)
    if found[COURIER] < 0:
        return None
    return _told(standing, order, sequence, (ground, found, own))


def plan_with(
    standing: Standing,
    order: Order,
    tasks: Sequence[Task],
    insertion: Insertion | None,
) -> JointPlan:
    """Return the whole plan with the order in it (of insert()), or left out with why."""
    refused = dict(standing.refused)
    problem = problem_with(standing.problem, order, tasks)
    if insertion is None:
        alone = scheduling_problem(problem, (order,), {})
        options = options_of(alone, standing.calendars)
        reason = refusal(problem, order, tuple(tasks), options)
        if reason is not None:
            refused[order.id] = reason
            return assemble(
                problem,
                standing.ground,
                standing.names,
                copied(standing.state),
                refused,
            )
    return assemble(*placed(standing, order, tasks, insertion), refused)


def placed(
    standing: Standing,
    order: Order,
    tasks: Sequence[Task],
    insertion: Insertion | None,
) -> tuple[JointProblem, Ground, Names, State]:
    """Return the problem with the order, and its arrays with the order put in."""
    problem = problem_with(standing.problem, order, tasks)
    sequence = in_order(tasks) or ()
    _write_row(standing, order, sequence)
    ground, state = _whole(standing, order, sequence)
    first_task, i = standing.counts[0], standing.spare
    names = replace(
        standing.names,
        orders={**standing.names.orders, order.id: i},
        tasks={
            **standing.names.tasks,
            **{task.id: first_task + k for k, task in enumerate(sequence)},
        },
    )
    if insertion is not None:
        fine = int(insertion.found[MADE_FINE])
        state.made[i] = fine
        fab = int(insertion.found[FAB])
        state.lab_fine[fab] += fine
        state.decided[i, c.TAKES_IN] = fab
        state.shelf[fab] -= ground.needs[i]
        taken: dict[int, list[tuple[int, ...]]] = {}
        for t, (mode, start_s, end_s) in enumerate(insertion.own.tolist(), first_task):
            machine = int(ground.modes[mode, c.MACHINE])
            state.slots[t] = (machine, start_s, end_s, mode)
            taken.setdefault(machine, []).append((start_s, end_s, t))
        lay_all(ground, state, taken)
        hold_parts(ground, state, i)
        add_stops(ground, state, i, insertion.found)
    return problem, ground, names, state


def _whole(
    standing: Standing, order: Order, tasks: Sequence[Task]
) -> tuple[Ground, State]:
    """Return arrays of which the order is a part like any other."""
    ground, work = _with_tasks(standing, order, tasks)
    state, first_task = copied(standing.state), standing.counts[0]
    lacking = max(0, len(tasks) - ROOM_TASKS)
    state = state._replace(
        busy=np.pad(state.busy, ((0, 0), (0, lacking), (0, 0))),
        slots=np.pad(state.slots, ((0, lacking), (0, 0)), constant_values=-1),
    )
    orders, rows = ground.orders.copy(), ground.tasks.copy()
    row = orders[standing.spare]
    row[c.FIRST_TASK], row[c.TASKS] = first_task, len(tasks)
    row[c.FIRST_FAB], row[c.FABS] = len(ground.order_fabs), len(work.fabs)
    parts = ground.parts[row[c.FIRST_PART] :][: row[c.PARTS]]
    orders[parts, c.MADE_FOR] = standing.spare
    befores = [(first_task + np.flatnonzero(waits)).tolist() for waits in work.befores]
    at = len(ground.befores)
    for t, own in enumerate(befores, first_task):
        rows[t, c.PREVIOUS] = c.NONE
        rows[t, c.FIRST_BEFORE], rows[t, c.BEFORES] = at, len(own)
        at += len(own)
    riding = (ground.couriers, ground.seconds, ground.may_carry[-1:])
    tail_s = tails_of(standing.problem, (order,), riding)
    more = np.array([t for own in befores for t in own], np.int64)
    return ground._replace(
        orders=orders,
        tasks=rows,
        order_fabs=np.concatenate([ground.order_fabs, work.fabs]),
        befores=np.concatenate([ground.befores, more]),
        mode_range=np.concatenate([ground.mode_range, work.ranges]),
        tail_s=np.concatenate([ground.tail_s, tail_s]),
    ), state


def problem_with(
    problem: JointProblem, order: Order, tasks: Sequence[Task]
) -> JointProblem:
    """Return the problem with one order more."""
    return replace(
        problem, orders=(*problem.orders, order), tasks=(*problem.tasks, *tasks)
    )


def _validate(standing: Standing, order: Order, tasks: Sequence[Task]) -> None:
    problem = standing.problem
    if order.id in standing.order_ids:
        raise InvalidProblemError(f"two orders have the id {order.id!r}")
    if order.aboard is not None or any(task.frozen is not None for task in tasks):
        raise InvalidProblemError(f"order {order.id!r} was begun: it is not new")
    names = standing.names
    if order.parts:
        validate_parts((*problem.orders, order))
    place_count = next((len(m.seconds) for m in problem.matrices.values()), 0)
    validate_order(order, place_count, set(names.fabs), set(names.couriers))
    validate_tasks(tasks, machines=set(names.machines), orders={order.id})
    for task in tasks:
        if task.id in standing.task_ids:
            raise InvalidProblemError(f"two tasks have the id {task.id!r}")


def _write_row(standing: Standing, order: Order, tasks: Sequence[Task]) -> None:
    ground, i = standing.ground, standing.spare
    ground.orders[i] = order_row(standing.problem, order, standing.names.couriers)
    ground.orders[i, c.STATE] = c.TO_MAKE if tasks else c.MADE
    ground.orders[i, c.FIRST_PART] = len(ground.parts)
    ground.orders[i, c.PARTS] = len(order.parts) if tasks else 0
    materials = kept(standing.problem)
    ground.needs[i] = needs_arrays(tasks, {order.id: 0}, materials)[0]
    ground.may_carry[i] = may_carry_of(standing.problem, (order,))[0]
    standing.state.decided[i, c.TASKS_FROM_S] = ground.orders[i, c.RELEASE_S]
    standing.state.decided[i, c.BRING_BY_S] = ground.orders[i, c.HARD_S]


def _with_tasks(
    standing: Standing, order: Order, tasks: Sequence[Task]
) -> tuple[Ground, Work]:
    """Return the arrays with the order's tasks and modes in the room left for them."""
    problem, names, ground = standing.problem, standing.names, standing.ground
    alone = replace(problem, orders=(order,), tasks=tuple(tasks))
    options = options_of(scheduling_problem(alone, (order,), {}), standing.calendars)
    modes, ranges, starts = modes_of(tasks, options, names.machines, names.fabs)
    first_task, first_mode, first_start = standing.counts
    modes[:, c.FIRST_START] += first_start
    fabs = [names.fabs[id_] for id_ in options.fabs.get(order.id, ())]
    if not tasks and order.ready is not None:
        fabs = [names.fabs[order.ready.fab]]
    rest = np.zeros((len(names.fabs), len(tasks) + 1), np.int64)
    for k in range(len(tasks)):
        for fab in fabs:
            first, count = ranges[k, fab]
            rest[fab, k] = modes[first : first + count, c.MODE_FINE].min()
    ranges[:, :, 0] += first_mode
    index = {task.id: k for k, task in enumerate(tasks)}
    befores = np.zeros((len(tasks), len(tasks)), np.bool_)
    for task in tasks:
        befores[index[task.id], [index[earlier] for earlier in task.after]] = True
    words, changes = dict(standing.words), ground.changes
    for task in tasks:
        words.setdefault(task.setup, len(words))
    if len(words) > len(standing.words):
        changes = tables_of(problem, ground.set_up, words)
    parts = [names.orders[part] for part in order.parts if part in names.orders]
    rows = np.zeros((len(tasks), c.TASK_WIDTH), np.int64)
    rows[:, c.TASK_ORDER] = standing.spare
    rows[:, c.WORD] = [words[task.setup] for task in tasks]
    rows[:, c.LAG_S] = [task.lag_s for task in tasks]
    ground = ground._replace(
        tasks=_written(ground.tasks, first_task, rows),
        modes=_written(ground.modes, first_mode, modes),
        starts=_written(ground.starts, first_start, starts),
        parts=np.array([*ground.parts, *parts], np.int64),
        changes=changes,
    )
    return ground, Work(
        first_task=np.array([first_task]),
        ranges=ranges,
        befores=befores,
        fabs=_cheapest_first(fabs, rest),
        rest=np.ascontiguousarray(rest[:, ::-1].cumsum(axis=1)[:, ::-1]),
    )


def _written(array: Ints, at: int, rows: Ints) -> Ints:
    """Return the array with `rows` from row `at` on: itself, if there is room."""
    if at + len(rows) > len(array):
        return np.concatenate([array[:at], rows])
    array[at : at + len(rows)] = rows
    return array


def _cheapest_first(fabs: Sequence[int], rest: Ints) -> Ints:
    price = rest.sum(axis=1)
    return np.array(sorted(fabs, key=lambda fab: (price[fab], fab)), np.int64)


def _told(
    standing: Standing,
    order: Order,
    tasks: Sequence[Task],
    told: tuple[Ground, Ints, Ints],
) -> Insertion:
    ground, found, own = told
    problem = standing.problem
    slots = []
    for task, (mode, start_s, end_s) in zip(tasks, own.tolist(), strict=True):
        machine = problem.machines[int(ground.modes[mode, c.MACHINE])]
        slots.append(
            TaskSlot(
                task=task.id,
                order=order.id,
                machine=machine.id,
                start_s=start_s,
                end_s=end_s,
            )
        )
    return Insertion(
        fab=problem.fabs[int(found[FAB])].id,
        courier=problem.couriers[int(found[COURIER])].id,
        slots=tuple(slots),
        promise=promise_of(problem, order, int(found[BEGIN_S])),
        extra_cents=cents_of(int(found[PRICE])),
        found=found,
        own=own,
    )
