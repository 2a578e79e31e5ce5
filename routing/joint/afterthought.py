"""Whether an order that a plan leaves out could simply be added behind everything."""

from collections.abc import Iterator

from routing.joint.problem import (
    Courier,
    JointPlan,
    JointProblem,
    Machine,
    Mode,
    Order,
    StopKind,
    Task,
)
from routing.joint.sums import last_end_s
from routing.measures import UNREACHABLE_S
from routing.scheduling.sums import finished_s, given_out_s


def could_be_appended(problem: JointProblem, plan: JointPlan, order: Order) -> bool:
    """Whether a promised order fits behind the plan as it is, below its own price.

    Its tasks go behind the last task of each machine, its stops behind the last stop
    of a courier who has room and shift: no clever search, so a yes is damning.
    """
    if order.aboard is not None:
        return False  # only its courier could; that route was looked at already
    if _parts_there_s(problem, plan, order) is None:
        return False  # it would have to be looked for a place for them, too
    for fab, made_s, cents in _made(problem, plan, order):
        # Later than need be for what lies there already, so that a yes is sure.
        ready_s = given_out_s(problem, fab, made_s)
        if ready_s is None:
            continue
        place = next(each for each in problem.fabs if each.id == fab)
        for number in range(len(problem.couriers)):
            late_s = _late_s(
                problem,
                plan,
                order,
                (place.place, place.pickup_service_s, ready_s, number),
            )
            if late_s is None:
                continue
            per_minute = (
                problem.weights.late_cents_per_minute
                + problem.weights.very_late_cents_per_minute
            )
            price = cents + late_s * per_minute // 60 + _way_cents(problem, late_s)
            price += _change_cents(problem, order, late_s)
            if price < problem.weights.broken_promise_cents:
                return True
    return False


def _parts_there_s(problem: JointProblem, plan: JointPlan, order: Order) -> int | None:
    """Return when all that it is made from is there; None: never. It may have begun."""
    if all(t.frozen is not None for t in problem.tasks if t.order == order.id):
        return problem.now_s
    there_s = {
        stop.order: stop.depart_s
        for route in plan.routes
        for stop in route.stops
        if stop.kind is StopKind.DROPOFF
    }
    if any(part not in there_s for part in order.parts):
        return None
    return max((there_s[part] for part in order.parts), default=problem.now_s)


def _change_cents(problem: JointProblem, order: Order, late_s: int) -> int:
    """Return more than the order's moves and its share of unfairness can cost."""
    weights = problem.weights
    most = 100 + weights.near_percent
    minutes = (24 * 3_600 + abs(late_s)) // 60
    moved = weights.moved_courier_cents + weights.moved_machine_cents * len(
        problem.tasks
    )
    if order.promised is None:
        moved += order.left_out_cents  # more than a hand-over without air costs
    else:
        moved += minutes * weights.moved_promise_cents_per_minute
    unfair = max(weights.labs.over_permille, weights.couriers.over_permille)
    return moved * most // 100 + unfair * 1_000


def _way_cents(problem: JointProblem, late_s: int) -> int:
    """Return more than any appended ride can cost: a day of the dearest courier."""
    dearest = max(courier.cost_per_hour_cents for courier in problem.couriers)
    farthest = max(courier.cost_per_km_cents for courier in problem.couriers)
    return (24 + abs(late_s) // 3_600) * dearest + 1_000 * farthest


def _made(
    problem: JointProblem, plan: JointPlan, order: Order
) -> list[tuple[str, int, int]]:
    """Return where and when it is, or could be, ready, and what making would cost."""
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    tasks = [task for task in problem.tasks if task.order == order.id]
    lag_of = {task.id: task.lag_s for task in tasks}
    ends = {}
    for slot in plan.slots:
        if slot.order == order.id:
            done_s = finished_s(
                problem.operators, fab_of[slot.machine], slot.end_s, lag_of[slot.task]
            )
            if done_s is None:
                return []
            ends[slot.task] = done_s
    fabs = {fab_of[slot.machine] for slot in plan.slots if slot.order == order.id}
    fabs |= {order.ready.fab} if order.ready else set()
    from_s = order.ready.ready_s if order.ready else problem.now_s
    if len(fabs) > 1 or (not tasks and order.ready is None):
        return []
    if all(task.id in ends for task in tasks):
        return [(fab, max([from_s, *ends.values()]), 0) for fab in fabs]
    found = []
    for fab in problem.fabs:
        if not fabs or fabs == {fab.id}:
            if _takes_too_much(problem, plan, tasks, fab.id):
                continue
            made = _append_tasks(problem, plan, order, (tasks, dict(ends), fab.id))
            if made is not None:
                found.append((fab.id, *made))
    return found


def _takes_too_much(
    problem: JointProblem, plan: JointPlan, tasks: list[Task], fab: str
) -> bool:
    """Whether the fab has less of a material than these tasks and the plan's take."""
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    slots = [slot for slot in plan.slots if fab_of[slot.machine] == fab]
    planned = {slot.task for slot in slots}
    begun = {
        slot.task for slot in slots if slot.frozen and slot.start_s < problem.now_s
    }
    takers = [task for task in problem.tasks if task.id in planned - begun]
    takers += [task for task in tasks if task.id not in planned]
    return any(
        sum(task.grams for task in takers if task.material == stock.material)
        > stock.grams
        for stock in problem.stocks
        if stock.fab == fab and any(task.material == stock.material for task in tasks)
    )


def _append_tasks(
    problem: JointProblem,
    plan: JointPlan,
    order: Order,
    work: tuple[list[Task], dict[str, int], str],
) -> tuple[int, int] | None:
    tasks, ends, fab = work
    machines = {machine.id: machine for machine in problem.machines}
    lasts = _lasts(problem, plan)
    released_s = order.ready.ready_s if order.ready else problem.now_s
    there_s = _parts_there_s(problem, plan, order) or problem.now_s
    released_s = max(released_s, order.release_s, problem.now_s, there_s)
    cents, left = 0, [task for task in tasks if task.id not in ends]
    while left:
        task = next((t for t in left if all(e in ends for e in t.after)), None)
        if task is None:
            return None
        from_s = max([released_s, *(ends[earlier] for earlier in task.after)])
        ways = [
            (done_s, start_s + mode.duration_s, mode.cost_cents, mode.machine)
            for mode in task.modes
            if machines[mode.machine].fab == fab
            for start_s in _starts(
                problem,
                (task, mode, from_s),
                machines[mode.machine],
                lasts[mode.machine],
            )
            if (
                done_s := finished_s(
                    problem.operators, fab, start_s + mode.duration_s, task.lag_s
                )
            )
            is not None
        ]
        if not ways:
            return None
        ends[task.id], ended_s, price, machine = min(ways)
        lasts[machine] = (ended_s, task.setup)
        cents += price + problem.weights.moved_machine_cents
        left.remove(task)
    return max([released_s, *ends.values()]), cents


def _lasts(problem: JointProblem, plan: JointPlan) -> dict[str, tuple[int, str | None]]:
    """Return, by machine, when its last task ends and what it is set up for then."""
    word_of = {task.id: task.setup for task in problem.tasks}
    lasts: dict[str, tuple[int, str | None]] = {
        machine.id: (problem.now_s, machine.setups.loaded if machine.setups else None)
        for machine in problem.machines
    }
    for slot in sorted(plan.slots, key=lambda each: (each.start_s, each.end_s)):
        if slot.end_s > slot.start_s:
            free_s = max(lasts[slot.machine][0], slot.end_s)
            lasts[slot.machine] = (free_s, word_of[slot.task])
    return lasts


def _starts(
    problem: JointProblem,
    what: tuple[Task, Mode, int],
    machine: Machine,
    last: tuple[int, str | None],
) -> Iterator[int]:
    """Yield when the task could start behind the last one, one person there for it."""
    task, mode, from_s = what
    free_s, word = last
    needed_s = 0
    if machine.setups is not None and word is not None and mode.duration_s:
        usual_s = machine.setups.other_s if word != task.setup else 0
        needed_s = machine.setups.seconds.get((word, task.setup), usual_s)
    people = [
        hours
        for operator in problem.operators
        if operator.fab == machine.fab
        and (not mode.training or mode.training in operator.trainings)
        for hours in operator.hours
    ]
    if not mode.attended_s:
        people = [(-(10**9), 10**9)]
    for opens_s, closes_s in machine.open_windows:
        for comes_s, goes_s in people:
            start_s = max(opens_s, comes_s, free_s, problem.now_s) + needed_s
            start_s = max(start_s, from_s)
            is_in_time = start_s + mode.attended_s <= goes_s
            is_open = opens_s < closes_s and start_s + mode.duration_s <= closes_s
            if is_open and is_in_time:
                yield start_s


def _late_s(
    problem: JointProblem,
    plan: JointPlan,
    order: Order,
    ride: tuple[int, int, int, int],
) -> int | None:
    """Return how late courier `number` would be; None if the courier can't at all."""
    fab_place, service_s, ready_s, number = ride
    courier = problem.couriers[number]
    heads_for = {c.id for c in problem.couriers if _is_heading(c, order)}
    if heads_for and courier.id not in heads_for:
        return None  # it is another courier's already
    if any(o.aboard == courier.id and o.id in plan.left_out for o in problem.orders):
        return None  # whose bag stays full
    seconds = problem.matrices[courier.profile].seconds
    place, time_s = courier.place, max(courier.shift[0], problem.now_s)
    for route in plan.routes:
        if route.courier == courier.id:
            if courier.id in heads_for:
                return None  # the next stop comes first or not at all
            place, time_s = route.stops[-1].place, route.stops[-1].depart_s
    ways = (int(seconds[place, fab_place]), int(seconds[fab_place, order.place]))
    if max(ways) >= UNREACHABLE_S:
        return None
    is_too_much = (
        order.pieces > courier.capacity_pieces or order.grams > courier.capacity_grams
    )
    if is_too_much and courier.id not in heads_for:
        return None
    fetched_s = max(time_s + ways[0], ready_s, order.fetch_from_s) + service_s
    begin_s = max(fetched_s + ways[1], order.earliest_s)
    if begin_s + order.service_s > courier.shift[1]:
        return None
    over_s = begin_s + order.service_s - last_end_s(problem, order, courier)
    return max(0, begin_s - min(order.due_s, order.deadline_s)) + max(0, over_s)


def _is_heading(courier: Courier, order: Order) -> bool:
    return courier.next_stop is not None and courier.next_stop.order == order.id
