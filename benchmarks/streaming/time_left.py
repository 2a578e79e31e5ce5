"""Time left: what is told before and during a job, beside the real run.

python -m benchmarks.streaming.time_left [--json] [--write] [--only WORD]
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

from benchmarks.report import Goal, Report
from benchmarks.streaming.boards import Bench, Run, benches
from benchmarks.streaming.programs import Piece, pieces
from firmware_bridge.gcode import Measured, measure

_LOOKS = 100  # at evenly spaced moments of the real run
_PERCENT = 100.0
_GOAL_PERCENT = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One program on one board; errors in percent of the real duration."""

    program: str
    board: str
    lines: int
    took_s: float
    planned_s: float
    whole: float  # planned duration against the real one
    left: float  # time left, mean over the run
    by_bytes: float  # of a host that takes the share of bytes for the share of time


def rows_of(piece: Piece) -> Iterator[Row]:
    """The program on every board there is for it."""
    for name, bench in benches(piece).items():
        run_piece = piece.without_bench() if bench.image is not None else piece
        yield _row(run_piece, name, bench)


def _row(piece: Piece, board: str, bench: Bench) -> Row:
    planned = measure(
        piece.program,
        modal_motion=not piece.is_print,
        motion=bench.motion,
        start_mm=(0.0, 0.0, 0.0),
    )
    run = bench.run(piece)
    sizes = [len(code) + 1 for code in piece.codes()]
    return Row(
        program=piece.name,
        board=board,
        lines=planned.lines_total,
        took_s=run.took_s,
        planned_s=planned.duration_s,
        whole=_PERCENT * abs(planned.duration_s / run.took_s - 1.0),
        left=_PERCENT * mean(_errors(run, planned)),
        by_bytes=_PERCENT * mean(_errors_by_bytes(run, sizes)),
    )


def _looks(run: Run) -> Iterator[tuple[float, int, float]]:
    """(moment, lines answered, seconds since the last answer), over the run."""
    lines, since_s = 0, 0.0
    for look in range(1, _LOOKS):
        now_s = run.took_s * look / _LOOKS
        while lines < len(run.answered_s) and run.answered_s[lines] <= now_s:
            since_s = run.answered_s[lines]
            lines += 1
        yield now_s, lines, now_s - since_s


def _errors(run: Run, planned: Measured) -> Iterator[float]:
    for now_s, lines, since_s in _looks(run):
        told_s = planned.remaining_s(lines, since_s)
        yield abs(told_s - (run.took_s - now_s)) / run.took_s


def _errors_by_bytes(run: Run, sizes: Sequence[int]) -> Iterator[float]:
    """The share of bytes sent, taken for the share of time."""
    for now_s, lines, _ in _looks(run):
        yield abs(sum(sizes[:lines]) / sum(sizes) - now_s / run.took_s)


def report(rows: Sequence[Row]) -> Report:
    """The table, and the mean of each board against its goal."""
    goals = []
    for board in dict.fromkeys(row.board for row in rows):
        own = [row for row in rows if row.board == board]
        told = (("planned duration", "whole"), ("time left in the run", "left"))
        for what, column in told:
            goals.append(
                Goal(
                    name=f"{board}, {len(own)} programs: {what}, mean error",
                    value=mean(getattr(row, column) for row in own),
                    unit="%",
                    at_most=_GOAL_PERCENT,
                )
            )
    return Report(
        name="Time left",
        rows=[
            {
                "program": row.program,
                "board": row.board,
                "lines": row.lines,
                "took s": row.took_s,
                "planned s": row.planned_s,
                "duration error %": row.whole,
                "time left error %": row.left,
                "by bytes sent, error %": row.by_bytes,
            }
            for row in rows
        ],
        goals=goals,
        notes=[
            "Errors are in percent of the real duration; time left is looked at 99 "
            "times in a run. Simulated: the boards of `firmware_bridge.simulators`, "
            "homing and heating with it. Firmware: GRBL 1.1h and Marlin 1.1.9 "
            "themselves under simavr, by the board's own clock, without homing and "
            "heating. By bytes sent: a host that takes their share for the share of time, as most do."
        ],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit code is 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", default="", help="programs with this in their name")
    asked = parser.parse_args(arguments)
    chosen = [piece for piece in pieces() if asked.only in piece.name]
    rows = [row for piece in chosen for row in rows_of(piece)]
    return report(rows).finish(as_json=asked.json, write=asked.write)


if __name__ == "__main__":
    sys.exit(main())
