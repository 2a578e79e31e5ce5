"""A contest: who is asked, each run judged once and kept as a line, rows told as they come.

A room names the columns that tell its runs apart: its key.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.child import run_child

type Row = dict[str, Any]
type Key = tuple[str, ...]

WALL_FACTOR, WALL_EXTRA_S = 10, 180


def load(files: Sequence[Path], key: Key) -> list[Row]:
    """Return the rows of JSON-lines files; of two with one key the later."""
    rows = [json.loads(line) for f in files for line in f.read_text().splitlines()]
    return [*{tuple(row[part] for part in key): row for row in rows}.values()]


def run(
    jobs: Iterable[tuple[Path, Row]],
    outcome: Callable[[Path, Row], Row],
    *,
    key: Key,
    out: Path | None,
) -> Iterator[Row]:
    """Yield each job with its outcome; what is in `out` already as it is there."""
    known = load([out], key) if out is not None and out.exists() else []
    done = {tuple(row[part] for part in key): row for row in known}
    for path, job in jobs:
        row = done.get(tuple(job[part] for part in key))
        if row is None:
            row = job | outcome(path, job)
            if out is not None:
                with out.open("a") as lines:
                    lines.write(json.dumps(row) + "\n")
        yield row


def answer_of(module: str, path: Path, job: Row, core: int) -> Row | str:
    """Return what the job's contestant answers in a process of its own, or its fault."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answer.json"
        order = job | {
            "path": str(path.resolve()),
            "cpu_seconds": job["budget_s"],
            "core": core,
            "answer": str(file),
        }
        wall_s = WALL_FACTOR * job["budget_s"] + WALL_EXTRA_S
        fault = run_child(module, order, wall_s=wall_s)
        if fault:
            return fault
        said: Row = json.loads(file.read_text())
        return said


def arguments(room: str, peers: Collection[str]) -> argparse.ArgumentParser:
    """Return a parser of what every contest is told."""

    def names(text: str) -> list[str]:
        asked = [name for name in text.split(",") if name]
        unknown = ", ".join(sorted(set(asked) - set(peers)))
        if unknown:
            raise argparse.ArgumentTypeError(f"no such peer: {unknown}")
        return asked

    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{room}")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="how many, from --seed on")
    parser.add_argument("--peers", type=names, default=[], metavar="NAME,…")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    add_rows(parser)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    return parser


def add_rows(parser: argparse.ArgumentParser) -> None:
    """Add where rows are kept, which are reported instead of runs, and notes on them."""
    parser.add_argument("--out", type=Path, help="JSON lines; what is there is not run")
    parser.add_argument(
        "--rows", type=Path, nargs="*", help="report these, run nothing"
    )
    parser.add_argument("--note", action="append", default=[], help="for the page")


def rows_of(
    wanted: argparse.Namespace,
    run_all: Callable[[], Iterable[Row]],
    *,
    key: Key,
    figures: Sequence[str],
) -> list[Row]:
    """Return the rows of `wanted.rows`, or of all runs, told as they come.

    Exits where a path is not there, or no row is.
    """
    if wanted.rows:
        return load(wanted.rows, key)
    for path in wanted.paths:
        if not path.exists():
            sys.exit(f"{path} is not there")
    rows = []
    for row in run_all():
        rows.append(row)
        told = (row.get(name, "") for name in (*key, *figures, "verdict"))
        print(*told, file=sys.stderr, flush=True)
    if not rows:
        sys.exit("no runs: name instances, or files of rows by --rows")
    return rows
