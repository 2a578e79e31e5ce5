"""One event in a region of many cells: `python -m benchmarks.cells`.

benchmarks/cells/town.py says what is assumed. Cells are drawn and planned by the same
code as in a running node, on SQLite; then events happen one by one, and each touched
cell is planned again, database, referee and commit included. The referee of dispatch
looks at all rows at the end.
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from benchmarks.cells.happenings import HAPPENINGS
from benchmarks.cells.town import Town, town
from benchmarks.report import Goal, Report
from orchestrator.dispatch.referee import breaches
from orchestrator.planning.cells import cell_names
from orchestrator.planning.plan import Pace, plan_cell
from orchestrator.planning.regroup import prepare
from orchestrator.planning.scene import look_around
from orchestrator.planning.views import latest_plan
from orchestrator.planning.wishes import wanted_cells
from routing.cells import Grouping

CORE_S = 60.0  # of CPU in a minute
ONE_CELL = Grouping(orders_max=10**9)


@dataclass(kw_only=True)
class Case:
    """One size: what was measured, in seconds of CPU unless it says otherwise."""

    orders: int
    labs: int
    cells: int = 0
    drawn_s: float = 0.0
    first_s: float = 0.0
    quiet_s: list[float] = field(default_factory=list)
    ready_s: list[float] = field(default_factory=list)
    again_s: list[float] = field(default_factory=list)
    locked_s: list[float] = field(default_factory=list)  # of the wall
    touched: list[int] = field(default_factory=list)
    memory_mb: float = 0.0

    def row(self) -> dict[str, Any]:
        """The line of the table."""
        ordered = sorted(self.again_s)
        return {
            "open orders": self.orders,
            "labs": self.labs,
            "cells": self.cells,
            "drawing them, s": self.drawn_s,
            "first plan of all, s": self.first_s,
            "one cell again, s": statistics.median(ordered),
            "p95, s": ordered[int(0.95 * (len(ordered) - 1))],
            "cells an event touches": statistics.fmean(self.touched),
            "at most": max(self.touched),
            "which they are, ms": 1_000 * statistics.median(self.ready_s),
            "a look around, ms": 1_000 * statistics.median(self.quiet_s),
            "others wait for a commit, ms of the wall": 1_000
            * statistics.median(self.locked_s),
            "memory at most, MB": self.memory_mb,
        }


def main() -> int:
    """Run what is asked for and report."""
    wanted = _arguments()
    _whole(100, seed=0, grouping=ONE_CELL)  # compiled before any clock runs
    with ProcessPoolExecutor(wanted.at_once) as pool:
        largest_first = sorted(wanted.orders, reverse=True)
        done = pool.map(_case, largest_first, repeat(wanted))
        compared = pool.map(_dearer_percent, range(3))
        cases, dearer = sorted(done, key=lambda case: case.orders), list(compared)
    report = Report(
        name="Cells",
        rows=[case.row() for case in cases],
        goals=list(_goals(cases, dearer)),
        notes=[
            "Seconds of CPU, medians over the events. `Which they are`: from an event "
            "to the cells it touches, new orders and couriers put into theirs. `A look "
            "around`: what a planner does each second when nothing happens.",
            "What cutting costs: 200 orders planned in two cells against in one, three "
            f"seeds: {', '.join(f'{one:+.1f} %' for one in dearer)}.",
        ],
    )
    return report.finish(as_json=wanted.json, write=wanted.write)


def _case(orders: int, wanted: argparse.Namespace) -> Case:
    with tempfile.TemporaryDirectory() as folder:
        made = town(Path(folder), orders=orders, seed=wanted.seed)
        case = Case(orders=orders, labs=len(made.labs))
        with _timed() as spent:
            _prepare(made)
        case.drawn_s = spent[0]
        with made.reading() as session:
            case.cells = len(cell_names(session))
        with _timed() as spent:
            _answer(made)
        case.first_s = spent[0]
        look_around(made.sessions, made.reading, now=made.at)
        _answer(made)
        for number in range(wanted.events):
            _happens(made, case, number)
        with made.reading() as session:
            found = breaches(session)
        assert found == [], found[:5]
        made.engine.dispose()
        used = resource.getrusage(resource.RUSAGE_SELF)
        case.memory_mb = used.ru_maxrss / 1_024
        print(case.row(), file=sys.stderr, flush=True)
        return case


def _happens(made: Town, case: Case, number: int) -> None:
    """One event, and every touched cell planned again."""
    made.sleep(20)
    HAPPENINGS[number % len(HAPPENINGS)](made)
    with _timed() as spent:
        look_around(made.sessions, made.reading, now=made.at)
        _prepare(made)
    case.ready_s.append(spent[0])
    with made.reading() as session:
        cells = wanted_cells(session)
    case.touched.append(len(cells))
    for cell in cells:
        with _timed() as spent, _locked(made) as locked:
            _plan(made, cell)
        case.again_s.append(spent[0])
        case.locked_s.append(locked[0])
    _answer(made)  # what a courier that was lent changes
    with _timed() as spent:
        look_around(made.sessions, made.reading, now=made.at)
    case.quiet_s.append(spent[0])


def _prepare(made: Town, grouping: Grouping | None = None) -> None:
    prepare(
        made.sessions,
        made.reading,
        made.ground,
        now=made.at,
        grouping=grouping or Grouping(),
    )


def _plan(made: Town, cell: str) -> None:
    plan_cell(made.sessions, made.reading, made.ground, made, cell=cell, pace=Pace())


def _answer(made: Town, grouping: Grouping | None = None) -> None:
    """Plan until nobody wants anything."""
    while True:
        _prepare(made, grouping)
        with made.reading() as session:
            cells = wanted_cells(session)
        if not cells:
            return
        for cell in cells:
            _plan(made, cell)


def _whole(orders: int, *, seed: int, grouping: Grouping) -> int:
    """What the first plan of a region costs, in cents."""
    with tempfile.TemporaryDirectory() as folder:
        made = town(Path(folder), orders=orders, seed=seed)
        _answer(made, grouping)
        with made.reading() as session:
            plan = latest_plan(session)
        made.engine.dispose()
        assert plan is not None
        return sum(plan.cost_cents.values())


def _dearer_percent(seed: int) -> float:
    one = _whole(200, seed=seed, grouping=ONE_CELL)
    cut = _whole(200, seed=seed, grouping=Grouping())
    return 100 * (cut - one) / one


@contextmanager
def _timed() -> Iterator[list[float]]:
    """Seconds of CPU that the block took."""
    spent: list[float] = []
    began_s = time.process_time()
    yield spent
    spent.append(time.process_time() - began_s)


@contextmanager
def _locked(made: Town) -> Iterator[list[float]]:
    """How long the longest transaction of the block kept others from writing."""
    longest, begun = [0.0], [0.0]

    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("read_only"):
            begun[0] = time.perf_counter()

    def commit(connection: Connection) -> None:
        if not connection.get_execution_options().get("read_only"):
            longest[0] = max(longest[0], time.perf_counter() - begun[0])

    event.listen(made.engine, "begin", begin)
    event.listen(made.engine, "commit", commit)
    try:
        yield longest
    finally:
        event.remove(made.engine, "begin", begin)
        event.remove(made.engine, "commit", commit)


def _goals(cases: list[Case], dearer: list[float]) -> Iterator[Goal]:
    for case in cases:
        name = f"{case.orders} orders, {case.cells} cells"
        again_s = statistics.median(case.again_s)
        yield Goal(
            name=f"{name}: an event plans so many cells again",
            value=statistics.fmean(case.touched),
            at_most=1.5,
        )
        yield Goal(
            name=f"{name}: every cell again in a minute",
            value=case.cells * again_s / CORE_S,
            unit="cores",
            at_most=1.0,
        )
        yield Goal(
            name=f"{name}: all commits of that minute, one after the other",
            value=case.cells * statistics.median(case.locked_s) / CORE_S,
            unit="of the minute",
            at_most=0.5,
        )
    few, many = cases[0], cases[-1]
    yield Goal(
        name=f"one cell of {many.cells} against one of {few.cells}",
        value=statistics.median(many.again_s) / statistics.median(few.again_s),
        unit="times the CPU",
        at_most=1.3,
    )
    yield Goal(
        name="200 orders in two cells against in one",
        value=statistics.fmean(dearer),
        unit="% dearer",
        at_most=5.0,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cells")
    parser.add_argument("--orders", nargs="+", type=int, default=[1_000, 5_000, 12_500])
    parser.add_argument("--events", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=1, help="sizes side by side")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
