"""A schedule at once: each job in turn into the fab where it then costs least."""

from collections.abc import Iterator, Sequence
from itertools import product

from routing.measures import FINE_PER_CENT
from routing.scheduling.board import Board
from routing.scheduling.cost import job_fine, late_fine, mode_fine, setup_fine
from routing.scheduling.options import Options
from routing.scheduling.problem import Job, Prices, SchedulingProblem, Task, TaskSlot
from routing.scheduling.transfers import (
    carried_cents,
    finished,
    leaves_s,
    there_s,
)


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
    for fab, nearby in product(options.fabs[job.id], _how_near(options)):
        placed = _place_in(problem, options, job, (fab, nearby), board)
        if placed is None:
            continue
        slots, extra_setup_s = placed
        given_out_s = leaves_s(
            job, slots, options.fab_of_machine, options.calendars.presence, fab
        )
        if given_out_s is None:
            continue
        if given_out_s + job.tail_s[fab] > job.deadline_s and not job.must:
            continue
        fine = job_fine(job, slots, fab, given_out_s, problem.prices)
        fine += setup_fine(extra_setup_s, problem.prices)
        fine += FINE_PER_CENT * carried_cents(
            job, slots, options.fab_of_machine, options.transfers
        )
        if fine < best_fine or (best is None and job.must):
            best, best_fine = slots, fine
    return best


def _how_near(options: Options) -> tuple[bool, ...]:
    """All in one fab; if fabs are joined, also with tasks wherever they end first."""
    return (True, False) if options.transfers else (True,)


def _place_in(
    problem: SchedulingProblem,
    options: Options,
    job: Job,
    where: tuple[str, bool],
    board: Board,
) -> tuple[list[TaskSlot], int] | None:
    """Return the slots with the last ones in this fab, and how much set-ups grow."""
    slots = frozen_slots(job)
    fab_of, presence = options.fab_of_machine, options.calendars.presence
    task_of = {task.id: task for task in job.tasks}
    ended = {
        slot.task: finished(presence, task_of[slot.task], slot, fab_of[slot.machine])
        for slot in slots
    }
    own: list[TaskSlot] = []
    extra_setup_s = 0
    for task in options.tasks[job.id]:
        if task.frozen is not None:
            continue
        before = [ended[earlier] for earlier in task.after]
        found = min(
            _ways(problem, options, job, (task, where, before), board), default=None
        )
        if found is None:
            break
        _, _, _, slot, extra_s = found
        extra_setup_s += extra_s
        ended[task.id] = finished(presence, task, slot, fab_of[slot.machine])
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
    what: tuple[Task, tuple[str, bool], Sequence[tuple[int, str] | None]],
    board: Board,
) -> Iterator[tuple[int, int, int, TaskSlot, int]]:
    """Yield, for each mode that fits, what sorts first if it is best, and its slot."""
    task, (fab, is_near), before = what
    presence = options.calendars.presence
    for number, mode in enumerate(options.modes[task.id, fab]):
        own_fab = options.fab_of_machine[mode.machine]
        if is_near and own_fab != fab:
            continue
        from_s = free_from_s(options, job, before, own_fab)
        fit = None if from_s is None else board.fit(task, mode, from_s=from_s)
        if fit is None:
            continue
        end_s = fit.start_s + mode.duration_s
        done_s = presence.finished_s(own_fab, end_s, task.lag_s)
        if done_s is None:
            continue
        given_out_s = presence.given_out_s(fab, done_s)
        there_s = (done_s if given_out_s is None else given_out_s) + job.tail_s[fab]
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


def free_from_s(
    options: Options, job: Job, before: Sequence[tuple[int, str] | None], fab: str
) -> int | None:
    """Return when a task may begin in the fab after what ended `before`; None: never."""
    times_s = [job.release_s]
    for ended in before:
        at_s = there_s(options.transfers, options.calendars.presence, ended, fab)
        if at_s is None:
            return None
        times_s.append(at_s)
    return max(times_s)


def _guess(job: Job, delivered_s: int, prices: Prices) -> int:
    """Late as seen from a single task; past the deadline it must not be chosen."""
    fine = late_fine(job, delivered_s, prices)
    if delivered_s > job.deadline_s and not job.must:
        fine += FINE_PER_CENT * job.left_out_cents
    return fine
