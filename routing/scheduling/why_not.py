"""Why a step could not be placed: which constraint bound it, and what would help."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from routing.reason import Reason, minutes
from routing.scheduling.board import Board
from routing.scheduling.greedy import place_job
from routing.scheduling.options import Options, options_of
from routing.scheduling.precedence import in_order
from routing.scheduling.problem import (
    Job,
    Machine,
    Mode,
    Schedule,
    SchedulingProblem,
    Task,
    TaskSlot,
)
from routing.scheduling.transfers import last_fab, leaves_s
from routing.scheduling.why_never import why_never


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """Of one task that a schedule leaves out."""

    task: str
    order: str
    reason: Reason


def why_not(problem: SchedulingProblem, schedule: Schedule) -> tuple[WhyNot, ...]:
    """Return why, for every task without a slot."""
    options = options_of(problem)
    found: list[WhyNot] = []
    for job in problem.jobs:
        if job.id not in schedule.left_out:
            continue
        tasks = [task for task in job.tasks if task.frozen is None]
        never = {task.id: why_never(options, job, task) for task in tasks}
        bound = next((id_ for id_, reason in never.items() if reason), None)
        for task in tasks:
            reason = never[task.id]
            if reason is None and bound is not None:
                reason = Reason(
                    code="other-task",
                    text=f"it could be done, but task {bound} of its order could not",
                    remedy=f"what helps task {bound}",
                )
            if reason is None:
                reason = hindrance(problem, job, schedule.slots)
            found.append(WhyNot(task=task.id, order=job.id, reason=reason))
    return tuple(found)


def hindrance(
    problem: SchedulingProblem, job: Job, others: Iterable[TaskSlot]
) -> Reason:
    """Return what keeps the whole job out beside the slots of others.

    What is looked at in turn: each task for itself, all of them with nobody else there,
    then beside the others, at last the price.
    """
    options = options_of(problem, jobs=(job,))
    if in_order(job.tasks) is None:
        return Reason(
            code="task-circle",
            text="its tasks wait for each other",
            remedy="mend the order of steps in the design's process plan",
        )
    for task in job.tasks:
        reason = why_never(options, job, task)
        if reason is not None:
            return reason
    alone_s = _delivered_s(problem, options, job, ())
    if alone_s is None:
        return _cannot_follow(problem, options, job)
    if alone_s > job.deadline_s and not job.must:
        late_s = alone_s - job.deadline_s
        return Reason(
            code="too-late",
            text=f"even alone it would be there {minutes(late_s)} after its latest time",
            remedy=f"a latest time {minutes(late_s)} later",
        )
    slots = tuple(others)
    beside_s = _delivered_s(problem, options, job, slots)
    if beside_s is None or beside_s > job.deadline_s:
        return _taken(problem, job, slots, beside_s)
    return _too_dear(job)


def _cannot_follow(problem: SchedulingProblem, options: Options, job: Job) -> Reason:
    if not options.fabs[job.id]:
        return Reason(
            code="split-fabs",
            text=f"each of its {len(job.tasks)} tasks can be done somewhere, but no lab "
            "can do them all and none of those who can are joined by transfers",
            remedy="one lab with all the machines it needs, or a transfer between labs",
        )
    text = "its tasks fit into no opening of the machines one after the other"
    plain = replace(problem, machines=_never_set_up(problem))
    if _delivered_s(plain, options_of(plain, jobs=(job,)), job, ()) is not None:
        return Reason(
            code="set-up",
            text=f"{text}, set-ups included",
            remedy="longer opening hours, or a machine that is set up already",
        )
    return Reason(code="machines-closed", text=text, remedy="longer opening hours")


def _never_set_up(problem: SchedulingProblem) -> tuple[Machine, ...]:
    return tuple(replace(machine, setups=None) for machine in problem.machines)


def _taken(
    problem: SchedulingProblem,
    job: Job,
    others: Sequence[TaskSlot],
    beside_s: int | None,
) -> Reason:
    """Return which of what the others use is missing: material, set-ups or machines."""
    when = (
        "until they close"
        if beside_s is None
        else f"so that it would be there {minutes(beside_s - job.deadline_s)} "
        "after its latest time"
    )
    materials = ", ".join(sorted({t.material for t in job.tasks if t.grams}))
    if materials and _is_in_time(replace(problem, stocks=()), job, others):
        return Reason(
            code="material-taken",
            text=f"other orders take what there is of {materials}, {when}",
            remedy=f"more {materials}, or an earlier delivery of it",
        )
    plain = replace(problem, machines=_never_set_up(problem))
    if _is_in_time(plain, job, others):
        words = ", ".join(sorted({t.setup for t in job.tasks if t.setup}))
        return Reason(
            code="set-up",
            text=f"there is room on the machines, but not for setting them up for "
            f"{words} as well, {when}",
            remedy=f"a machine that stays set up for {words}, or a later latest time",
        )
    always = tuple(replace(task, modes=_unattended(task)) for task in job.tasks)
    if _is_in_time(problem, replace(job, tasks=always), others):
        return Reason(
            code="operators-away",
            text=f"the machines have room only while nobody who knows how is there, "
            f"{when}",
            remedy="longer hours of somebody who is trained for it",
        )
    return Reason(
        code="machines-full",
        text=f"the machines that can are taken by other orders, {when}",
        remedy="a later latest time, or one more machine of this kind",
    )


def _unattended(task: Task) -> tuple[Mode, ...]:
    return tuple(replace(mode, attended_s=0) for mode in task.modes)


def _is_in_time(
    problem: SchedulingProblem, job: Job, others: Sequence[TaskSlot]
) -> bool:
    jobs = tuple(job if other.id == job.id else other for other in problem.jobs)
    relaxed = replace(problem, jobs=jobs)
    delivered_s = _delivered_s(relaxed, options_of(relaxed, jobs=(job,)), job, others)
    return delivered_s is not None and delivered_s <= job.deadline_s


def _delivered_s(
    problem: SchedulingProblem,
    options: Options,
    job: Job,
    others: Iterable[TaskSlot],
) -> int | None:
    """Return when the job could be handed over beside `others`, whatever the price."""
    anyhow = replace(
        job, due_s=problem.now_s, left_out_cents=0, fab_cost_cents={}, must=True
    )
    board = Board(problem, options)
    for slot in others:
        if not slot.frozen and slot.order != job.id:
            board.put(slot)
    slots = place_job(problem, options, anyhow, board)
    if slots is None:
        return None
    fab = last_fab(job, slots, options.fab_of_machine)
    given_out_s = leaves_s(
        job, slots, options.fab_of_machine, options.calendars.presence, fab
    )
    return None if given_out_s is None else given_out_s + job.tail_s[fab]


def _too_dear(job: Job) -> Reason:
    cents = job.left_out_cents
    return Reason(
        code="too-dear",
        text=f"making it costs more than {cents // 100}.{cents % 100:02}, the price of "
        "leaving it out",
        remedy="a higher price, or a later wished time",
    )
