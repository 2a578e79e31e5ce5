"""`python -m benchmarks.agent`: memory, CPU and start-up of one agent with 16 machines.

The agent is the process that a lab runs; mosquitto, network and simulated boards, which
live in real time, are real and outside of it, and not counted.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from benchmarks.data import ROOT
from benchmarks.report import Goal, Report
from device_agents.settings import ClockSettings
from tests.integration.device_agents.stage import (
    PIN,
    AgentProcess,
    Boards,
    Hub,
    job,
    mill,
    network,
)
from tests.waiting import wait_until

TICKS = os.sysconf("SC_CLK_TCK")
STEP_MM = 0.5
FEED_MM_PER_MIN = 3_000


def main() -> int:
    """Measure, tell, exit 0 if every goal is met."""
    words = argparse.ArgumentParser(prog="python -m benchmarks.agent")
    words.add_argument("--machines", type=int, nargs="+", default=[1, 16])
    words.add_argument("--seconds", type=float, default=30.0)
    words.add_argument("--json", action="store_true")
    words.add_argument("--write", action="store_true")
    chosen = words.parse_args()
    rows = [measure(count, chosen.seconds) for count in chosen.machines]
    most = rows[-1]
    goals = [
        Goal(name="memory", value=most["MB at work"], unit="MB", at_most=150),
        Goal(
            name="processor", value=most["% at work"], unit="% of a core", at_most=100
        ),
    ]
    notes = (
        f"At work: every machine runs a program of {STEP_MM:g} mm lines at "
        f"{FEED_MM_PER_MIN} mm/min. Memory is the resident set, with the libraries that "
        "other processes share; start: from the first instruction to the broker's "
        "welcome. On a computer that has other work, starts take longer than they need.",
    )
    report = Report(name="Agent", rows=rows, goals=goals, notes=notes)
    return report.finish(as_json=chosen.json, write=chosen.write)


def measure(machines: int, seconds: float) -> dict[str, float]:
    """One agent's life: start, rest, work."""
    with staged(machines) as (agent, boards, hub, program):
        began_s = time.monotonic()
        with process_of(agent) as pid:
            wait_until(lambda: in_touch(agent), "the agent is in touch", 120)
            start_s = time.monotonic() - began_s
            start_cpu_s = cpu_s(pid)
            names = [f"mill-{number}" for number in range(machines)]
            for name in names:
                wait_until(lambda name=name: is_at(agent, name, "idle"), name, 60)
            idle_cpu = busy(pid, seconds)
            idle_mb = rss_mb(pid)
            for name in names:
                hub.send(job(program, f"job-{name}", machine_id=name))
            for name in names:
                wait_until(
                    lambda name=name: is_at(agent, name, "needs-arming"), name, 60
                )
                answer = agent.post(
                    "arm", machine_id=name, job_id=f"job-{name}", pin=PIN
                )
                answer.raise_for_status()
            for name in names:
                wait_until(lambda name=name: is_at(agent, name, "running"), name, 60)
            before = lines(boards, names)
            work_cpu = busy(pid, seconds)
            per_s = (lines(boards, names) - before) / seconds
            return {
                "machines": machines,
                "start s": start_s,
                "start CPU s": start_cpu_s,
                "MB at rest": idle_mb,
                "% at rest": idle_cpu,
                "MB at work": rss_mb(pid),
                "% at work": work_cpu,
                "lines/s at work": per_s,
            }


@contextmanager
def staged(machines: int) -> Iterator[tuple[AgentProcess, Boards, Hub, object]]:
    """Everything around an agent that has not started, with a program of some minutes."""
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory()))
        _broker, hub, files = closing.enter_context(network(folder / "broker"))
        boards = Boards(folder / "ports")
        closing.callback(boards.close)
        names = [f"mill-{number}" for number in range(machines)]
        agent = AgentProcess(folder / "agent")
        mills = tuple(mill(boards.grbl(name), name) for name in names)
        agent.configure(files, mills, ClockSettings())
        agent.enrol(files)
        yield agent, boards, hub, files.put(raster(lines_count=30_000))


@contextmanager
def process_of(agent: AgentProcess) -> Iterator[int]:
    """The agent as a lab runs it, in a process of its own."""
    command = [sys.executable, "-m", "device_agents.entry", "run", agent.folder]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def raster(lines_count: int) -> bytes:
    """Short lines to and fro over 100 mm, as a relief or a fine print has them."""
    a_row = round(100 / STEP_MM)
    lines = ["G21", "G90", f"G1 X0 Y0 F{FEED_MM_PER_MIN}"]
    for number in range(lines_count):
        row, place = divmod(number, a_row)
        x_mm = STEP_MM * (place if row % 2 == 0 else a_row - place)
        lines.append(f"G1 X{x_mm:.2f} Y{row % a_row * STEP_MM:.2f}")
    return "\n".join([*lines, "M2", ""]).encode()


def is_at(agent: AgentProcess, name: str, state: str) -> bool:
    """Whether the machine is in this state."""
    return bool(agent.machine(name)["state"] == state)


def in_touch(agent: AgentProcess) -> bool:
    """Whether the agent answers and the broker has let it in."""
    try:
        return bool(agent.state()["connected"])
    except httpx.HTTPError:
        return False


def busy(pid: int, seconds: float) -> float:
    """Per cent of one core that the process used in the coming seconds."""
    before_s, began_s = cpu_s(pid), time.monotonic()
    time.sleep(seconds)
    return 100 * (cpu_s(pid) - before_s) / (time.monotonic() - began_s)


def cpu_s(pid: int) -> float:
    """User and system time of all threads so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_mb(pid: int) -> float:
    """What of the process is in memory, in MB of 10^6 bytes."""
    return _field(f"/proc/{pid}/status", "VmRSS:") * 1024 / 1e6


def _field(path: str, name: str) -> int:
    lines = Path(path).read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def lines(boards: Boards, names: list[str]) -> float:
    """Lines that all boards have taken so far."""
    return float(sum(boards.oracle(name)["lines_executed"] for name in names))


if __name__ == "__main__":
    sys.exit(main())
