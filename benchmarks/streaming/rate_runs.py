"""One host at one board: what the board counted, and what the host cost."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.data import ROOT
from benchmarks.streaming.line_ends import BAUDS, Count
from benchmarks.streaming.rate_boards import OURS, Board, bare_board
from benchmarks.streaming.tools import HERE

PEERS = ROOT / ".venv" / "hosts" / "streamers" / "bin" / "python"

_MB = 1_000_000
_TOLERANCE_MM = 0.02
_WALL_S = 600.0
_STOP_AFTER_S = 3.0

type Row = dict[str, Any]


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
        "of the line %": 100 * rate / board.carried(host) if board.paced else "",
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
    board = bare_board("grbl", machines=machines, lines=50_000)
    with tempfile.TemporaryDirectory() as folder, board.start() as end:
        program = Path(folder) / "program.nc"
        program.write_text("".join(f"{code}\n" for code in board.codes()))
        said = _ask(OURS, board, end.ports, program, stop_after_s=_STOP_AFTER_S)
        counts = end.counts()
    came = [count["stopped_s"] for count in counts]
    return [1e3 * (b - a) for a, b in zip(said["called_s"], came, strict=True)]


def large(megabytes: int) -> float:
    """Peak MB of a process that streams so large a file, stopped after a while."""
    board = bare_board("grbl", paced=False)
    with tempfile.TemporaryDirectory() as folder, board.start() as end:
        program = Path(folder) / "program.nc"
        block = "".join(f"{code}\n" for code in board.codes())
        with program.open("w") as file:
            for _ in range(megabytes * _MB // len(block) + 1):
                file.write(block)
        said = _ask(OURS, board, end.ports, program, stop_after_s=_STOP_AFTER_S)
    return float(said["rss_mb"])
