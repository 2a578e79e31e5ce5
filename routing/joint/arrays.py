"""The joint problem as flat arrays of integers, laid out as columns.py says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from routing.joint import columns as c
from routing.joint.groups import Ground, Ints
from routing.joint.machine_arrays import changes_of, doors_of, modes_of
from routing.joint.materials import kept, left_arrays, needs_arrays
from routing.joint.parts import link
from routing.joint.prices import (
    GRAM_FINE,
    co2_price,
    moved_courier_fine,
    moved_machine_fine,
    moved_promise_fine,
    no_air_fine,
    with_air_s,
)
from routing.joint.problem import Courier, JointProblem, Order, Shares, Task
from routing.joint.translate import left_out_cents
from routing.measures import (
    FINE_PER_CENT,
    FINE_PER_CENT_HOUR_SECOND,
    FINE_PER_CENT_METRE,
    FINE_PER_CENT_MINUTE_SECOND,
)
from routing.scheduling.options import Options

NEIGHBOURS_MAX = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Index of each id of the problem."""

    fabs: Mapping[str, int]
    machines: Mapping[str, int]
    couriers: Mapping[str, int]
    orders: Mapping[str, int]
    tasks: Mapping[str, int]


def names_of(
    problem: JointProblem, orders: Sequence[Order], tasks: Sequence[Task]
) -> Names:
    """Return the indices: fabs, machines and couriers as in the problem."""
    return Names(
        fabs={fab.id: i for i, fab in enumerate(problem.fabs)},
        machines={machine.id: i for i, machine in enumerate(problem.machines)},
        couriers={courier.id: i for i, courier in enumerate(problem.couriers)},
        orders={order.id: i for i, order in enumerate(orders)},
        tasks={task.id: i for i, task in enumerate(tasks)},
    )


def ground_of(
    problem: JointProblem, orders: tuple[Order, ...], options: Options
) -> tuple[Ground, Names]:
    """Return the arrays of `orders`, each of which `options` says how to make.

    The tasks of an order stand together, each after those that it waits for.
    """
    tasks = [task for order in orders for task in options.tasks.get(order.id, ())]
    names = names_of(problem, orders, tasks)
    profiles = {profile: i for i, profile in enumerate(sorted(problem.matrices))}
    seconds = _stack([problem.matrices[profile].seconds for profile in profiles])
    metres = _stack([problem.matrices[profile].metres for profile in profiles])
    couriers = _couriers(problem, orders, names, profiles)
    may_carry = may_carry_of(problem, orders)
    tail_s = tails_of(problem, orders, (couriers, seconds, may_carry))
    order_rows, order_fabs = _orders(problem, orders, options, names, tail_s)
    modes, mode_range, starts = modes_of(tasks, options, names.machines, names.fabs)
    changes = changes_of(problem, tasks)
    doors, door_range = doors_of(problem, options)
    weights = problem.weights
    late = (weights.late_cents_per_minute, weights.very_late_cents_per_minute)
    task_rows, befores = tasks_of_arrays(problem, orders, tasks, names, options)
    task_rows[:, c.WORD] = [changes.words[task.setup] for task in tasks]
    parts = link(problem, order_rows, names.orders, tasks, tail_s)
    ground = Ground(
        orders=order_rows,
        couriers=couriers,
        tasks=task_rows,
        modes=modes,
        seconds=seconds,
        metres=metres,
        may_carry=may_carry,
        order_fabs=order_fabs,
        order_tasks=np.arange(len(tasks), dtype=np.int64),
        befores=befores,
        mode_range=mode_range,
        starts=starts,
        set_up=changes.set_up,
        changes=changes.changes,
        frozen_runs=changes.frozen_runs,
        doors=doors,
        door_range=door_range,
        machine_fab=_ints([names.fabs[m.fab] for m in problem.machines]),
        fab_place=_ints([fab.place for fab in problem.fabs]),
        fab_service_s=_ints([fab.pickup_service_s for fab in problem.fabs]),
        tail_s=tail_s,
        needs=needs_arrays(tasks, names.orders, kept(problem)),
        stocks=left_arrays(problem, names.fabs),
        parts=parts,
        neighbours=_neighbours(order_rows, seconds),
        late=FINE_PER_CENT_MINUTE_SECOND * _ints(late),
        shares=_shares(problem),
        over_permille=_ints(
            [weights.labs.over_permille, weights.couriers.over_permille]
        ),
    )
    return ground, names


def order_row(
    problem: JointProblem, order: Order, courier_index: Mapping[str, int]
) -> Ints:
    """Return the order's own columns; those of its tasks and fabs are still 0."""
    bound = bound_to(problem, order)
    soft = order.committed or bound is not None
    row = np.zeros(c.ORDER_WIDTH, np.int64)
    row[c.PLACE] = order.place
    row[c.EARLIEST_S] = order.earliest_s
    row[c.DUE_S] = order.due_s
    row[c.HARD_S] = c.NEVER if soft else order.deadline_s
    row[c.SOFT_S] = order.deadline_s if soft else c.NEVER
    promised = order.promised
    row[c.WINDOW_FROM_S] = promised.earliest_s if promised else -c.NEVER
    row[c.WINDOW_TO_S] = promised.latest_s if promised else c.NEVER
    row[c.WINDOW_FINE] = moved_promise_fine(problem, order)
    row[c.HOME] = c.NONE
    if order.previous_courier is not None:
        row[c.HOME] = courier_index.get(order.previous_courier, c.GONE)
    row[c.HOME_FINE] = moved_courier_fine(problem, order)
    row[c.PIECES] = order.pieces
    row[c.GRAMS] = order.grams
    row[c.SERVICE_S] = order.service_s
    row[c.OUT_FINE] = FINE_PER_CENT * left_out_cents(problem, order)
    row[c.NO_AIR_FINE] = no_air_fine(order)
    row[c.BOUND] = -1 if bound is None else courier_index[bound]
    row[c.FETCH_FROM_S] = order.fetch_from_s
    row[c.RELEASE_S] = max(problem.now_s, order.release_s)
    row[c.MADE_S] = -c.NEVER
    if order.ready is not None:
        row[c.MADE_S] = order.ready.ready_s
        row[c.RELEASE_S] = max(row[c.RELEASE_S], order.ready.ready_s)
    row[c.IS_COMMITTED] = order.committed
    row[c.MADE_FOR] = -1
    row[c.WISHED_S] = row[c.NEEDED_S] = c.NEVER
    return row


def bound_to(problem: JointProblem, order: Order) -> str | None:
    """Return the courier who has the order or is heading for it."""
    if order.aboard is not None:
        return order.aboard
    for courier in problem.couriers:
        if courier.next_stop is not None and courier.next_stop.order == order.id:
            return courier.id
    return None


def may_carry_of(
    problem: JointProblem, orders: Sequence[Order]
) -> npt.NDArray[np.bool_]:
    """Return (n, r): whether each courier may ever have each order."""
    found = np.zeros((len(orders), len(problem.couriers)), np.bool_)
    heading = {
        courier.next_stop.order: courier.id
        for courier in problem.couriers
        if courier.next_stop is not None
    }
    for i, order in enumerate(orders):
        bound = order.aboard or heading.get(order.id)
        for v, courier in enumerate(problem.couriers):
            fits = (
                order.pieces <= courier.capacity_pieces
                and order.grams <= courier.capacity_grams
            )
            found[i, v] = bound == courier.id or (bound is None and fits)
    return found


def _orders(
    problem: JointProblem,
    orders: tuple[Order, ...],
    options: Options,
    names: Names,
    tail_s: Ints,
) -> tuple[Ints, Ints]:
    rows = np.zeros((len(orders), c.ORDER_WIDTH), np.int64)
    order_fabs: list[int] = []
    first_task = 0
    for i, order in enumerate(orders):
        rows[i] = order_row(problem, order, names.couriers)
        own = options.tasks.get(order.id, ())
        rows[i, c.FIRST_TASK], rows[i, c.TASKS] = first_task, len(own)
        first_task += len(own)
        fabs = fabs_by_promise(order, options, names, tail_s[i])
        rows[i, c.STATE] = c.TO_MAKE if own else c.MADE
        if order.aboard is not None:
            rows[i, c.STATE] = c.ABOARD
        elif not own and order.ready is not None:
            fabs = [names.fabs[order.ready.fab]]
        rows[i, c.FIRST_FAB], rows[i, c.FABS] = len(order_fabs), len(fabs)
        order_fabs += fabs
    return rows, _ints(order_fabs)


def fabs_by_promise(
    order: Order, options: Options, names: Names, tail_s: Ints
) -> list[int]:
    """Return the order's fabs, cheapest making first, then the nearest."""
    ranked = []
    for id_ in options.fabs.get(order.id, ()):
        cents = sum(
            min(mode.cost_cents for mode in options.modes[task.id, id_])
            for task in options.tasks[order.id]
            if task.frozen is None
        )
        ranked.append((cents, int(tail_s[names.fabs[id_]]), names.fabs[id_]))
    return [fab for _, _, fab in sorted(ranked)]


def _couriers(
    problem: JointProblem,
    orders: tuple[Order, ...],
    names: Names,
    profiles: Mapping[Any, int],
) -> Ints:
    rows = np.zeros((len(problem.couriers), c.COURIER_WIDTH), np.int64)
    twins: dict[tuple[int, ...], int] = {}
    for v, courier in enumerate(problem.couriers):
        aboard = [order for order in orders if order.aboard == courier.id]
        km_fine = FINE_PER_CENT_METRE * courier.cost_per_km_cents
        carbon = co2_price(problem.weights, courier.profile) * FINE_PER_CENT
        rows[v, c.COURIER_PLACE] = courier.place
        rows[v, c.START_S] = max(courier.shift[0], problem.now_s)
        rows[v, c.END_S] = courier.shift[1]
        rows[v, c.AIR_S] = with_air_s(problem, courier)
        rows[v, c.PIECES_MAX] = courier.capacity_pieces
        rows[v, c.GRAMS_MAX] = courier.capacity_grams
        rows[v, c.PIECES_ABOARD] = sum(order.pieces for order in aboard)
        rows[v, c.GRAMS_ABOARD] = sum(order.grams for order in aboard)
        rows[v, c.METRE_FINE] = km_fine + (2 * carbon + GRAM_FINE) // (2 * GRAM_FINE)
        rows[v, c.KM_FINE] = km_fine
        second = FINE_PER_CENT_HOUR_SECOND * courier.cost_per_hour_cents
        rows[v, c.SECOND_FINE] = second
        rows[v, c.MATRIX] = profiles[courier.profile]
        rows[v, c.FIRST_STOP] = _first_stop(courier, names)
        alone = any(order.previous_courier == courier.id for order in orders)
        is_plain = not aboard and rows[v, c.FIRST_STOP] < 0 and not alone
        key = (*(int(x) for x in rows[v, : c.FIRST_STOP]), -1 if is_plain else v)
        rows[v, c.TWIN] = twins.setdefault(key, v)
    return rows


def _first_stop(courier: Courier, names: Names) -> int:
    stop = courier.next_stop
    if stop is None or stop.order not in names.orders:
        return -1
    return 2 * names.orders[stop.order] + (stop.kind == "dropoff")


def tasks_of_arrays(
    problem: JointProblem,
    orders: Sequence[Order],
    tasks: Sequence[Task],
    names: Names,
    options: Options,
) -> tuple[Ints, Ints]:
    """Return the tasks' rows and the list of tasks before each."""
    rows = np.zeros((len(tasks), c.TASK_WIDTH), np.int64)
    befores: list[int] = []
    fines = [moved_machine_fine(problem, order) for order in orders]
    for i, task in enumerate(tasks):
        order = names.orders[task.order]
        rows[i, c.TASK_ORDER] = order
        if task.frozen is not None:
            rows[i, c.IS_FROZEN] = 1
            rows[i, c.FROZEN_MACHINE] = names.machines[task.frozen.machine]
            done_s = options.calendars.frozen_done_s(task)
            rows[i, c.FROZEN_DONE_S] = c.NEVER if done_s is None else done_s
        rows[i, c.PREVIOUS] = c.NONE
        if task.previous_machine is not None:
            rows[i, c.PREVIOUS] = names.machines.get(task.previous_machine, c.GONE)
        rows[i, c.PREVIOUS_FINE] = fines[order]
        rows[i, c.LAG_S] = task.lag_s
        rows[i, c.FIRST_BEFORE], rows[i, c.BEFORES] = len(befores), len(task.after)
        befores += [names.tasks[earlier] for earlier in task.after]
    return rows, _ints(befores)


def tails_of(
    problem: JointProblem,
    orders: Sequence[Order],
    riding: tuple[Ints, Ints, npt.NDArray[np.bool_]],
) -> Ints:
    """Return (n, f): seconds of the quickest ride from each fab, service included."""
    couriers, seconds, may_carry = riding
    tails = np.full((len(orders), len(problem.fabs)), c.NEVER, np.int64)
    if not len(couriers) or not len(problem.fabs):
        return tails
    starts = [fab.place for fab in problem.fabs]
    by_profile = seconds[:, starts, :]
    for i, order in enumerate(orders):
        able = np.unique(couriers[may_carry[i], c.MATRIX])
        if len(able):
            tails[i] = by_profile[able, :, order.place].min(axis=0)
    return tails + _ints([fab.pickup_service_s for fab in problem.fabs])


def _neighbours(orders: Ints, seconds: Ints) -> Ints:
    count = len(orders)
    if count < 2 or not len(seconds):
        return np.zeros((count, 0), np.int64)
    places, due_s = orders[:, c.PLACE], orders[:, c.DUE_S]
    apart = seconds[0][np.ix_(places, places)].astype(np.float64)
    apart += np.abs(due_s[:, None] - due_s[None, :]) / 8
    np.fill_diagonal(apart, np.inf)
    width = min(NEIGHBOURS_MAX, count - 1)
    return np.argsort(apart, axis=1, kind="stable")[:, :width].astype(np.int64)


def _shares(problem: JointProblem) -> Ints:
    weights = problem.weights
    most = max(len(problem.fabs), len(problem.couriers), 1)
    rows = np.zeros((2, most, 2), np.int64)
    of: list[tuple[Shares, list[str]]] = [
        (weights.labs, [fab.id for fab in problem.fabs]),
        (weights.couriers, [courier.id for courier in problem.couriers]),
    ]
    for kind, (shares, ids) in enumerate(of):
        for i, id_ in enumerate(ids):
            rows[kind, i, 0] = shares.declared.get(id_, 1)
            rows[kind, i, 1] = FINE_PER_CENT * shares.earned_cents.get(id_, 0)
    return rows


def _stack(rows: Sequence[Any]) -> Ints:
    if not rows:
        return np.zeros((0, 0, 0), np.int64)
    stacked = np.array([np.asarray(each, dtype=np.int64) for each in rows])
    return np.ascontiguousarray(stacked.reshape(len(rows), *stacked.shape[1:]))


def _ints(values: Sequence[Any]) -> Ints:
    return np.array(values, dtype=np.int64)
