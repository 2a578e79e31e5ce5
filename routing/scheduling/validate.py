"""What a scheduling problem must be before anyone may solve it."""

from collections.abc import Iterable, Sequence

from routing.errors import InvalidProblemError
from routing.measures import CENTS_MAX, COUNT_MAX, GRAMS_MAX, SECONDS_MAX, within
from routing.scheduling.problem import (
    Batch,
    Bed,
    Job,
    Machine,
    Operator,
    Prices,
    SchedulingProblem,
    Stock,
    Task,
    Transfer,
)

AREA_MAX_MM2 = 10**9  # a thousand square metres


def require_unique(what: str, ids: Iterable[str]) -> set[str]:
    """Return the ids. Errors: InvalidProblemError that names the first double one."""
    seen: set[str] = set()
    for id_ in ids:
        if id_ in seen:
            raise InvalidProblemError(f"two {what} have the id {id_!r}")
        seen.add(id_)
    if len(seen) > COUNT_MAX:
        raise InvalidProblemError(f"{len(seen)} {what} are more than {COUNT_MAX}")
    return seen


def require_known(what: str, id_: str, known: set[str]) -> None:
    """Errors: InvalidProblemError if `id_` is not one of `known`."""
    if id_ not in known:
        raise InvalidProblemError(f"{what} names {id_!r}, which is not in the problem")


def require_time(what: str, seconds: int) -> None:
    """Errors: InvalidProblemError if the time is farther from the epoch than allowed."""
    within(what, seconds, least=-SECONDS_MAX, most=SECONDS_MAX)


def validate_machines(machines: Sequence[Machine]) -> set[str]:
    """Return the machines' ids. Errors: InvalidProblemError."""
    ids = require_unique("machines", (machine.id for machine in machines))
    for machine in machines:
        for window in machine.open_windows:
            for seconds in window:
                require_time(f"an opening of machine {machine.id!r}", seconds)
        if machine.bed is not None:
            _validate_area(f"the bed of machine {machine.id!r}", machine.bed)
        if machine.setups is not None:
            name = f"a set-up of machine {machine.id!r}"
            for seconds in (machine.setups.other_s, *machine.setups.seconds.values()):
                within(name, seconds, least=0, most=SECONDS_MAX)
    return ids


def _validate_area(name: str, on_bed: Bed | Batch) -> None:
    within(f"{name}: area_mm2", on_bed.area_mm2, least=0, most=AREA_MAX_MM2)
    within(f"{name}: height_mm", on_bed.height_mm, least=0, most=AREA_MAX_MM2)


def validate_operators(operators: Sequence[Operator]) -> None:
    """Errors: InvalidProblemError for a double id or an absurd time."""
    require_unique("operators", (operator.id for operator in operators))
    for operator in operators:
        for window in operator.hours:
            for seconds in window:
                require_time(f"the hours of operator {operator.id!r}", seconds)


def validate_stocks(stocks: Sequence[Stock]) -> None:
    """Errors: InvalidProblemError for a double stock or less than nothing."""
    require_unique("stocks", (f"{stock.material} in {stock.fab}" for stock in stocks))
    for stock in stocks:
        name = f"the stock of {stock.material!r} in {stock.fab!r}"
        within(name, stock.grams, least=0, most=GRAMS_MAX)
        for at_s, grams in stock.deliveries:
            require_time(f"a delivery to {name}", at_s)
            within(f"a delivery to {name}", grams, least=0, most=GRAMS_MAX)


def validate_transfers(transfers: Sequence[Transfer]) -> None:
    """Errors: InvalidProblemError for a double transfer or one back in time."""
    require_unique("transfers", (f"{t.from_fab} to {t.to_fab}" for t in transfers))
    for transfer in transfers:
        name = f"the transfer from {transfer.from_fab!r} to {transfer.to_fab!r}"
        within(name, transfer.seconds, least=0, most=SECONDS_MAX)
        within(f"{name}: cents", transfer.cents, least=0, most=CENTS_MAX)


def validate_tasks(
    tasks: Sequence[Task], *, machines: set[str], orders: set[str]
) -> None:
    """Errors: InvalidProblemError for what contradicts itself in any task."""
    require_unique("tasks", (task.id for task in tasks))
    order_of = {task.id: task.order for task in tasks}
    for task in tasks:
        require_known(f"task {task.id!r}", task.order, orders)
        for earlier in task.after:
            if order_of.get(earlier) != task.order:
                raise InvalidProblemError(
                    f"task {task.id!r} comes after {earlier!r}, which is no task of "
                    f"order {task.order!r}"
                )
        _validate_ways(task, machines)


def _validate_ways(task: Task, machines: set[str]) -> None:
    name = f"task {task.id!r}"
    within(f"{name}: grams", task.grams, least=0, most=GRAMS_MAX)
    within(f"{name}: lag_s", task.lag_s, least=0, most=SECONDS_MAX)
    if task.batch is not None:
        _validate_area(name, task.batch)
    seen: dict[tuple[str, int], tuple[int, str]] = {}
    for mode in task.modes:
        require_known(name, mode.machine, machines)
        within(f"{name}: duration_s", mode.duration_s, least=0, most=SECONDS_MAX)
        within(f"{name}: cost_cents", mode.cost_cents, least=0, most=CENTS_MAX)
        most_s = mode.duration_s
        within(f"{name}: attended_s", mode.attended_s, least=0, most=most_s)
        attended = (mode.attended_s, mode.training)
        if seen.setdefault((mode.machine, mode.duration_s), attended) != attended:
            raise InvalidProblemError(
                f"{name} has two ways of {mode.duration_s} s on {mode.machine!r} "
                "that differ in who attends"
            )
    if task.frozen is not None:
        require_known(name, task.frozen.machine, machines)
        require_time(f"{name}: frozen start_s", task.frozen.start_s)
        require_time(f"{name}: frozen end_s", task.frozen.end_s)
        if task.frozen.end_s < task.frozen.start_s:
            raise InvalidProblemError(f"{name} is frozen with an end before its start")


def validate(problem: SchedulingProblem) -> None:
    """Errors: InvalidProblemError for what contradicts itself in the problem."""
    machines = validate_machines(problem.machines)
    jobs = require_unique("jobs", (job.id for job in problem.jobs))
    tasks = [task for job in problem.jobs for task in job.tasks]
    validate_tasks(tasks, machines=machines, orders=jobs)
    for job in problem.jobs:
        _validate_job(job)
    validate_operators(problem.operators)
    validate_stocks(problem.stocks)
    validate_transfers(problem.transfers)
    validate_prices(problem.prices)
    require_time("now_s", problem.now_s)


def validate_prices(prices: Prices) -> None:
    """Errors: InvalidProblemError for a negative or absurd price."""
    for name in (
        "late_cents_per_minute",
        "very_late_cents_per_minute",
        "moved_machine_cents",
        "makespan_cents_per_minute",
        "setup_cents_per_minute",
    ):
        within(name, getattr(prices, name), least=0, most=CENTS_MAX // 1_000)


def _validate_job(job: Job) -> None:
    name = f"job {job.id!r}"
    for seconds in (job.release_s, job.due_s, job.deadline_s):
        require_time(name, seconds)
    for seconds in job.tail_s.values():
        within(f"{name}: tail_s", seconds, least=0, most=SECONDS_MAX)
    for cents in (job.left_out_cents, *job.fab_cost_cents.values()):
        within(f"{name}: a price", cents, least=0, most=2 * CENTS_MAX)
    for task in job.tasks:
        if task.order != job.id:
            raise InvalidProblemError(f"{name} holds task {task.id!r} of another job")
