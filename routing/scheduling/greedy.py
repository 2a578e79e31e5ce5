"""A schedule at once: each job in turn into the fab where it then costs least."""

from collections.abc import Iterator

from routing.measures import FINE_PER_CENT
from routing.scheduling.board import Board
from routing.scheduling.cost import job_fine, late_fine, mode_fine, setup_fine
from routing.scheduling.options import Options
from routing.scheduling.problem import Job, Prices, SchedulingProblem, Task, TaskSlot


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
    board = Board(problem, options)
    slots: list[TaskSlot] = []
    left_out: list[str] = []
    for job in sorted(
        problem.jobs, key=lambda job: (not job.must, job.deadline_s, job.id)
    ):
        placed = place_job(problem, options, job, board)
        if placed is None:
            left_out.append(job.id)
            slots += frozen_slots(job)
            continue
        slots += placed
        for slot in placed:
            if not slot.frozen:
                board.put(slot)
    return slots, left_out


def place_job(
    problem: SchedulingProblem, options: Options, job: Job, board: Board
) -> list[TaskSlot] | None:
    """Return the job's cheapest slots beside what is on the board, which stays so.

    None if it is better left out.
    """
    best: list[TaskSlot] | None = None
    best_fine = FINE_PER_CENT * job.left_out_cents
    for fab in options.fabs[job.id]:
        placed = _place_in(problem, options, job, fab, board)
        if placed is None:
            continue
        slots, extra_setup_s = placed
        ended_s = max(slot.end_s for slot in slots)
        given_out_s = options.calendars.presence.given_out_s(fab, ended_s)
        if given_out_s is None:
            continue
        if given_out_s + job.tail_s[fab] > job.deadline_s and not job.must:
            continue
        fine = job_fine(job, slots, fab, given_out_s, problem.prices)
        fine += setup_fine(extra_setup_s, problem.prices)
        if fine < best_fine or (best is None and job.must):
            best, best_fine = slots, fine
    return best


def _place_in(
    problem: SchedulingProblem, options: Options, job: Job, fab: str, board: Board
) -> tuple[list[TaskSlot], int] | None:
    """Return the slots in this fab, and by how many seconds set-ups grow."""
    slots = frozen_slots(job)
    ended_s = {slot.task: slot.end_s for slot in slots}
    own: list[TaskSlot] = []
    extra_setup_s = 0
    for task in options.tasks[job.id]:
        if task.frozen is not None:
            continue
        from_s = max([job.release_s, *(ended_s[earlier] for earlier in task.after)])
        found = min(
            _ways(problem, options, job, (task, fab, from_s), board), default=None
        )
        if found is None:
            break
        _, _, _, slot, extra_s = found
        extra_setup_s += extra_s
        ended_s[task.id] = slot.end_s
        own.append(slot)
        board.put(slot)
    for slot in own:
        board.take(slot)
    is_whole = len(slots) + len(own) == len(options.tasks[job.id])
    return ([*slots, *own], extra_setup_s) if is_whole else None


def _ways(
    problem: SchedulingProblem,
    options: Options,
    job: Job,
    what: tuple[Task, str, int],
    board: Board,
) -> Iterator[tuple[int, int, int, TaskSlot, int]]:
    """Yield, for each mode that fits, what sorts first if it is best, and its slot."""
    task, fab, from_s = what
    for number, mode in enumerate(options.modes[task.id, fab]):
        fit = board.fit(task, mode, from_s=from_s)
        if fit is None:
            continue
        end_s = fit.start_s + mode.duration_s
        given_out_s = options.calendars.presence.given_out_s(fab, end_s)
        there_s = (end_s if given_out_s is None else given_out_s) + job.tail_s[fab]
        fine = _guess(job, there_s, problem.prices)
        fine += mode_fine(task, mode.machine, mode.cost_cents, problem.prices)
        fine += setup_fine(fit.extra_setup_s, problem.prices)
        slot = TaskSlot(
            task=task.id,
            order=job.id,
            machine=mode.machine,
            start_s=fit.start_s,
            end_s=end_s,
        )
        yield fine, end_s, number, slot, fit.extra_setup_s


def _guess(job: Job, delivered_s: int, prices: Prices) -> int:
    """Late as seen from a single task; past the deadline it must not be chosen."""
    fine = late_fine(job, delivered_s, prices)
    if delivered_s > job.deadline_s and not job.must:
        fine += FINE_PER_CENT * job.left_out_cents
    return fine
