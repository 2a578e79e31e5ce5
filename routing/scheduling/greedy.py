"""A schedule at once: each job in turn into the fab where it then costs least."""

from collections.abc import Sequence

from routing.measures import FINE_PER_CENT
from routing.scheduling.calendars import earliest_start_s, merged, without
from routing.scheduling.cost import job_fine, late_fine, mode_fine
from routing.scheduling.options import Options
from routing.scheduling.problem import Job, Prices, SchedulingProblem, TaskSlot, Window


def frozen_slots(job: Job) -> list[TaskSlot]:
    """Return the slots of the job's started tasks."""
    return [
        TaskSlot(
            task=task.id,
            order=job.id,
            machine=task.frozen.machine,
            start_s=task.frozen.start_s,
            end_s=task.frozen.end_s,
            frozen=True,
        )
        for task in job.tasks
        if task.frozen is not None
    ]


def greedy_schedule(
    problem: SchedulingProblem, options: Options
) -> tuple[list[TaskSlot], list[str]]:
    """Return slots and the ids left out; promised jobs first, then by deadline."""
    busy: dict[str, list[Window]] = {machine: [] for machine in options.free}
    slots: list[TaskSlot] = []
    left_out: list[str] = []
    for job in sorted(
        problem.jobs, key=lambda job: (not job.must, job.deadline_s, job.id)
    ):
        placed = place_job(problem, options, job, busy)
        if placed is None:
            left_out.append(job.id)
            slots += frozen_slots(job)
            continue
        slots += placed
        for slot in placed:
            if not slot.frozen:
                busy[slot.machine].append((slot.start_s, slot.end_s))
    return slots, left_out


def place_job(
    problem: SchedulingProblem,
    options: Options,
    job: Job,
    busy: dict[str, list[Window]],
) -> list[TaskSlot] | None:
    """Return the job's cheapest slots beside `busy`, None if it is better left out."""
    best: list[TaskSlot] | None = None
    best_fine = FINE_PER_CENT * job.left_out_cents
    for fab in options.fabs[job.id]:
        slots = _place_in(problem, options, job, fab, busy)
        if slots is None or not _is_in_time(job, slots, fab):
            continue
        fine = job_fine(job, slots, fab, problem.prices)
        if fine < best_fine or (best is None and job.must):
            best, best_fine = slots, fine
    return best


def _is_in_time(job: Job, slots: Sequence[TaskSlot], fab: str) -> bool:
    ended_s = max(slot.end_s for slot in slots)
    return job.must or ended_s + job.tail_s[fab] <= job.deadline_s


def _place_in(
    problem: SchedulingProblem,
    options: Options,
    job: Job,
    fab: str,
    busy: dict[str, list[Window]],
) -> list[TaskSlot] | None:
    slots = frozen_slots(job)
    ended_s = {slot.task: slot.end_s for slot in slots}
    own: dict[str, list[Window]] = {}
    for task in options.tasks[job.id]:
        if task.frozen is not None:
            continue
        from_s = max([job.release_s, *(ended_s[earlier] for earlier in task.after)])
        found: tuple[int, int, str, int] | None = None
        for mode in options.modes[task.id, fab]:
            taken = merged(busy[mode.machine] + own.get(mode.machine, []))
            start_s = earliest_start_s(
                without(options.free[mode.machine], taken),
                from_s=from_s,
                duration_s=mode.duration_s,
            )
            if start_s is None:
                continue
            end_s = start_s + mode.duration_s
            fine = _guess(job, end_s + job.tail_s[fab], problem.prices) + mode_fine(
                task, mode.machine, mode.cost_cents, problem.prices
            )
            candidate = (fine, end_s, mode.machine, start_s)
            found = candidate if found is None else min(found, candidate)
        if found is None:
            return None
        _, end_s, machine, start_s = found
        slots.append(
            TaskSlot(
                task=task.id,
                order=job.id,
                machine=machine,
                start_s=start_s,
                end_s=end_s,
            )
        )
        ended_s[task.id] = end_s
        own.setdefault(machine, []).append((start_s, end_s))
    return slots


def _guess(job: Job, delivered_s: int, prices: Prices) -> int:
    """Late as seen from a single task; past the deadline it must not be chosen."""
    fine = late_fine(job, delivered_s, prices)
    if delivered_s > job.deadline_s and not job.must:
        fine += FINE_PER_CENT * job.left_out_cents
    return fine
