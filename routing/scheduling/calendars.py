"""Openings of machines as sorted windows that neither overlap nor touch."""

from collections.abc import Iterable

from routing.measures import SECONDS_MAX
from routing.scheduling.problem import Machine, SchedulingProblem, Window


def merged(
    windows: Iterable[Window], *, from_s: int = -SECONDS_MAX
) -> tuple[Window, ...]:
    """Return the union of the windows from `from_s` on, sorted, without empty ones."""
    result: list[Window] = []
    for opens_s, closes_s in sorted(windows):
        start_s = max(opens_s, from_s)
        if closes_s <= start_s:
            continue
        if result and start_s <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], closes_s))
        else:
            result.append((start_s, closes_s))
    return tuple(result)


def without(windows: Iterable[Window], busy: Iterable[Window]) -> tuple[Window, ...]:
    """Return what is left of the sorted `windows` outside `busy`."""
    left = list(windows)
    for taken_from_s, taken_to_s in busy:
        rest: list[Window] = []
        for opens_s, closes_s in left:
            if taken_to_s <= opens_s or closes_s <= taken_from_s:
                rest.append((opens_s, closes_s))
                continue
            if opens_s < taken_from_s:
                rest.append((opens_s, taken_from_s))
            if taken_to_s < closes_s:
                rest.append((taken_to_s, closes_s))
        left = rest
    return tuple(left)


def overlaps(
    some: tuple[Window, ...], others: tuple[Window, ...]
) -> tuple[Window, ...]:
    """Return where the sorted windows overlap or touch, single seconds included."""
    found = (
        (max(from_s, other_from_s), min(to_s, other_to_s))
        for from_s, to_s in some
        for other_from_s, other_to_s in others
        if other_from_s <= to_s and from_s <= other_to_s
    )
    return tuple(window for window in found if window[0] <= window[1])


def free_windows(problem: SchedulingProblem) -> dict[str, tuple[Window, ...]]:
    """Return, by machine, its openings from now on without its frozen tasks."""
    busy: dict[str, list[Window]] = {machine.id: [] for machine in problem.machines}
    for job in problem.jobs:
        for task in job.tasks:
            if task.frozen is not None:
                taken = (task.frozen.start_s, task.frozen.end_s)
                busy[task.frozen.machine].append(taken)
    return {
        machine.id: _free(machine, busy[machine.id], problem.now_s)
        for machine in problem.machines
    }


def _free(machine: Machine, busy: list[Window], now_s: int) -> tuple[Window, ...]:
    return without(merged(machine.open_windows, from_s=now_s), merged(busy))
