"""What every benchmark ends with: a table, each value beside its goal, an exit code."""

import json
import math
import platform
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.data import ROOT

PERFORMANCE = ROOT / "docs" / "performance.md"
TITLE = """# Performance

Written by the benchmarks themselves (`--write`), or put together from several of their runs where a section says so.

Single runs behind the newest rows lie in `docs/rows`; `--rows FILE…` reports from them again.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One value beside what it should be. `at_most` and `at_least` may both be set."""

    name: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the value lies where it should; NaN never does."""
        low = self.at_least is None or self.value >= self.at_least
        high = self.at_most is None or self.value <= self.at_most
        return low and high and not math.isnan(self.value)

    def cells(self) -> tuple[str, str, str, str]:
        """Name, value, goal, and whether it is met."""
        wanted = [f"≤ {self.at_most:g}"] if self.at_most is not None else []
        wanted += [f"≥ {self.at_least:g}"] if self.at_least is not None else []
        value = f"{self.value:.4g} {self.unit}".strip()
        goal = f"{' and '.join(wanted)} {self.unit}".strip()
        return self.name, value, goal, "met" if self.is_met else "MISSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that one benchmark has to say; `rows` share their keys."""

    name: str
    rows: Sequence[Mapping[str, Any]]
    goals: Sequence[Goal]
    notes: Sequence[str] = ()

    def finish(self, *, as_json: bool, write: bool, plot: Path | None = None) -> int:
        """Print, keep in docs/performance.md if asked, and return the exit code."""
        if as_json:
            json.dump(self._as_dict(), sys.stdout, indent=1)
            sys.stdout.write("\n")
        else:
            self._print()
        if write:
            self._write(plot)
        return int(not all(goal.is_met for goal in self.goals))

    def _as_dict(self) -> dict[str, Any]:
        return {
            "benchmark": self.name,
            "machine": machine(),
            "rows": [dict(row) for row in self.rows],
            "goals": [asdict(goal) | {"is_met": goal.is_met} for goal in self.goals],
            "notes": list(self.notes),
        }

    def _print(self) -> None:
        console = Console()
        for title, heads, rows in self._tables():
            table = Table(*heads, title=title)
            for row in rows:
                table.add_row(*row)
            console.print(table)
        for note in self.notes:
            console.print(note)

    def _tables(
        self,
    ) -> list[tuple[str, Sequence[str], Sequence[Sequence[str]]]]:
        heads = list(dict.fromkeys(key for row in self.rows for key in row))
        rows = [[_text(row.get(key, "")) for key in heads] for row in self.rows]
        goals = [goal.cells() for goal in self.goals]
        tables: list[tuple[str, Sequence[str], Sequence[Sequence[str]]]] = []
        if rows:
            tables.append((self.name, heads, rows))
        if goals:
            tables.append(("Goals", ("what", "value", "goal", ""), goals))
        return tables

    def _write(self, plot: Path | None) -> None:
        """Replace this benchmark's section of the page, or add it."""
        parts = [f"## {self.name}", "", f"Machine: {machine()}.", ""]
        for _, heads, rows in self._tables():
            parts += [_line(heads), _line(["---"] * len(heads))]
            parts += [*map(_line, rows), ""]
        parts += [*self.notes, ""] if self.notes else []
        if plot is not None:
            parts += [f"![{self.name}]({plot.relative_to(PERFORMANCE.parent)})", ""]
        section = "\n".join(parts)
        page = PERFORMANCE.read_text() if PERFORMANCE.exists() else TITLE
        known = re.compile(rf"^## {re.escape(self.name)}\n.*?(?=^## |\Z)", re.M | re.S)
        if known.search(page):
            page = known.sub(lambda _: f"{section}\n", page).rstrip() + "\n"
        else:
            page = f"{page.rstrip()}\n\n{section}"
        PERFORMANCE.write_text(page)


def machine() -> str:
    """The processor and the Python that ran it."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"model name\s*:\s*(.+)", info.read_text())
        cpu = found.group(1).strip() if found else cpu
    return f"{cpu}, Python {platform.python_version()}"


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
