"""A program of 100 MB, held against a printer's limits and measured: how fast, how large.

python -m benchmarks.streaming.reading [--json] [--write] [--megabytes 100]
"""

import argparse
import math
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import Goal, Report
from firmware_bridge.gcode import Limits, MachineKind, Motion, Program, check, measure
from firmware_bridge.space import Box

_MB = 1_000_000
_LINES_PER_S = 20_000.0
_RSS_MB = 80.0
_LIMITS = Limits(
    kind=MachineKind.PRINTER,
    envelope_mm=Box(min_mm=(0, 0, 0), max_mm=(220, 220, 250)),
    nozzle_max_c=260,
)
_MOTION = Motion(
    max_feed_mm_per_min=(18_000, 18_000, 600),
    acceleration_mm_per_s2=(1500, 1500, 100),
    jerk_mm_per_s=(10, 10, 0.4, 5),
    arc_chord_mm=1.0,
)


def _write(path: Path, size_bytes: int) -> int:
    """A wavy spiral in short chords, as a slicer would write it; its lines."""
    lines, written, turn = 2, 0, 0.0
    with path.open("w") as stream:
        stream.write("G28\nM83\n")
        while written < size_bytes:
            radius = 60.0 + 8.0 * math.sin(9.0 * turn)
            x, y = 110 + radius * math.cos(turn), 110 + radius * math.sin(turn)
            written += stream.write(f"G1 X{x:.3f} Y{y:.3f} E0.01234\n")
            turn += 0.012
            lines += 1
    return lines


def _read(path: Path) -> tuple[float, float, float]:
    """(seconds of CPU to check, to measure, peak MB), in a process of its own."""
    program = Program(source=path)
    start_s = time.process_time()
    refusal = check(program, _LIMITS)
    checked_s = time.process_time()
    assert refusal is None, refusal
    measured = measure(program, modal_motion=False, motion=_MOTION)
    assert measured.duration_s > 0
    took_s = time.process_time() - checked_s
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MB
    return checked_s - start_s, took_s, peak_mb


def report(megabytes: int) -> Report:
    """Write it, read it, tell."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.gcode"
        lines = _write(path, megabytes * _MB)
        with multiprocessing.get_context("spawn").Pool(1) as alone:
            check_s, measure_s, peak_mb = alone.apply(_read, (path,))
    return Report(
        name="Reading programs",
        rows=[
            {
                "MB": megabytes,
                "lines": lines,
                "check, lines/s": lines / check_s,
                "measure, lines/s": lines / measure_s,
                "peak MB": peak_mb,
            }
        ],
        goals=[
            Goal(
                name="checked and measured",
                value=lines / (check_s + measure_s),
                unit="lines/s",
                at_least=_LINES_PER_S,
            ),
            Goal(
                name="peak of the whole process",
                value=peak_mb,
                unit="MB",
                at_most=_RSS_MB,
            ),
        ],
        notes=[
            "CPU time of one process. The program is read as a stream; four bytes a "
            "line are kept, for the time left."
        ],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit code is 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--megabytes", type=int, default=100)
    asked = parser.parse_args(arguments)
    return report(asked.megabytes).finish(as_json=asked.json, write=asked.write)


if __name__ == "__main__":
    sys.exit(main())
