"""Every plan of a tiny problem, one after the other, by arithmetic of its own.

Prices in 1/18000 cent. New orders only: nothing frozen, aboard, ready or committed;
couriers without stops in force; no prices for another machine or courier, for carbon
or uneven shares. A promised window has its price.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations, product

from routing.joint.problem import Courier, JointPlan, JointProblem, Mode, Order, Task
from routing.measures import UNREACHABLE_S

type Visit = tuple[str, bool]  # of an order: fetch it, or (True) hand it over
type Busy = dict[str, list[tuple[int, int]]]
type Made = dict[str, tuple[str, int]]  # by order: lab, and when it is ready


def least_plan(problem: JointProblem) -> int:
    """Return the price of the cheapest plan."""
    orders = [order.id for order in problem.orders]
    best = sum(18_000 * order.left_out_cents for order in problem.orders)
    for kept in product((False, True), repeat=len(orders)):
        chosen = [id_ for id_, is_kept in zip(orders, kept, strict=True) if is_kept]
        out = sum(
            18_000 * order.left_out_cents
            for order in problem.orders
            if order.id not in chosen
        )
        for price, made in _makings(problem, chosen):
            if out + price < best:
                best = min(best, out + price + _least_rides(problem, chosen, made))
    return best


def least_insertion(
    problem: JointProblem, plan: JointPlan, order: Order, tasks: Sequence[Task]
) -> int:
    """Return the price of one order more in that plan, or of leaving it out."""
    whole = JointProblem(
        fabs=problem.fabs,
        machines=problem.machines,
        orders=(*problem.orders, order),
        tasks=(*problem.tasks, *tasks),
        couriers=problem.couriers,
        matrices=problem.matrices,
        weights=problem.weights,
        now_s=problem.now_s,
        stocks=problem.stocks,
    )
    task_of = {task.id: task for task in whole.tasks}
    before = [(task_of[slot.task], slot.machine) for slot in plan.slots]
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    busy: Busy = {machine.id: [] for machine in problem.machines}
    made: Made = {}
    for slot in plan.slots:
        busy[slot.machine].append((slot.start_s, slot.end_s))
        done_s = slot.end_s + task_of[slot.task].lag_s
        ready_s = max(done_s, made.get(slot.order, ("", 0))[1])
        made[slot.order] = (fab_of[slot.machine], ready_s)
    routes: dict[str, list[Visit]] = {courier.id: [] for courier in problem.couriers}
    for route in plan.routes:
        routes[route.courier] = [(s.order, s.kind == "dropoff") for s in route.stops]
    best = 18_000 * order.left_out_cents
    for modes in product(*(task.modes for task in tasks)):
        own = [(task, mode.machine) for task, mode in zip(tasks, modes, strict=True)]
        if not is_enough(whole, [*before, *own]):
            continue
        placed = place(whole, list(zip(tasks, modes, strict=True)), busy)
        if placed is None:
            continue
        price = sum(18_000 * mode.cost_cents for mode in modes)
        now_made = made | placed
        for courier in problem.couriers:
            visits = routes[courier.id]
            bare = _ride(whole, courier, visits, now_made)
            assert bare is not None
            for first in range(len(visits) + 1):
                for second in range(first, len(visits) + 1):
                    longer = [
                        *visits[:first],
                        (order.id, False),
                        *visits[first:second],
                        (order.id, True),
                        *visits[second:],
                    ]
                    after = _ride(whole, courier, longer, now_made)
                    if after is not None:
                        best = min(best, price + after - bare)
    return best


def _makings(problem: JointProblem, chosen: list[str]) -> Iterator[tuple[int, Made]]:
    """Yield each way of making the chosen orders: every machine, every sequence."""
    tasks = [task for task in problem.tasks if task.order in chosen]
    for modes in product(*(task.modes for task in tasks)):
        used = [(task, mode.machine) for task, mode in zip(tasks, modes, strict=True)]
        if not is_enough(problem, used):
            continue
        price = sum(18_000 * mode.cost_cents for mode in modes)
        seen: list[Made] = []
        for ways in permutations(list(zip(tasks, modes, strict=True))):
            made = place(problem, list(ways), {})
            if made is not None and made not in seen:
                seen.append(made)
                yield price, made


def is_enough(problem: JointProblem, used: list[tuple[Task, str]]) -> bool:
    """Whether every lab has the material that tasks take on its machines."""
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    return all(
        stock.grams
        >= sum(
            task.grams
            for task, machine in used
            if (fab_of[machine], task.material) == (stock.fab, stock.material)
        )
        for stock in problem.stocks
    )


def place(
    problem: JointProblem,
    ways: list[tuple[Task, Mode]],
    taken: Busy,
    there_s: Mapping[str, int] | None = None,
) -> Made | None:
    """Put tasks one after the other where they can begin first; None: it can't be.

    `there_s`: by order, when what it is made from is there.
    """
    machines = {machine.id: machine for machine in problem.machines}
    orders = {order.id: order for order in problem.orders}
    busy = {id_: list(times) for id_, times in taken.items()}
    ends: dict[str, int] = {}
    made: Made = {}
    for task, mode in ways:
        if any(earlier not in ends for earlier in task.after):
            return None
        from_s = max(
            [
                problem.now_s,
                orders[task.order].release_s,
                (there_s or {}).get(task.order, 0),
                *(ends[e] for e in task.after),
            ]
        )
        own = busy.setdefault(mode.machine, [])
        starts = [from_s, *(end_s for _, end_s in own)]
        starts += [opens_s for opens_s, _ in machines[mode.machine].open_windows]
        fitting = [
            start_s
            for start_s in starts
            if start_s >= from_s
            and any(
                opens_s <= start_s and start_s + mode.duration_s <= closes_s
                for opens_s, closes_s in machines[mode.machine].open_windows
            )
            and all(
                start_s + mode.duration_s <= begin_s or end_s <= start_s
                for begin_s, end_s in own
            )
        ]
        if not fitting:
            return None
        end_s = min(fitting) + mode.duration_s
        own.append((min(fitting), end_s))
        done_s = ends[task.id] = end_s + task.lag_s
        fab, ready_s = made.get(task.order, (machines[mode.machine].fab, done_s))
        if fab != machines[mode.machine].fab:
            return None
        made[task.order] = (fab, max(ready_s, done_s))
    return made


def _least_rides(problem: JointProblem, chosen: list[str], made: Made) -> int:
    """Return the price of the cheapest routes that bring all the chosen orders."""
    best = 1 << 60
    cheapest = {
        (courier.id, subset): _least_ride(problem, courier, subset, made)
        for courier in problem.couriers
        for subset in _subsets(chosen)
    }
    names = [courier.id for courier in problem.couriers]
    for carriers in product(names, repeat=len(chosen)):
        prices = []
        for name in names:
            own = tuple(
                id_ for id_, by in zip(chosen, carriers, strict=True) if by == name
            )
            prices.append(cheapest[name, own])
        best = min(best, sum(prices))
    return best


def _subsets(chosen: list[str]) -> Iterator[tuple[str, ...]]:
    for kept in product((False, True), repeat=len(chosen)):
        yield tuple(id_ for id_, is_kept in zip(chosen, kept, strict=True) if is_kept)


def _least_ride(
    problem: JointProblem, courier: Courier, own: tuple[str, ...], made: Made
) -> int:
    visits: list[Visit] = [(id_, is_drop) for id_ in own for is_drop in (False, True)]
    best = 1 << 60
    for route in permutations(visits):
        if all(route.index((id_, False)) < route.index((id_, True)) for id_ in own):
            price = _ride(problem, courier, list(route), made)
            best = best if price is None else min(best, price)
    return best


def _ride(
    problem: JointProblem, courier: Courier, visits: list[Visit], made: Made
) -> int | None:
    """Return the price of a route that is left as late as costs nothing; None: never.

    Found by trying: how late can it begin with no lateness more, and the same end?
    """
    driven = drive(problem, courier, visits, made, 0)
    if driven is None:
        return None
    fine, late_s, began_s, ended_s = driven
    if began_s is None:
        return fine

    def is_free(delay_s: int) -> bool:
        later = drive(problem, courier, visits, made, delay_s)
        return later is not None and (later[1], later[3]) == (late_s, ended_s)

    free_s, over_s = 0, ended_s - began_s + 1
    while free_s + 1 < over_s:
        middle_s = (free_s + over_s) // 2
        if is_free(middle_s):
            free_s = middle_s
        else:
            over_s = middle_s
    return fine + 5 * (ended_s - began_s - free_s) * courier.cost_per_hour_cents


def drive(
    problem: JointProblem,
    courier: Courier,
    visits: list[Visit],
    made: Made,
    delay_s: int,
) -> tuple[int, int, int | None, int] | None:
    """Return the price without the time, lateness, when the courier left, and the end.

    `delay_s`: how much later than as soon as can be the first stop begins.
    """
    orders = {order.id: order for order in problem.orders}
    fabs = {fab.id: fab for fab in problem.fabs}
    matrix, weights = problem.matrices[courier.profile], problem.weights
    place, time_s = courier.place, max(courier.shift[0], problem.now_s)
    left_s, pieces, grams, price, all_late_s = None, 0, 0, 0, 0
    for id_, is_drop in visits:
        order, (fab, ready_s) = orders[id_], made[id_]
        to = order.place if is_drop else fabs[fab].place
        way_s = int(matrix.seconds[place, to])
        if way_s >= UNREACHABLE_S:
            return None
        price += 18 * int(matrix.metres[place, to]) * courier.cost_per_km_cents
        if is_drop:
            begin_s = max(time_s + way_s, order.earliest_s)
            depart_s = begin_s + order.service_s
            pieces, grams = pieces - order.pieces, grams - order.grams
            late_s = max(0, begin_s - order.due_s)
            price += 300 * late_s * weights.late_cents_per_minute
            price += _moved(problem, order, begin_s)
            over_s = _without_air(problem, order, courier, depart_s)
            price += 300 * over_s * weights.very_late_cents_per_minute
            price += 9_000 * order.left_out_cents if over_s else 0
            all_late_s += late_s + over_s + _after(order, begin_s)
            if begin_s > order.deadline_s:
                return None
        else:
            begin_s = max(time_s + way_s, ready_s)
            depart_s = begin_s + fabs[fab].pickup_service_s
            pieces, grams = pieces + order.pieces, grams + order.grams
            if pieces > courier.capacity_pieces or grams > courier.capacity_grams:
                return None
        if left_s is None:
            begin_s, depart_s = begin_s + delay_s, depart_s + delay_s
            left_s = begin_s - way_s
        if depart_s > courier.shift[1]:
            return None
        place, time_s = to, depart_s
    return price, all_late_s, left_s, time_s


def _moved(problem: JointProblem, order: Order, begin_s: int) -> int:
    """Return the price of a hand-over outside of what was promised."""
    if order.promised is None:
        return 0
    weights, said = problem.weights, order.promised
    outside_s = max(said.earliest_s - begin_s, _after(order, begin_s), 0)
    away_s = min(weights.near_s, max(0, said.planned_s - problem.now_s))
    percent = 100 + weights.near_percent * (weights.near_s - away_s) // weights.near_s
    return 3 * percent * outside_s * weights.moved_promise_cents_per_minute


def _without_air(
    problem: JointProblem, order: Order, courier: Courier, depart_s: int
) -> int:
    """Return since when a hand-over that nobody was promised has lacked air: none left."""
    weights, end_s = problem.weights, courier.shift[1]
    if order.promised or order.deadline_s + order.service_s <= end_s:
        return 0
    since_s = depart_s
    while since_s + weights.promise_slack_s + _percent_s(problem, since_s) > end_s:
        since_s -= 1
    return depart_s - since_s


def _percent_s(problem: JointProblem, when_s: int) -> float:
    ahead_s = when_s - problem.now_s
    return ahead_s * problem.weights.promise_slack_percent / 100


def _after(order: Order, begin_s: int) -> int:
    return max(0, begin_s - order.promised.latest_s) if order.promised else 0
