"""What is open to each job: its fabs, and for each task the modes worth a thought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from routing.scheduling.calendars import free_windows, overlaps
from routing.scheduling.nesting import lies_on
from routing.scheduling.precedence import in_order, last_of
from routing.scheduling.presence import Presence
from routing.scheduling.problem import Bed, Job, Mode, SchedulingProblem, Task, Window
from routing.scheduling.stocks import Key, Shelves, Step, left_of
from routing.scheduling.transfers import Ways, origins, ways_between


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendars:
    """When machines are free and people are there, and so when a task may begin."""

    free: Mapping[str, tuple[Window, ...]]
    fab_of_machine: Mapping[str, str]
    presence: Presence
    known: dict[tuple[str, int, int, str, int], tuple[Window, ...]] = field(
        default_factory=dict
    )

    def starts(self, mode: Mode, setup_s: int = 0) -> tuple[Window, ...]:
        """Return from when to when a task may begin after a set-up, others aside."""
        key = (mode.machine, mode.duration_s, mode.attended_s, mode.training, setup_s)
        found = self.known.get(key)
        if found is None:
            found = tuple(
                (opens_s + setup_s, closes_s - mode.duration_s)
                for opens_s, closes_s in self.free[mode.machine]
                if closes_s - opens_s >= setup_s + mode.duration_s
            )
            if mode.attended_s:
                fab = self.fab_of_machine[mode.machine]
                attended = (
                    (comes_s + setup_s, goes_s - mode.attended_s)
                    for comes_s, goes_s in self.presence.hours(fab, mode.training)
                )
                found = overlaps(found, tuple(attended))
            self.known[key] = found
        return found

    def frozen_done_s(self, task: Task) -> int | None:
        """Return when a frozen task, work by hand included, is done; None: never."""
        if task.frozen is None:
            raise ValueError(f"task {task.id!r} is not frozen")
        fab = self.fab_of_machine[task.frozen.machine]
        return self.presence.finished_s(fab, task.frozen.end_s, task.lag_s)

    def done_s(self, task: Task, mode: Mode, from_s: int) -> int | None:
        """Return when the task, work by hand included, is done at best, others aside.

        None: there is no time to begin it from `from_s` on, or nobody to end it.
        """
        starts = self.starts(mode)
        first = next((window for window in starts if window[1] >= from_s), None)
        if first is None:
            return None
        ended_s = max(first[0], from_s) + mode.duration_s
        fab = self.fab_of_machine[mode.machine]
        return self.presence.finished_s(fab, ended_s, task.lag_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is possible before any two jobs compete.

    `fabs`: by job, where its last tasks can be done
    (empty: nowhere). `modes`: by task and that fab, the modes that fit an opening.
    `tasks`: by job, in a feasible order (empty on a circle). `stocks`: see left_of().
    """

    calendars: Calendars
    fab_of_machine: Mapping[str, str]
    tasks: Mapping[str, tuple[Task, ...]]
    fabs: Mapping[str, tuple[str, ...]]
    modes: Mapping[tuple[str, str], tuple[Mode, ...]]
    stocks: Mapping[Key, tuple[Step, ...]]
    transfers: Ways
    beds: Mapping[str, Bed]

    @property
    def free(self) -> Mapping[str, tuple[Window, ...]]:
        """By machine, its windows without frozen tasks."""
        return self.calendars.free


def options_of(
    problem: SchedulingProblem,
    calendars: Calendars | None = None,
    *,
    jobs: Sequence[Job] | None = None,
) -> Options:
    """Return what is open to each job of the problem, or to these `jobs` alone.

    `calendars`: of these machines where more is frozen than this problem knows of.
    """
    fab_of_machine = {machine.id: machine.fab for machine in problem.machines}
    calendars = calendars or Calendars(
        free=free_windows(problem),
        fab_of_machine=fab_of_machine,
        presence=Presence(problem.operators),
    )
    transfers = ways_between(problem.transfers)
    beds = {m.id: m.bed for m in problem.machines if m.bed is not None}
    stocks = left_of(problem)
    shelves = Shelves(stocks)
    tasks: dict[str, tuple[Task, ...]] = {}
    fabs: dict[str, tuple[str, ...]] = {}
    modes: dict[tuple[str, str], tuple[Mode, ...]] = {}
    for job in problem.jobs if jobs is None else jobs:
        tasks[job.id] = in_order(job.tasks) or ()
        possible = []
        last = last_of(job.tasks)
        for fab in () if _is_stuck(calendars, job) else sorted(job.tail_s):
            around = origins(transfers, fab)
            near = {
                task.id: frozenset({fab}) if task.id in last else around
                for task in tasks[job.id]
            }
            found = {
                task.id: _modes(job, task, near[task.id], (calendars, shelves, beds))
                for task in tasks[job.id]
            }
            is_shut = calendars.presence.doors(fab) == ()
            if (
                not is_shut
                and found
                and all(
                    found[task.id] or _is_there(task, near[task.id], fab_of_machine)
                    for task in tasks[job.id]
                )
            ):
                possible.append(fab)
                modes |= {(task, fab): ways for task, ways in found.items()}
        fabs[job.id] = tuple(possible)
    return Options(
        calendars=calendars,
        fab_of_machine=fab_of_machine,
        tasks=tasks,
        fabs=fabs,
        modes=modes,
        stocks=stocks,
        transfers=transfers,
        beds=beds,
    )


def _is_stuck(calendars: Calendars, job: Job) -> bool:
    """Whether something of the job has started that nobody can end by hand."""
    begun = (task for task in job.tasks if task.frozen is not None)
    return any(calendars.frozen_done_s(task) is None for task in begun)


def _is_there(
    task: Task, fabs: frozenset[str], fab_of_machine: Mapping[str, str]
) -> bool:
    return task.frozen is not None and fab_of_machine[task.frozen.machine] in fabs


def _modes(
    job: Job,
    task: Task,
    fabs: frozenset[str],
    means: tuple[Calendars, Shelves, Mapping[str, Bed]],
) -> tuple[Mode, ...]:
    if task.frozen is not None:
        return ()
    calendars, shelves, beds = means
    enough_s = {fab: shelves.first_s(fab, task) for fab in fabs}
    found = []
    for mode in task.modes:
        from_s = enough_s.get(calendars.fab_of_machine[mode.machine])
        if from_s is None or not lies_on(beds.get(mode.machine), [task]):
            continue
        if calendars.done_s(task, mode, max(job.release_s, from_s)) is not None:
            found.append(mode)
    return tuple(found)
