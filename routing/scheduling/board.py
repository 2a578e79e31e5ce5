"""What lies on the machines so far, and where one more task fits at the earliest."""

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from routing.measures import SECONDS_MAX
from routing.scheduling.cost import mode_of
from routing.scheduling.nesting import go_together, lies_on
from routing.scheduling.options import Options
from routing.scheduling.problem import (
    Mode,
    SchedulingProblem,
    Setups,
    Task,
    TaskSlot,
)
from routing.scheduling.setups import setup_s
from routing.scheduling.stocks import Shelves

FAR_S = 4 * SECONDS_MAX


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """One run of a machine: when, and what the machine is set for then."""

    start_s: int
    end_s: int
    task: str
    setup: str
    mode: Mode | None = field(compare=False)  # None: it is frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Where a task fits: its start, and by how much all set-ups together grow."""

    start_s: int
    extra_setup_s: int


class Board:
    """Runs by machine, in sequence. Tasks that take no time are in nobody's way."""

    def __init__(self, problem: SchedulingProblem, options: Options) -> None:
        """Begin with the frozen tasks."""
        self._calendars = options.calendars
        self._setups: dict[str, Setups | None] = {
            machine.id: machine.setups for machine in problem.machines
        }
        self._fab_of = options.fab_of_machine
        self._shelves = Shelves(options.stocks)
        self._beds = options.beds
        self._task_of = {task.id: task for job in problem.jobs for task in job.tasks}
        self._runs: dict[str, list[Run]] = {m.id: [] for m in problem.machines}
        for task in self._task_of.values():
            if task.frozen is not None and task.frozen.end_s > task.frozen.start_s:
                run = Run(
                    task.frozen.start_s, task.frozen.end_s, task.id, task.setup, None
                )
                insort(self._runs[task.frozen.machine], run)

    def put(self, slot: TaskSlot) -> None:
        """Lay the task there, whether it fits or not."""
        fab = self._fab_of[slot.machine]
        self._shelves.take(fab, self._task_of[slot.task], slot.start_s)
        if slot.end_s > slot.start_s:
            insort(self._runs[slot.machine], self._run(slot))

    def take(self, slot: TaskSlot) -> int:
        """Take the task away again; return where in its machine's sequence it was."""
        fab = self._fab_of[slot.machine]
        self._shelves.put_back(fab, self._task_of[slot.task])
        if slot.end_s == slot.start_s:
            return 0
        runs = self._runs[slot.machine]
        at = bisect_left(runs, self._run(slot))
        del runs[at]
        return at

    def fit(
        self, task: Task, mode: Mode, *, from_s: int, at: int | None = None
    ) -> Fit | None:
        """Return where the task fits first, None if nowhere.

        `at`: it must have this place in the machine's sequence.
        """
        enough_s = self._shelves.first_s(self._fab_of[mode.machine], task)
        if enough_s is None:
            return None
        from_s = max(from_s, enough_s)
        if mode.duration_s == 0:
            start_s = self._open_s(mode, from_s, 0, -FAR_S, FAR_S)
            return None if start_s is None else Fit(start_s=start_s, extra_setup_s=0)
        runs = self._runs[mode.machine]
        first = bisect_left(runs, from_s, key=lambda run: run.start_s)
        places = range(first, len(runs) + 1) if at is None else (at,)
        shared_s = self._shared_s(task, mode, from_s) if at is None else None
        for place in places:
            found = self._fit_at(task, mode, from_s, place)
            if found is not None:
                if shared_s is not None and shared_s <= found.start_s:
                    break
                return found
        if shared_s is not None:
            return Fit(start_s=shared_s, extra_setup_s=0)
        return None

    def _shared_s(self, task: Task, mode: Mode, from_s: int) -> int | None:
        """Return when the first run starts that has room for the task, too."""
        bed = self._beds.get(mode.machine)
        if task.batch is None or bed is None:
            return None
        aboard: dict[int, list[Task]] = {}
        for run in self._runs[mode.machine]:
            other = self._task_of[run.task]
            if (
                run.mode is not None
                and run.start_s >= from_s
                and go_together((task, mode), (other, run.mode))
            ):
                aboard.setdefault(run.start_s, []).append(other)
        return next(
            (at for at, tasks in aboard.items() if lies_on(bed, [task, *tasks])), None
        )

    def _run(self, slot: TaskSlot) -> Run:
        task = self._task_of[slot.task]
        mode = mode_of(task, slot)
        return Run(slot.start_s, slot.end_s, slot.task, task.setup, mode)

    def _fit_at(self, task: Task, mode: Mode, from_s: int, place: int) -> Fit | None:
        runs, setups = self._runs[mode.machine], self._setups[mode.machine]
        ready_s, was = -FAR_S, None if setups is None else setups.loaded
        if place > 0:
            ready_s, was = runs[place - 1].end_s, runs[place - 1].setup
        own_s = setup_s(setups, was, task.setup)
        until_s, next_s, gone_s = FAR_S, 0, 0
        if place < len(runs):
            following = runs[place]
            next_s = setup_s(setups, task.setup, following.setup)
            gone_s = setup_s(setups, was, following.setup)
            if next_s > gone_s and not self._may_begin(following, next_s):
                return None
            until_s = following.start_s - next_s
        if until_s - ready_s < own_s + mode.duration_s:
            return None
        start_s = self._open_s(mode, from_s, own_s, ready_s, until_s)
        if start_s is None:
            return None
        return Fit(start_s=start_s, extra_setup_s=own_s + next_s - gone_s)

    def _open_s(
        self, mode: Mode, from_s: int, own_s: int, ready_s: int, until_s: int
    ) -> int | None:
        for first_s, last_s in self._calendars.starts(mode, own_s):
            start_s = max(from_s, first_s, ready_s + own_s)
            if start_s <= last_s and start_s + mode.duration_s <= until_s:
                return start_s
        return None

    def _may_begin(self, run: Run, setup_s: int) -> bool:
        """Whether the run may begin when it does after a longer set-up, too."""
        return run.mode is None or any(
            first_s <= run.start_s <= last_s
            for first_s, last_s in self._calendars.starts(run.mode, setup_s)
        )
