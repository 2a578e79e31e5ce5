"""The referee's own arithmetic: what a schedule costs, added up from problem and slots."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from routing.scheduling.problem import (
    Job,
    Machine,
    Operator,
    Schedule,
    SchedulingProblem,
    TaskSlot,
)


class Staffed(Protocol):
    """Any problem that knows who is where when."""

    @property
    def operators(self) -> tuple[Operator, ...]:
        """Everybody."""


def whole_fine(problem: SchedulingProblem, schedule: Schedule) -> int:
    """Return the price in 1/18000 cent. Every slot must be of a mode of its task."""
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    fine, last_s = 0, problem.now_s
    for job in problem.jobs:
        own = [slot for slot in schedule.slots if slot.order == job.id]
        if job.id in schedule.left_out:
            fine += 18_000 * job.left_out_cents
            continue
        where = {slot.task: fab_of[slot.machine] for slot in own}
        fine += _job_fine(problem, job, own, last_fabs(job, where).pop())
        fine += 18_000 * _carried_cents(problem, job, where)
        last_s = max([last_s, *(slot.end_s for slot in own)])
    minutes = problem.prices.makespan_cents_per_minute * (last_s - problem.now_s)
    for machine in problem.machines:
        setups_s = _setups_s(problem, schedule, machine)
        minutes += problem.prices.setup_cents_per_minute * setups_s
    return fine + 300 * minutes


def _job_fine(
    problem: SchedulingProblem, job: Job, own: list[TaskSlot], fab: str
) -> int:
    prices = problem.prices
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    task_of = {task.id: task for task in job.tasks}
    ends_s = [
        finished_s(
            problem.operators,
            fab_of[slot.machine],
            slot.end_s,
            task_of[slot.task].lag_s,
        )
        for slot in own
    ]
    ended_s = max(end_s or 0 for end_s in ends_s)
    there_s = _leaves_s(problem, fab, ended_s) + job.tail_s[fab]
    fine = 300 * prices.late_cents_per_minute * max(0, there_s - job.due_s)
    if job.must:
        very_late_s = max(0, there_s - job.deadline_s)
        fine += 300 * prices.very_late_cents_per_minute * very_late_s
    cents = job.fab_cost_cents.get(fab, 0)
    for slot in own:
        task = task_of[slot.task]
        if task.frozen is not None:
            continue
        cents += min(
            mode.cost_cents
            for mode in task.modes
            if (mode.machine, slot.start_s + mode.duration_s)
            == (slot.machine, slot.end_s)
        )
        if task.previous_machine is not None and task.previous_machine != slot.machine:
            cents += prices.moved_machine_cents
    return fine + 18_000 * cents


def last_fabs(job: Job, where: Mapping[str, str]) -> set[str]:
    """Return the fabs of the tasks that no other waits for (of all, on a frozen circle)."""
    waited_for = {earlier for task in job.tasks for earlier in task.after}
    last = {where[task.id] for task in job.tasks if task.id not in waited_for}
    return last or set(where.values())


def _carried_cents(
    problem: SchedulingProblem, job: Job, where: Mapping[str, str]
) -> int:
    cents = 0
    for task in job.tasks:
        for earlier in task.after if task.frozen is None else ():
            for transfer in problem.transfers:
                if (transfer.from_fab, transfer.to_fab) == (
                    where[earlier],
                    where[task.id],
                ) and where[earlier] != where[task.id]:
                    cents += transfer.cents
    return cents


def _leaves_s(problem: SchedulingProblem, fab: str, ended_s: int) -> int:
    leaves_s = given_out_s(problem, fab, ended_s)
    return ended_s if leaves_s is None else leaves_s


def given_out_s(problem: Staffed, fab: str, ended_s: int) -> int | None:
    """Return when somebody is there to give out what ended then, None if never."""
    people = [operator for operator in problem.operators if operator.fab == fab]
    if not people:
        return ended_s
    times_s = [
        max(comes_s, ended_s)
        for operator in people
        for comes_s, goes_s in operator.hours
        if comes_s < goes_s and ended_s <= goes_s
    ]
    return min(times_s, default=None)


def finished_s(
    operators: Sequence[Operator], fab: str, ended_s: int, lag_s: int
) -> int | None:
    """Return when people have done so much by hand after the end, None if never."""
    people = [operator for operator in operators if operator.fab == fab]
    if lag_s == 0 or not people:
        return ended_s + lag_s
    at_s, left_s = ended_s, lag_s
    for comes_s, goes_s in sorted(hours for one in people for hours in one.hours):
        at_s = max(at_s, comes_s)
        if at_s < goes_s:
            worked_s = min(left_s, goes_s - at_s)
            at_s, left_s = at_s + worked_s, left_s - worked_s
            if left_s == 0:
                return at_s
    return None


def _setups_s(problem: SchedulingProblem, schedule: Schedule, machine: Machine) -> int:
    if machine.setups is None:
        return 0
    word_of = {task.id: task.setup for job in problem.jobs for task in job.tasks}
    runs = sorted(
        (slot.start_s, slot.end_s, slot.task, slot.frozen)
        for slot in schedule.slots
        if slot.machine == machine.id and slot.end_s > slot.start_s
    )
    seconds, was = 0, machine.setups.loaded
    for number, (start_s, end_s, task, is_frozen) in enumerate(runs):
        if number and not is_frozen and runs[number - 1][:2] == (start_s, end_s):
            continue  # they share a run
        word = word_of[task]
        if was is not None:
            other_s = machine.setups.other_s if word != was else 0
            seconds += machine.setups.seconds.get((was, word), other_s)
        was = word
    return seconds
