"""The schedule's referee: reads problem and schedule, shares no code with the solver."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from routing.breach import Breach
from routing.scheduling.problem import (
    Job,
    Machine,
    Mode,
    Operator,
    Schedule,
    SchedulingProblem,
    Setups,
    Stock,
    Task,
    TaskSlot,
    Window,
)
from routing.scheduling.sums import (
    finished_s,
    given_out_s,
    last_fabs,
    whole_fine,
)


def check(problem: SchedulingProblem, schedule: Schedule) -> tuple[Breach, ...]:
    """Return every breach of the problem's rules; empty means: it may be used."""
    breaches = list(_complete(problem, schedule))
    if breaches:
        return tuple(breaches)  # the other rules look up what is missing
    for rule in (_machines, _jobs, _stocks):
        breaches += rule(problem, schedule)
    return tuple(breaches or _sums(problem, schedule))


def check_slots(
    machines: tuple[Machine, ...],
    tasks: tuple[Task, ...],
    slots: tuple[TaskSlot, ...],
    now_s: int,
    operators: tuple[Operator, ...] = (),
) -> Iterator[Breach]:
    """Yield breaches of machines' rules: mode, opening, one at a time, sequence, set-up.

    Every slot must be of a known task and machine.
    """
    machine_of = {machine.id: machine for machine in machines}
    task_of = {task.id: task for task in tasks}
    slot_of = {slot.task: slot for slot in slots}
    for slot in slots:
        task = task_of[slot.task]
        if task.frozen is not None:
            yield from _stays(task, slot)
            continue
        yield from _is_a_mode(task, slot)
        yield from _is_open(machine_of[slot.machine], slot, now_s)
        for earlier in task.after:
            before = slot_of.get(earlier)
            if before is None:
                yield _breach("sequence", slot, f"has no slot of {earlier!r} before it")
                continue
            fab, lag_s = machine_of[before.machine].fab, task_of[earlier].lag_s
            done_s = finished_s(operators, fab, before.end_s, lag_s)
            if done_s is None or slot.start_s < done_s:
                yield _breach(
                    "sequence", slot, f"starts before {earlier!r} is done, {done_s}"
                )
    yield from _one_at_a_time(slots, task_of)
    for machine in machines:
        yield from _fits_its_bed(machine, task_of, slots)
        yield from _is_set_up(machine, task_of, slots, now_s, operators)


def _complete(problem: SchedulingProblem, schedule: Schedule) -> Iterator[Breach]:
    tasks = {task.id: task for job in problem.jobs for task in job.tasks}
    machines = {machine.id for machine in problem.machines}
    seen: set[str] = set()
    for slot in schedule.slots:
        if slot.task in seen or slot.task not in tasks or slot.machine not in machines:
            yield _breach("unknown", slot, "is double, or of nothing in the problem")
        elif tasks[slot.task].order != slot.order:
            yield _breach("unknown", slot, "names another order than its task")
        seen.add(slot.task)
    for job_id in set(schedule.left_out) - {job.id for job in problem.jobs}:
        yield Breach(code="unknown", text=f"{job_id!r} is left out but not in question")
    for job in problem.jobs:
        for task in job.tasks:
            wanted = job.id not in schedule.left_out or task.frozen is not None
            if wanted != (task.id in seen):
                yield Breach(
                    code="complete",
                    text=f"task {task.id!r} of {job.id!r}: slot wanted {wanted}, "
                    f"found {task.id in seen}",
                )


def _machines(problem: SchedulingProblem, schedule: Schedule) -> Iterator[Breach]:
    tasks = tuple(task for job in problem.jobs for task in job.tasks)
    yield from check_slots(
        problem.machines, tasks, schedule.slots, problem.now_s, problem.operators
    )


def _jobs(problem: SchedulingProblem, schedule: Schedule) -> Iterator[Breach]:
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    for job in problem.jobs:
        own = [slot for slot in schedule.slots if slot.order == job.id]
        if job.id in schedule.left_out:
            continue
        where = {slot.task: fab_of[slot.machine] for slot in own}
        fabs = last_fabs(job, where)
        if not problem.transfers:
            fabs |= set(where.values())
        if len(fabs) != 1 or not fabs <= set(job.tail_s):
            yield Breach(code="fab", text=f"job {job.id!r} is made in {sorted(fabs)}")
            continue
        if any(s.start_s < job.release_s for s in own if not s.frozen):
            yield Breach(code="release", text=f"job {job.id!r} starts before release")
        yield from _carried(problem, job, own, where)
        fab, people = fabs.pop(), problem.operators
        lag_of = {task.id: task.lag_s for task in job.tasks}
        ends_s = [
            finished_s(people, where[slot.task], slot.end_s, lag_of[slot.task])
            for slot in own
        ]
        leaves_s = _all_out_s(problem, fab, ends_s)
        if leaves_s is None:
            yield Breach(code="doors", text=f"nobody gives job {job.id!r} out")
            continue
        delivered_s = leaves_s + job.tail_s[fab]
        if delivered_s > job.deadline_s and not job.must:
            yield Breach(
                code="deadline",
                text=f"job {job.id!r} is there at {delivered_s}, "
                f"deadline {job.deadline_s}",
            )


def _carried(
    problem: SchedulingProblem,
    job: Job,
    own: Sequence[TaskSlot],
    where: Mapping[str, str],
) -> Iterator[Breach]:
    """What was made elsewhere is given out and brought before it is needed."""
    slot_of = {slot.task: slot for slot in own}
    lag_of = {task.id: task.lag_s for task in job.tasks}
    lags_s = {(t.from_fab, t.to_fab): t.seconds for t in problem.transfers}
    for task in job.tasks:
        slot = slot_of[task.id]
        for earlier in task.after if task.frozen is None else ():
            way = (where[earlier], where[task.id])
            if way[0] == way[1]:
                continue
            ended_s = slot_of[earlier].end_s
            done_s = finished_s(problem.operators, way[0], ended_s, lag_of[earlier])
            leaves_s = _all_out_s(problem, way[0], [done_s])
            if way not in lags_s or leaves_s is None:
                yield _breach("transfer", slot, f"waits for {earlier!r} in {way[0]!r}")
            elif slot.start_s < leaves_s + lags_s[way]:
                yield _breach(
                    "transfer", slot, f"begins before {leaves_s} + {lags_s[way]}"
                )


def _all_out_s(
    problem: SchedulingProblem, fab: str, ends_s: Sequence[int | None]
) -> int | None:
    """When all that is finished then, None: never, is given out."""
    known = [end_s for end_s in ends_s if end_s is not None]
    if len(known) < len(ends_s):
        return None
    return given_out_s(problem, fab, max(known))


def _stocks(problem: SchedulingProblem, schedule: Schedule) -> Iterator[Breach]:
    tasks = tuple(task for job in problem.jobs for task in job.tasks)
    yield from check_stocks(
        problem.stocks, problem.machines, tasks, schedule.slots, problem.now_s
    )


def check_stocks(
    stocks: tuple[Stock, ...],
    machines: tuple[Machine, ...],
    tasks: tuple[Task, ...],
    slots: tuple[TaskSlot, ...],
    now_s: int,
) -> Iterator[Breach]:
    """At no time is more taken than came; what frozen tasks take, they take."""
    task_of = {task.id: task for task in tasks}
    fab_of = {machine.id: machine.fab for machine in machines}
    for stock in stocks:
        own = [
            (slot, task_of[slot.task].grams)
            for slot in slots
            if fab_of[slot.machine] == stock.fab
            and task_of[slot.task].material == stock.material
            and not (slot.frozen and slot.start_s < now_s)
        ]
        for at_s in sorted({slot.start_s for slot, grams in own if grams}):
            came = stock.grams + sum(g for t_s, g in stock.deliveries if t_s <= at_s)
            kept = sum(g for s, g in own if s.frozen and s.start_s <= at_s)
            free = sum(g for s, g in own if not s.frozen and s.start_s <= at_s)
            if free > max(0, came - kept):
                yield Breach(
                    code="stock",
                    text=f"{free} g of {stock.material!r} are taken in {stock.fab!r} by "
                    f"{at_s}, of {max(0, came - kept)}",
                )


def _sums(problem: SchedulingProblem, schedule: Schedule) -> Iterator[Breach]:
    cost_fine = whole_fine(problem, schedule)
    if schedule.cost_fine != cost_fine:
        yield Breach(
            code="cost",
            text=f"the schedule says {schedule.cost_fine}, it is {cost_fine}",
        )
    if schedule.bound_fine > schedule.cost_fine:
        yield Breach(
            code="bound",
            text=f"cost {schedule.cost_fine} is below bound {schedule.bound_fine}",
        )


def _stays(task: Task, slot: TaskSlot) -> Iterator[Breach]:
    frozen = task.frozen
    if frozen is None or not slot.frozen:
        yield _breach("frozen", slot, "is not marked as started")
    elif (slot.machine, slot.start_s, slot.end_s) != (
        frozen.machine,
        frozen.start_s,
        frozen.end_s,
    ):
        yield _breach("frozen", slot, f"was moved from {frozen}")


def _is_a_mode(task: Task, slot: TaskSlot) -> Iterator[Breach]:
    if slot.frozen:
        yield _breach("frozen", slot, "is marked as started but is not")
    length_s = slot.end_s - slot.start_s
    if not any(
        (mode.machine, mode.duration_s) == (slot.machine, length_s)
        for mode in task.modes
    ):
        yield _breach("mode", slot, f"takes {length_s} s, which is no mode of its task")


def _is_open(machine: Machine, slot: TaskSlot, now_s: int) -> Iterator[Breach]:
    if slot.start_s < now_s:
        yield _breach("past", slot, f"starts before now, {now_s}")
    if not _covers(machine.open_windows, slot.start_s, slot.end_s):
        yield _breach("closed", slot, f"lies outside the openings of {machine.id!r}")


def _one_at_a_time(
    slots: tuple[TaskSlot, ...], task_of: Mapping[str, Task]
) -> Iterator[Breach]:
    by_machine: dict[str, list[TaskSlot]] = {}
    for slot in slots:
        if slot.end_s > slot.start_s:  # an instant keeps nobody from the machine
            by_machine.setdefault(slot.machine, []).append(slot)
    for own in by_machine.values():
        own.sort(key=lambda slot: (slot.start_s, slot.end_s))
        last = own[0]
        for before, slot in pairwise(own):
            last = max(last, before, key=lambda each: each.end_s)
            if slot.frozen and last.frozen:
                continue
            if slot.start_s < last.end_s and not _share(task_of, last, slot):
                yield _breach("overlap", slot, f"overlaps task {last.task!r}")


def _share(task_of: Mapping[str, Task], one: TaskSlot, other: TaskSlot) -> bool:
    """Whether the two may be in one run, if their machine's bed has room."""
    first, second = task_of[one.task], task_of[other.task]
    if first.batch is None or second.batch is None or one.frozen or other.frozen:
        return False
    attended = {
        (mode.attended_s, mode.training) if mode is not None else None
        for mode in (_attended_mode(first, one), _attended_mode(second, other))
    }
    return (
        (one.start_s, one.end_s) == (other.start_s, other.end_s)
        and first.batch.family == second.batch.family
        and first.setup == second.setup
        and len(attended) == 1
    )


def _fits_its_bed(
    machine: Machine, task_of: Mapping[str, Task], slots: tuple[TaskSlot, ...]
) -> Iterator[Breach]:
    """What is begun together on a machine fits on its bed; without one there is no together."""
    areas_mm2: dict[tuple[int, int], list[int]] = {}
    for slot in slots:
        batch = task_of[slot.task].batch
        if slot.machine != machine.id or slot.frozen or batch is None:
            continue
        if machine.bed is not None and batch.height_mm > machine.bed.height_mm:
            yield _breach("bed", slot, f"is {batch.height_mm} mm high")
        if slot.end_s > slot.start_s:
            areas_mm2.setdefault((slot.start_s, slot.end_s), []).append(batch.area_mm2)
        elif machine.bed is not None and batch.area_mm2 > machine.bed.area_mm2:
            yield _breach("bed", slot, f"takes {batch.area_mm2} mm² alone")
    for (start_s, end_s), areas in areas_mm2.items():
        is_too_much = (
            len(areas) > 1 if machine.bed is None else sum(areas) > machine.bed.area_mm2
        )
        if is_too_much:
            yield Breach(
                code="bed",
                text=f"{len(areas)} tasks take {sum(areas)} mm² of {machine.id!r} from "
                f"{start_s} to {end_s}",
            )


def _is_set_up(
    machine: Machine,
    task_of: Mapping[str, Task],
    slots: tuple[TaskSlot, ...],
    now_s: int,
    operators: tuple[Operator, ...],
) -> Iterator[Breach]:
    """Between two tasks there is time for the set-up, in the opening of the second.

    Whoever must be there for it and for the task's beginning is.
    """
    setups = machine.setups or Setups()
    own = [s for s in slots if s.machine == machine.id and s.end_s > s.start_s]
    if not own:
        return
    own.sort(key=lambda slot: (slot.start_s, slot.end_s, slot.task))
    was, ended_s, was_frozen = setups.loaded, own[0].start_s - 10**9, True
    for number, slot in enumerate(own):
        run = (slot.start_s, slot.end_s)
        before = own[number - 1]
        if number and not slot.frozen and (before.start_s, before.end_s) == run:
            continue  # they share a run, or _one_at_a_time says that they must not
        word = task_of[slot.task].setup
        needed_s = 0
        if was is not None:
            usual_s = setups.other_s if was != word else 0
            needed_s = setups.seconds.get((was, word), usual_s)
        begins_s = slot.start_s - needed_s
        is_soon = needed_s and begins_s < ended_s
        if is_soon and not (slot.frozen and was_frozen):
            yield _breach("setup", slot, f"needs {needed_s} s after {was!r}")
        is_open = _covers(machine.open_windows, begins_s, slot.end_s)
        if not slot.frozen and needed_s and (begins_s < now_s or not is_open):
            yield _breach("setup", slot, f"is not set up, {needed_s} s, while open")
        mode = _attended_mode(task_of[slot.task], slot)
        if not slot.frozen and mode is not None:
            hours = [
                window
                for operator in operators
                if operator.fab == machine.fab
                and (not mode.training or mode.training in operator.trainings)
                for window in operator.hours
            ]
            if not _covers(tuple(hours), begins_s, slot.start_s + mode.attended_s):
                yield _breach("attended", slot, f"finds nobody from {begins_s} on")
        was, was_frozen = word, slot.frozen
        ended_s = max(ended_s, slot.end_s)


def _attended_mode(task: Task, slot: TaskSlot) -> Mode | None:
    for mode in task.modes:
        length_s = slot.end_s - slot.start_s
        if (mode.machine, mode.duration_s) == (slot.machine, length_s):
            return mode if mode.attended_s else None
    return None


def _covers(windows: tuple[Window, ...], from_s: int, to_s: int) -> bool:
    # Openings may overlap: walk from one to the next while they cover the time.
    covered_to_s = from_s
    for opens_s, closes_s in sorted(windows):
        if opens_s <= covered_to_s:
            covered_to_s = max(covered_to_s, closes_s)
    is_inside = any(o <= from_s <= c for o, c in windows)
    return is_inside and covered_to_s >= to_s


def _breach(code: str, slot: TaskSlot, text: str) -> Breach:
    return Breach(
        code=code,
        text=f"task {slot.task!r} on {slot.machine!r}, "
        f"{slot.start_s}..{slot.end_s}: {text}",
    )
