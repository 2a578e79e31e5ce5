"""The schedule's referee: reads problem and schedule, shares no code with the solver."""

from collections.abc import Callable, Iterator
from itertools import pairwise

from routing.breach import Breach
from routing.scheduling.problem import (
    Machine,
    Schedule,
    SchedulingProblem,
    Task,
    TaskSlot,
)


def check(problem: SchedulingProblem, schedule: Schedule) -> tuple[Breach, ...]:
    """Return every breach of the problem's rules; empty means: it may be used."""
    breaches: list[Breach] = []
    for rule in RULES:
        found = list(rule(problem, schedule))
        breaches += found
        if found and rule is _complete:
            break  # the other rules look up what is missing
    return tuple(breaches)


def check_slots(
    machines: tuple[Machine, ...],
    tasks: tuple[Task, ...],
    slots: tuple[TaskSlot, ...],
    now_s: int,
) -> Iterator[Breach]:
    """Yield breaches of machines' rules: mode, opening, one at a time, sequence.

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
            elif slot.start_s < before.end_s:
                yield _breach(
                    "sequence", slot, f"starts before {earlier!r} ends, {before.end_s}"
                )
    yield from _one_at_a_time(slots)


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
    yield from check_slots(problem.machines, tasks, schedule.slots, problem.now_s)


def _jobs(problem: SchedulingProblem, schedule: Schedule) -> Iterator[Breach]:
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    for job in problem.jobs:
        own = [slot for slot in schedule.slots if slot.order == job.id]
        if job.id in schedule.left_out:
            continue
        fabs = {fab_of[slot.machine] for slot in own}
        if len(fabs) != 1 or not fabs <= set(job.tail_s):
            yield Breach(code="fab", text=f"job {job.id!r} is made in {sorted(fabs)}")
            continue
        if any(s.start_s < job.release_s for s in own if not s.frozen):
            yield Breach(code="release", text=f"job {job.id!r} starts before release")
        delivered_s = max(slot.end_s for slot in own) + job.tail_s[fabs.pop()]
        if delivered_s > job.deadline_s and not job.must:
            yield Breach(
                code="deadline",
                text=f"job {job.id!r} is there at {delivered_s}, "
                f"deadline {job.deadline_s}",
            )


def _bound(_problem: SchedulingProblem, schedule: Schedule) -> Iterator[Breach]:
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
    # Openings may overlap: walk from one to the next while they cover the slot.
    covered_to_s = slot.start_s
    for opens_s, closes_s in sorted(machine.open_windows):
        if opens_s <= covered_to_s:
            covered_to_s = max(covered_to_s, closes_s)
    is_inside = any(o <= slot.start_s <= c for o, c in machine.open_windows)
    if covered_to_s < slot.end_s or not is_inside:
        yield _breach("closed", slot, f"lies outside the openings of {machine.id!r}")


def _one_at_a_time(slots: tuple[TaskSlot, ...]) -> Iterator[Breach]:
    by_machine: dict[str, list[TaskSlot]] = {}
    for slot in slots:
        if slot.end_s > slot.start_s:  # an instant keeps nobody from the machine
            by_machine.setdefault(slot.machine, []).append(slot)
    for own in by_machine.values():
        own.sort(key=lambda slot: (slot.start_s, slot.end_s))
        last = own[0]
        for before, slot in pairwise(own):
            last = max(last, before, key=lambda each: each.end_s)
            if slot.start_s < last.end_s and not (slot.frozen and last.frozen):
                yield _breach("overlap", slot, f"overlaps task {last.task!r}")


def _breach(code: str, slot: TaskSlot, text: str) -> Breach:
    return Breach(
        code=code,
        text=f"task {slot.task!r} on {slot.machine!r}, "
        f"{slot.start_s}..{slot.end_s}: {text}",
    )


type Rule = Callable[[SchedulingProblem, Schedule], Iterator[Breach]]
RULES: tuple[Rule, ...] = (_complete, _machines, _jobs, _bound)
