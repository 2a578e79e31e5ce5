"""When machines may begin, how they are set up and when doors open, as flat arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from routing.joint import columns as c
from routing.joint.groups import Ints
from routing.joint.problem import JointProblem, Mode, Setups, Task
from routing.measures import FINE_PER_CENT
from routing.scheduling.options import Options
from routing.scheduling.setups import setup_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The arrays of the set-ups, and the number of each word."""

    words: Mapping[str, int]
    set_up: Ints
    changes: Ints
    frozen_runs: Ints


def modes_of(
    tasks: Sequence[Task],
    options: Options,
    machines: Mapping[str, int],
    fabs: Mapping[str, int],
) -> tuple[Ints, Ints, Ints]:
    """Return the modes, each task's of one fab together, where they stand, their starts."""
    rows: list[tuple[int, ...]] = []
    starts: list[tuple[int, int]] = []
    known: dict[tuple[tuple[int, int], ...], int] = {}
    ranges = np.zeros((len(tasks), len(fabs), 2), np.int64)

    def row(mode: Mode) -> tuple[int, ...]:
        own = options.calendars.starts(mode)
        if own not in known:
            known[own] = len(starts)
            starts.extend(own)
        price = FINE_PER_CENT * mode.cost_cents
        machine = machines[mode.machine]
        return machine, mode.duration_s, price, known[own], len(own)

    for i, task in enumerate(tasks):
        for fab in options.fabs.get(task.order, ()):
            modes = options.modes[task.id, fab]
            ranges[i, fabs[fab]] = (len(rows), len(modes))
            rows += [row(mode) for mode in modes]
    return (
        np.array(rows, np.int64).reshape(-1, c.MODE_WIDTH),
        ranges,
        np.array(starts, np.int64).reshape(-1, 2),
    )


def changes_of(problem: JointProblem, tasks: Sequence[Task]) -> Changes:
    """Return the set-ups; machines with the same ones share a table."""
    setups = [machine.setups for machine in problem.machines]
    words: dict[str, int] = {}
    known = [task.setup for task in tasks]
    known += [each.loaded for each in setups if each and each.loaded is not None]
    known += [task.setup for task in problem.tasks if task.frozen is not None]
    for word in known:
        words.setdefault(word, len(words))
    tables: dict[tuple[object, ...], int] = {}
    set_up = np.full((len(setups), c.SET_UP_WIDTH), -1, np.int64)
    for i, own in enumerate(setups):
        if own is not None:
            key = (own.other_s, *sorted(own.seconds.items()))
            set_up[i, c.TABLE] = tables.setdefault(key, len(tables))
            if own.loaded is not None:
                set_up[i, c.LOADED] = words[own.loaded]
    return Changes(
        words=words,
        set_up=set_up,
        changes=tables_of(problem, set_up, words),
        frozen_runs=_frozen_runs(problem, words),
    )


def tables_of(problem: JointProblem, set_up: Ints, words: Mapping[str, int]) -> Ints:
    """Return the seconds from word to word of each table that `set_up` names."""
    count = int(set_up[:, c.TABLE].max(initial=-1)) + 1
    tables = np.zeros((count, len(words), len(words)), np.int64)
    for machine, table in zip(problem.machines, set_up[:, c.TABLE], strict=True):
        if machine.setups is not None:
            _fill(tables[table], machine.setups, words)
    return tables


def _fill(table: Ints, setups: Setups, words: Mapping[str, int]) -> None:
    for before, i in words.items():
        for after, k in words.items():
            table[i, k] = setup_s(setups, before, after)


def _frozen_runs(problem: JointProblem, words: Mapping[str, int]) -> Ints:
    index = {m.id: i for i, m in enumerate(problem.machines) if m.setups is not None}
    rows = sorted(
        (slot.start_s, slot.end_s, task.id, index[slot.machine], words[task.setup])
        for task in problem.tasks
        if (slot := task.frozen) is not None
        and slot.end_s > slot.start_s
        and slot.machine in index
    )
    found = [(machine, start, end, word) for start, end, _, machine, word in rows]
    return np.array(found, np.int64).reshape(-1, 4)


def doors_of(problem: JointProblem, options: Options) -> tuple[Ints, Ints]:
    """Return when fabs give out what is made, and each one's range of that."""
    windows: list[tuple[int, int]] = []
    ranges = np.zeros((len(problem.fabs), 2), np.int64)
    for i, fab in enumerate(problem.fabs):
        own = options.calendars.presence.doors(fab.id) or ()
        ranges[i] = (len(windows), len(own))
        windows += own
    return np.array(windows, np.int64).reshape(-1, 2), ranges
