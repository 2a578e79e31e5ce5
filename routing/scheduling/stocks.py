"""What of a material is left for whom: deliveries come, frozen tasks take theirs."""

from collections.abc import Iterable, Mapping, Sequence

from routing.measures import SECONDS_MAX
from routing.scheduling.problem import SchedulingProblem, Stock, Task

type Key = tuple[str, str]  # (fab, material)
type Step = tuple[int, int]  # (from_s, grams): so many in all from then on

NEVER_S = 4 * SECONDS_MAX


def left_of(problem: SchedulingProblem) -> dict[Key, tuple[Step, ...]]:
    """Return, by stock, how much all tasks that are not frozen may take, rising.

    What a frozen task takes later is kept for it; if that is not there, nobody else
    gets any either.
    """
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    taken: dict[Key, list[Step]] = {}
    for job in problem.jobs:
        for task in job.tasks:
            if task.frozen is not None and task.frozen.start_s >= problem.now_s:
                key = (fab_of[task.frozen.machine], task.material)
                taken.setdefault(key, []).append((task.frozen.start_s, -task.grams))
    return {
        (stock.fab, stock.material): _steps(
            stock, taken.get((stock.fab, stock.material), ())
        )
        for stock in problem.stocks
    }


def _steps(stock: Stock, taken: Iterable[Step]) -> tuple[Step, ...]:
    changes: dict[int, int] = {-NEVER_S: stock.grams}
    for at_s, grams in (*stock.deliveries, *taken):
        changes[at_s] = changes.get(at_s, 0) + grams
    levels, level = [], 0
    for at_s in sorted(changes):
        level += changes[at_s]
        levels.append((at_s, level))
    steps: list[Step] = []
    least = levels[-1][1]
    for at_s, level in reversed(levels):
        least = min(least, level)
        if steps and steps[-1][1] == max(0, least):
            steps.pop()
        steps.append((at_s, max(0, least)))
    return tuple(reversed(steps))


class Shelves:
    """What is taken so far of each stock, by tasks that are not frozen."""

    def __init__(self, left: Mapping[Key, Sequence[Step]]) -> None:
        """Begin with nothing taken."""
        self._left = left
        self._taken: dict[Key, dict[str, Step]] = {key: {} for key in left}

    def take(self, fab: str, task: Task, start_s: int) -> None:
        """Take what the task needs when it starts."""
        if task.grams and (fab, task.material) in self._taken:
            self._taken[fab, task.material][task.id] = (start_s, task.grams)

    def put_back(self, fab: str, task: Task) -> None:
        """Undo take()."""
        self._taken.get((fab, task.material), {}).pop(task.id, None)

    def first_s(self, fab: str, task: Task) -> int | None:
        """Return from when on there is enough for the task, others served; None: never."""
        left = self._left.get((fab, task.material))
        if not task.grams or left is None:
            return -NEVER_S
        taken = self._taken[fab, task.material].values()
        times_s = sorted({at_s for at_s, _ in (*left, *taken)}, reverse=True)
        enough_from_s = None
        for at_s in times_s:
            there = max(grams for from_s, grams in left if from_s <= at_s)
            if there - sum(g for from_s, g in taken if from_s <= at_s) < task.grams:
                break
            enough_from_s = at_s
        return enough_from_s
