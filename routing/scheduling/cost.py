"""What a schedule costs: the one sum that every part of this room minimises."""

from collections.abc import Sequence

from routing.measures import FINE_PER_CENT, FINE_PER_CENT_MINUTE_SECOND
from routing.scheduling.presence import Presence
from routing.scheduling.problem import (
    Job,
    Mode,
    Prices,
    SchedulingProblem,
    Task,
    TaskSlot,
)
from routing.scheduling.setups import all_setups_s
from routing.scheduling.transfers import (
    carried_cents,
    last_fab,
    leaves_s,
    ways_between,
)


def late_fine(job: Job, delivered_s: int, prices: Prices) -> int:
    """Return the price of handing the job over at `delivered_s`."""
    late_s = max(0, delivered_s - job.due_s)
    very_late_s = max(0, delivered_s - job.deadline_s) if job.must else 0
    per_second = (
        late_s * prices.late_cents_per_minute
        + very_late_s * prices.very_late_cents_per_minute
    )
    return per_second * FINE_PER_CENT_MINUTE_SECOND


def mode_fine(task: Task, machine: str, cost_cents: int, prices: Prices) -> int:
    """Return the price of doing the task there, change of machine included."""
    moved = task.previous_machine not in {None, machine}
    return FINE_PER_CENT * (cost_cents + moved * prices.moved_machine_cents)


def job_fine(
    job: Job, slots: Sequence[TaskSlot], fab: str, given_out_s: int, prices: Prices
) -> int:
    """Return the price of a job kept, made in these slots and given out by `fab` then."""
    fine = FINE_PER_CENT * job.fab_cost_cents.get(fab, 0)
    fine += late_fine(job, given_out_s + job.tail_s[fab], prices)
    slot_of = {slot.task: slot for slot in slots}
    for task in job.tasks:
        if task.frozen is None:
            slot = slot_of[task.id]
            cents = mode_of(task, slot).cost_cents
            fine += mode_fine(task, slot.machine, cents, prices)
    return fine


def mode_of(task: Task, slot: TaskSlot) -> Mode:
    """Return the mode that the slot is of, the cheapest if several."""
    fitting = (
        mode
        for mode in task.modes
        if mode.machine == slot.machine and mode.duration_s == slot.end_s - slot.start_s
    )
    return min(fitting, key=lambda mode: mode.cost_cents)


def schedule_fine(
    problem: SchedulingProblem, slots: Sequence[TaskSlot], left_out: Sequence[str]
) -> int:
    """Return the price of the whole schedule in fine units."""
    fab_of_machine = {machine.id: machine.fab for machine in problem.machines}
    presence = Presence(problem.operators)
    ways = ways_between(problem.transfers)
    of_job: dict[str, list[TaskSlot]] = {job.id: [] for job in problem.jobs}
    for slot in slots:
        of_job[slot.order].append(slot)
    fine = 0
    for job in problem.jobs:
        if job.id in left_out:
            fine += FINE_PER_CENT * job.left_out_cents
        else:
            own = of_job[job.id]
            fab = last_fab(job, own, fab_of_machine)
            cents = carried_cents(job, own, fab_of_machine, ways)
            fine += FINE_PER_CENT * cents
            given_out_s = leaves_s(job, own, fab_of_machine, presence, fab)
            if given_out_s is None:
                raise ValueError(f"job {job.id!r} ends when nobody comes any more")
            fine += job_fine(job, own, fab, given_out_s, problem.prices)
    fine += setup_fine(setups_s(problem, slots), problem.prices)
    return fine + makespan_fine(problem, slots, left_out)


def setup_fine(seconds: int, prices: Prices) -> int:
    """Return the price of so many seconds of set-ups, negative for fewer."""
    return FINE_PER_CENT_MINUTE_SECOND * prices.setup_cents_per_minute * seconds


def setups_s(problem: SchedulingProblem, slots: Sequence[TaskSlot]) -> int:
    """Return the seconds of all set-ups, those before frozen tasks included."""
    setup_of = {task.id: task.setup for job in problem.jobs for task in job.tasks}
    seen: set[tuple[str, int, int]] = set()
    sequences: dict[str, list[str]] = {machine.id: [] for machine in problem.machines}
    for slot in sorted(slots, key=lambda slot: (slot.start_s, slot.end_s, slot.task)):
        run = (slot.machine, slot.start_s, slot.end_s)
        if slot.end_s > slot.start_s and (slot.frozen or run not in seen):
            sequences[slot.machine].append(setup_of[slot.task])
            seen.add(run)  # who shares it needs no set-up
    return sum(
        all_setups_s(machine.setups, sequences[machine.id])
        for machine in problem.machines
    )


def makespan_fine(
    problem: SchedulingProblem, slots: Sequence[TaskSlot], left_out: Sequence[str]
) -> int:
    """Return the price of the time from now to the end of the last kept task."""
    apart = set(left_out)
    ends_s = (slot.end_s for slot in slots if slot.order not in apart)
    lasts_s = max(0, max(ends_s, default=problem.now_s) - problem.now_s)
    per_minute = problem.prices.makespan_cents_per_minute
    return FINE_PER_CENT_MINUTE_SECOND * per_minute * lasts_s
