"""Streaming: lines a second beside what the line carries, and what that costs the host.

python -m benchmarks.streaming [--json] [--write] [--only WORD] [--note TEXT…]
Peers are there after `make peers`; real firmware runs where
FABCOMMONS_GRBL and FABCOMMONS_MARLIN name images.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.data import ROOT
from benchmarks.report import Goal, Report
from benchmarks.streaming.line_ends import (
    BAUDS,
    Count,
    Dialect,
    Firmware,
    LineEnd,
    Simulated,
    bare,
    best_of_board,
)
from benchmarks.streaming.tools import HERE
from firmware_bridge.dialects import marlin

PEERS = ROOT / ".venv" / "hosts" / "streamers" / "bin" / "python"
OURS = "fabcommons"
HOSTS: dict[Dialect, tuple[str, ...]] = {
    "grbl": (OURS, "grbl_streamer", "one_line"),
    "marlin": (OURS, "printcore", "one_line"),
}
type Row = dict[str, Any]

_BITS_PER_BYTE = 10
_MACHINES = (1, 4, 16)
_MB = 1_000_000
_TOLERANCE_MM = 0.02
_TURN = 2_000  # lines
_RENUMBER = "M110 N1000"
_FIRST_NUMBER = 1001  # of a frame to Marlin
_WALL_S = 600.0
_STOP_AFTER_S = 3.0
_BARE_ROUNDS = 2
_CEILING_LINES: dict[Dialect, int] = {"grbl": 100_000, "marlin": 5_000}  # printcore!

NOTE = (
    "Lines/s: by the other end's own count and time, the slowest of all machines; as "
    "planned: every line came and the tool stands where the last one led. Of the line: "
    "of what it carries at its rate. CPU and memory: of the host's process, while all "
    "machines stream. Only answers: boards that answer each line when its last byte is "
    "in, so that host and line alone are measured. Simulated: of "
    "`firmware_bridge.simulators`. Real firmware: GRBL 1.1h and Marlin 1.1.9 themselves "
    "under simavr, by the board's own time, against what it takes from a host beside "
    "it in the simulator, without latency; its pace is how much of its time passed in a "
    "second (below 1: the computer was too slow for it). Fabcommons and grbl-streamer poll the status 5 times a second. One line: a "
    "host that waits for each answer, as printcore does. Peers run in processes of "
    "their own, by the Python of `.venv/hosts/streamers`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What is at the other end, and how many of it."""

    name: str
    dialect: Dialect
    start: Callable[[], LineEnd]
    machines: int = 1
    paced: bool = True
    lines: int = 5_000
    image: Path | None = None  # real firmware, for which a line is work

    @property
    def title(self) -> str:
        """For the table."""
        pace = f"{BAUDS[self.dialect]} baud" if self.paced else "at once"
        return f"{self.dialect}, {self.name}, {pace}"

    def codes(self) -> list[str]:
        """Short moves there and back, so that only lines are waited for.

        Real GRBL plans no faster than its line carries: there all but the last stay.
        """
        stays = self.image is not None and self.dialect == "grbl"
        places = [0 if stays else _zigzag(line) for line in range(1, self.lines)]
        return [_code(self.dialect, place) for place in [*places, 100]]

    def carried(self) -> float:
        """Lines a second that the line carries; what is asked in between left out.

        Real firmware: that it takes from a host beside it, if that is less.
        """
        codes = self.codes()
        framed = [code.encode() + b"\n" for code in codes]
        if self.dialect == "marlin":
            framed = list(map(marlin.frame, count(_FIRST_NUMBER), codes))
        size = sum(map(len, framed)) / len(framed)
        line = BAUDS[self.dialect] / _BITS_PER_BYTE / size
        if self.image is None:
            return line
        wired = [frame.decode().strip() for frame in framed]
        if self.dialect == "marlin":
            wired.insert(0, marlin.frame(_FIRST_NUMBER - 1, _RENUMBER).decode().strip())
        return min(line, best_of_board(self.dialect, self.image, wired))


def boards() -> list[Board]:
    """Every board there is."""
    found = [
        Board(name="only answers", dialect="grbl", machines=n, start=_bare("grbl", n))
        for n in _MACHINES
    ]
    found.append(
        Board(name="simulated", dialect="grbl", start=lambda: Simulated("grbl"))
    )
    found += _real("grbl", "FABCOMMONS_GRBL")
    found.append(
        Board(name="simulated", dialect="marlin", start=lambda: Simulated("marlin"))
    )
    found += _real("marlin", "FABCOMMONS_MARLIN")
    for dialect in BAUDS:
        found.append(
            Board(
                name="only answers",
                dialect=dialect,
                start=_bare(dialect, 1, paced=False),
                paced=False,
                lines=_CEILING_LINES[dialect],
            )
        )
    return found


def _bare(dialect: Dialect, count: int, *, paced: bool = True) -> Callable[[], LineEnd]:
    return lambda: bare(dialect, count, paced=paced)


def _real(dialect: Dialect, variable: str) -> list[Board]:
    image = os.environ.get(variable)
    if not image:
        return []
    file = Path(image)
    return [
        Board(
            name="real firmware",
            dialect=dialect,
            start=lambda: Firmware(dialect, file),
            lines=3_000,
            image=file,
        )
    ]


def _zigzag(line: int) -> int:
    return _TURN - abs(line % (2 * _TURN) - _TURN)


def _code(dialect: Dialect, place: int) -> str:
    if dialect == "grbl":  # 22 bytes with the line's end, as grbl-streamer spells it
        return f"G01X{place * 0.005:06.3f}Y1.500F9000"
    return f"G1 X{10 + place * 0.05:.2f} Y20.00 F6000"


# Runs


def run(board: Board, host: str) -> Row:
    """One host at one board: what the board counted, what the host cost."""
    with tempfile.TemporaryDirectory() as folder, board.start() as end:
        program = Path(folder) / "program.nc"
        codes = board.codes()
        program.write_text("".join(f"{code}\n" for code in codes))
        said = _ask(host, board, end.ports, program)
        counts = end.counts()
    row = _row(board, host, counts, said)
    row["as planned"] = _as_planned(codes, counts, board)
    return row


def _ask(
    host: str, board: Board, ports: Sequence[str], program: Path, **more: float
) -> dict[str, Any]:
    order = json.dumps(
        {
            "host": host,
            "ports": list(ports),
            "baud": BAUDS[board.dialect],
            "dialect": board.dialect,
            "program": str(program),
            "polls": board.paced,
            **more,
        }
    )
    command = [str(PEERS), str(HERE / "by_peers.py"), order]
    if host == OURS:
        command = [sys.executable, "-m", "benchmarks.streaming.by_fabcommons", order]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=_WALL_S, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{host} at {board.title}: {done.stderr[-2000:]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def _row(board: Board, host: str, counts: Sequence[Count], said: dict[str, Any]) -> Row:
    rate = min(count["lines"] / count["took_s"] for count in counts)
    total = sum(count["lines"] / count["took_s"] for count in counts)
    return {
        "board": board.title,
        "machines": board.machines,
        "host": host.replace("_", " "),
        "lines/s": rate,
        "of the line %": 100 * rate / board.carried() if board.paced else "",
        "CPU a machine %": 100 * said["cpu"] / board.machines,
        "CPU %": 100 * said["cpu"],
        "CPU µs a line": 1e6 * said["cpu"] / total,
        "MB": said["rss_mb"],
        "board's pace": counts[0].get("pace", ""),
    }


def _as_planned(codes: Sequence[str], counts: Sequence[Count], board: Board) -> str:
    """Whether every board has every line and stands where the last one led."""
    words = re.findall(r"[XY]([\d.]+)", codes[-1])
    x, y = (float(word) for word in words)
    for one in counts:
        away = max(abs(one["place"][0] - x), abs(one["place"][1] - y))
        short = board.name != "simulated" and one["lines"] != board.lines
        if away > _TOLERANCE_MM or short:
            return f"NO: {one}"
    return "yes"


def stops(machines: int) -> list[float]:
    """ms from the call until the order to stop has come over the line, each machine."""
    board = Board(
        name="only answers", dialect="grbl", start=_bare("grbl", machines), lines=50_000
    )
    with tempfile.TemporaryDirectory() as folder, board.start() as end:
        program = Path(folder) / "program.nc"
        program.write_text("".join(f"{code}\n" for code in board.codes()))
        said = _ask(OURS, board, end.ports, program, stop_after_s=_STOP_AFTER_S)
        counts = end.counts()
    came = [count["stopped_s"] for count in counts]
    return [1e3 * (b - a) for a, b in zip(said["called_s"], came, strict=True)]


def large(megabytes: int) -> float:
    """Peak MB of a process that streams so large a file, stopped after a while."""
    board = Board(
        name="only answers", dialect="grbl", start=_bare("grbl", 1, paced=False)
    )
    with tempfile.TemporaryDirectory() as folder, board.start() as end:
        program = Path(folder) / "program.nc"
        block = "".join(f"{code}\n" for code in board.codes())
        with program.open("w") as file:
            for _ in range(megabytes * _MB // len(block) + 1):
                file.write(block)
        said = _ask(OURS, board, end.ports, program, stop_after_s=_STOP_AFTER_S)
    return float(said["rss_mb"])


# Telling


def goals(
    rows: Sequence[Row], stop_ms: dict[int, list[float]], peak_mb: float | None
) -> list[Goal]:
    """Every goal that these rows say something of."""
    ours = [row for row in rows if row["host"] == OURS]
    found = []
    for row in ours:
        title = f"{row['board']}, {row['machines']}"
        if row["board"] == "grbl, only answers, at once":
            found.append(
                _goal(f"{title}: lines/s", row["lines/s"], "", at_least=20_000)
            )
        elif row["board"].startswith("grbl"):
            share = row["of the line %"]
            found.append(_goal(f"{title}: of the line", share, "%", at_least=95))
        elif "at once" not in row["board"] and PEERS.exists():
            (alone,) = [
                one["lines/s"]
                for one in rows
                if one["board"] == row["board"] and one["host"] == "one line"
            ]
            times = row["lines/s"] / alone
            found.append(_goal(f"{title}: one line under way", times, "×", at_least=2))
        if row["machines"] == 16:
            found.append(_goal(f"{title}: CPU", row["CPU %"] / 100, "cores", at_most=1))
    for machines, waited_ms in stop_ms.items():
        found.append(
            _goal(f"stop on the line, {machines}", max(waited_ms), "ms", at_most=50)
        )
    if peak_mb is not None:
        found.append(_goal("peak with a large file", peak_mb, "MB", at_most=80))
    return found


def _goal(
    name: str,
    value: float,
    unit: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Goal:
    return Goal(name=name, value=value, unit=unit, at_least=at_least, at_most=at_most)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit code is 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.streaming")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", default="", help="boards with this in their name")
    parser.add_argument("--rounds", type=int, default=1, help="the fastest counts")
    parser.add_argument("--megabytes", type=int, default=100, help="0: no large file")
    parser.add_argument("--note", action="append", default=[], help="for the page")
    asked = parser.parse_args(arguments)
    rows: list[Row] = []
    for board in boards():
        if asked.only not in f"{board.title}, {board.machines}":
            continue
        rows += _contest(board, asked.rounds)
    stop_ms = {} if asked.only else {count: stops(count) for count in (1, 16)}
    peak_mb = large(asked.megabytes) if asked.megabytes and not asked.only else None
    return Report(
        name="Streaming",
        rows=rows,
        goals=goals(rows, stop_ms, peak_mb),
        notes=[NOTE, *asked.note],
    ).finish(as_json=asked.json, write=asked.write)


def _contest(board: Board, rounds: int) -> Iterator[Row]:
    """Of each host the fastest of so many rounds, in which they take turns."""
    hosts = [host for host in HOSTS[board.dialect] if host == OURS or PEERS.exists()]
    if board.machines > 1:
        hosts = [OURS]
    best: dict[str, Row] = {}
    # A pause of the computer's is none of the loop's.
    for _ in range(rounds * _BARE_ROUNDS if board.name == "only answers" else rounds):
        for host in hosts:
            row = run(board, host)
            print(*row.values(), file=sys.stderr, flush=True)
            if host not in best or row["lines/s"] > best[host]["lines/s"]:
                best[host] = row
    yield from best.values()


if __name__ == "__main__":
    sys.exit(main())
