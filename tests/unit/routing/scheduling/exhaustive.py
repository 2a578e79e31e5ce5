"""Every schedule of a tiny problem: each task by each mode at each second."""

from dataclasses import dataclass, replace
from itertools import product

from routing.scheduling.check import check
from routing.scheduling.problem import (
    Job,
    Schedule,
    SchedulingProblem,
    Task,
    TaskSlot,
)
from routing.scheduling.solve import solve
from routing.scheduling.sums import whole_fine


@dataclass(frozen=True, slots=True)
class _Way:
    """One way for one job: its slots (None: left out), and what that costs alone."""

    slots: tuple[TaskSlot, ...] | None
    fine: int


def assert_none_is_cheaper(problem: SchedulingProblem, *, until_s: int) -> None:
    """The referee accepts what is planned, and nothing cheaper up to `until_s`."""
    schedule = solve(problem, seed=1, work=2.0)
    assert check(problem, schedule) == ()
    assert schedule.cost_fine == least_fine(problem, until_s=until_s)
    assert schedule.bound_fine <= schedule.cost_fine


def least_fine(problem: SchedulingProblem, *, until_s: int) -> int:
    """Return the least cost of all schedules that the referee accepts.

    No planner's code: slots are laid at every second up to `until_s`, the referee says
    what may be. Jobs cost at least what they cost alone.
    """
    ways = [_ways(problem, job, until_s) for job in problem.jobs]
    least_after = [0] * (len(ways) + 1)
    for i in range(len(ways) - 1, -1, -1):
        least_after[i] = least_after[i + 1] + ways[i][0].fine
    best = sum(18_000 * job.left_out_cents for job in problem.jobs) + 1

    def go_on(chosen: tuple[_Way, ...], fine: int) -> None:
        nonlocal best
        at = len(chosen)
        if at == len(ways):
            found = _schedule(problem, chosen)
            if found.cost_fine < best and check(problem, found) == ():
                best = found.cost_fine
            return
        for way in ways[at]:
            if fine + way.fine + least_after[at + 1] >= best:
                return
            if not _clashes(chosen, way):
                go_on((*chosen, way), fine + way.fine)

    go_on((), 0)
    return best


def _ways(problem: SchedulingProblem, job: Job, until_s: int) -> list[_Way]:
    prices = replace(
        problem.prices, setup_cents_per_minute=0, makespan_cents_per_minute=0
    )
    own = replace(problem, jobs=(job,), prices=prices)
    ways = [_Way(None, 18_000 * job.left_out_cents)]
    for slots in product(*(_slots(problem, task, until_s) for task in job.tasks)):
        alone = Schedule(slots=slots, left_out=(), cost_fine=0, bound_fine=0)
        faults = {breach.code for breach in check(own, alone)}
        # A set-up depends on who was there before.
        if faults <= {"setup", "cost"}:
            ways.append(_Way(slots, whole_fine(own, alone)))
    ways.sort(key=lambda way: way.fine)
    return ways


def _slots(problem: SchedulingProblem, task: Task, until_s: int) -> list[TaskSlot]:
    if task.frozen is not None:
        return [
            _slot(task, task.frozen.machine, task.frozen.start_s, task.frozen.end_s)
        ]
    return [
        _slot(task, mode.machine, start_s, start_s + mode.duration_s)
        for mode in task.modes
        for start_s in range(problem.now_s, until_s - mode.duration_s + 1)
    ]


def _slot(task: Task, machine: str, start_s: int, end_s: int) -> TaskSlot:
    return TaskSlot(
        task=task.id,
        order=task.order,
        machine=machine,
        start_s=start_s,
        end_s=end_s,
        frozen=task.frozen is not None,
    )


def _clashes(chosen: tuple[_Way, ...], way: _Way) -> bool:
    others = [slot for other in chosen for slot in other.slots or ()]
    return any(
        slot.machine == other.machine
        and slot.start_s < other.end_s
        and other.start_s < slot.end_s
        and (slot.start_s, slot.end_s) != (other.start_s, other.end_s)
        and not (slot.frozen and other.frozen)
        for slot in way.slots or ()
        for other in others
    )


def _schedule(problem: SchedulingProblem, chosen: tuple[_Way, ...]) -> Schedule:
    slots = [slot for way in chosen for slot in way.slots or ()]
    left_out = []
    for job, way in zip(problem.jobs, chosen, strict=True):
        if way.slots is not None:
            continue
        left_out.append(job.id)
        slots += [
            slot
            for task in job.tasks
            if task.frozen is not None
            for slot in _slots(problem, task, 0)
        ]
    bare = Schedule(
        slots=tuple(slots), left_out=tuple(left_out), cost_fine=0, bound_fine=0
    )
    return Schedule(
        slots=bare.slots,
        left_out=bare.left_out,
        cost_fine=whole_fine(problem, bare),
        bound_fine=0,
    )
