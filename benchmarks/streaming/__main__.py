"""Streaming: lines a second beside what the line carries, and what that costs the host.

python -m benchmarks.streaming [--json] [--write] [--only WORD] [--note TEXT…]
Peers are there after `make peers`; real firmware runs where
FABCOMMONS_GRBL and FABCOMMONS_MARLIN name images.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence

from benchmarks.report import Goal, Report
from benchmarks.streaming.line_ends import Dialect
from benchmarks.streaming.rate_boards import OURS, Board, boards
from benchmarks.streaming.rate_runs import PEERS, Row, large, run, stops

HOSTS: dict[Dialect, tuple[str, str, str]] = {  # ours, a peer, one line under way
    "grbl": (OURS, "grbl_streamer", "one_line"),
    "marlin": (OURS, "printcore", "one_line"),
}
_BARE_ROUNDS = 2

NOTE = (
    "Lines/s: by the other end's own count and time, the slowest of all machines; as "
    "planned: every line came and the tool stands where the last one led. Of the line: "
    "of what it carries at its rate of the program as that host spells it: on GRBL "
    "Fabcommons leaves out blanks and zeros that say nothing, here 22 bytes become 13 "
    "to 18. CPU and memory: of the host's process, while all machines stream. Only "
    "answers: boards that answer each line when its last byte is in, so that host and "
    "line alone are measured. Simulated: of `firmware_bridge.simulators`. Real "
    "firmware: GRBL 1.1h and Marlin 1.1.9 themselves under simavr, by the board's own "
    "time, against what it takes from a host beside it in the simulator, without "
    "latency; it stands still while the kernel carries bytes from one end of the "
    "pseudo-terminal to the other, which lasts long on a busy computer and is no host's "
    "doing; its pace is how much of its time passed in a second (below 1: the computer "
    "was too slow for it). Fabcommons and grbl-streamer poll the status 5 times a "
    "second. One line: a host that waits for each answer, as printcore does. Peers run "
    "in processes of their own, by the Python of `.venv/hosts/streamers`."
)


def goals(
    rows: Sequence[Row], stop_ms: dict[int, list[float]], peak_mb: float | None
) -> list[Goal]:
    """Every goal that these rows say something of."""
    ours = [row for row in rows if row["host"] == OURS]
    found = []
    for row in ours:
        dialect: Dialect = "grbl" if row["board"].startswith("grbl") else "marlin"
        _, peer, alone = HOSTS[dialect]
        title = f"{row['board']}, {row['machines']}"
        if row["board"] == "grbl, only answers, at once":
            found.append(
                _goal(f"{title}: lines/s", row["lines/s"], "", at_least=20_000)
            )
        elif dialect == "grbl":
            share = row["of the line %"]
            found.append(_goal(f"{title}: of the line", share, "%", at_least=95))
        elif "at once" not in row["board"] and PEERS.exists():
            times = row["lines/s"] / _rate(rows, row["board"], alone)
            found.append(_goal(f"{title}: one line under way", times, "×", at_least=2))
        if row["machines"] == 1 and PEERS.exists():
            times = row["lines/s"] / _rate(rows, row["board"], peer)
            found.append(_goal(f"{title}: the peer", times, "×", at_least=1))
        if row["machines"] == 16:
            found.append(_goal(f"{title}: CPU", row["CPU %"] / 100, "cores", at_most=1))
    for machines, waited_ms in stop_ms.items():
        found.append(
            _goal(f"stop on the line, {machines}", max(waited_ms), "ms", at_most=50)
        )
    if peak_mb is not None:
        found.append(_goal("peak with a large file", peak_mb, "MB", at_most=80))
    return found


def _rate(rows: Sequence[Row], board: str, host: str) -> float:
    named = host.replace("_", " ")
    found = (row for row in rows if (row["board"], row["host"]) == (board, named))
    return float(next(found)["lines/s"])


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
