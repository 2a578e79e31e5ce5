"""Simulated boards on real pseudo-terminals, served by a thread."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.machine import (
    Machine,
    Outcome,
    Patience,
    Program,
    Progress,
    connect,
)
from firmware_bridge.simulators.board import Board
from firmware_bridge.simulators.control import answer
from firmware_bridge.simulators.grbl_board import GrblBoard
from firmware_bridge.simulators.grbl_texts import DEFAULT_SETTINGS
from firmware_bridge.simulators.host import Host
from firmware_bridge.simulators.marlin_board import MarlinBoard

# Long enough for a busy computer, short enough for a test.
PATIENCE = Patience(
    boot_s=0.8,
    answer_s=0.5,
    stall_s=2.5,
    home_s=5.0,
    poll_s=0.02,
    safe_end_s=4.0,
    repeat_s=1.0,
)
WORK_ZERO = (-300.0, -200.0, -40.0)


@dataclass
class Job:
    """A program that runs in another thread, as it does in an agent."""

    machine: Machine
    future: "Future[Outcome]"
    told: list[Progress] = field(default_factory=list)

    def outcome(self, timeout_s: float = 60.0) -> Outcome:
        return self.future.result(timeout_s)

    def wait_for(self, lines: int, timeout_s: float = 60.0) -> None:
        """Until so many lines were answered."""
        self.wait(lambda told: told.lines_acknowledged >= lines, timeout_s)

    def wait(self, wanted: Callable[[Progress], bool], timeout_s: float = 60.0) -> None:
        until_s = time.monotonic() + timeout_s
        while time.monotonic() < until_s:
            if self.told and wanted(self.told[-1]):
                return
            assert not self.future.done(), self.future.result()
            time.sleep(0.005)
        raise AssertionError(f"not in {timeout_s} s: {self.told[-1:]}")


@dataclass
class Bench:
    """A host and what hangs on it."""

    host: Host
    folder: Path
    pool: ThreadPoolExecutor
    machines: list[Machine] = field(default_factory=list)

    def port(self, name: str) -> str:
        return str(self.folder / name)

    def seat(self, name: str, board: Board, scale: float) -> None:
        self.host.add(name, board, self.folder / name, scale=scale)

    def connect(self, name: str) -> Machine:
        machine = connect(self.port(name), patience=PATIENCE)
        self.machines.append(machine)
        return machine

    def grbl(
        self, scale: float = 60.0, kind: type[GrblBoard] = GrblBoard, **traits: Any
    ) -> Machine:
        quick_home = {**DEFAULT_SETTINGS, 25: 20_000}
        board = kind(settings=quick_home, offsets={"G54": WORK_ZERO}, **traits)
        self.seat("mill", board, scale)
        machine = self.connect("mill")
        machine.home()
        return machine

    def marlin(
        self,
        scale: float = 100.0,
        kind: type[MarlinBoard] = MarlinBoard,
        **traits: Any,
    ) -> Machine:
        self.seat("printer", kind(**traits), scale)
        return self.connect("printer")

    def start(self, machine: Machine, text: str) -> Job:
        job = Job(machine, Future())
        program = Program(source=text.encode())
        job.future = self.pool.submit(machine.run, program, job.told.append)
        return job

    def run(self, machine: Machine, text: str) -> Outcome:
        return self.start(machine, text).outcome()

    def fault(self, board: str, do: str, **how: object) -> None:
        said = answer(self.host, {"board": board, "do": do, **how})
        assert said == {"ok": True}

    def oracle(self, board: str) -> dict[str, object]:
        return self.host.oracle(board)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    host = Host()
    server = threading.Thread(target=host.serve)
    server.start()
    with ThreadPoolExecutor(4) as pool:
        bench = Bench(host, tmp_path, pool)
        yield bench
        for machine in bench.machines:
            machine.close()
    host.stop()
    server.join(5)
    host.close()


@pytest.fixture
def mill_program() -> Callable[..., str]:
    """Lines and feed (mm/min) to a program for a mill."""
    return _mill_program


@pytest.fixture
def print_program() -> Callable[..., str]:
    """Lines and feed (mm/min) to a program for a printer."""
    return _print_program


def _zigzag(lines: int, *, feed: int = 1200, extrude: bool = False) -> str:
    """So many moves, 5 mm each, ending away from the start."""
    moves = []
    for place in range(lines):
        e = f" E{place * 0.1:.2f}" if extrude else ""
        moves.append(f"G1 X{10 + place % 2 * 5} Y{10 + place * 0.1:.2f}{e} F{feed}")
    return "\n".join(moves)


def _mill_program(lines: int = 200, feed: int = 1200) -> str:
    start = "G21 G90\nM3 S800\nG0 X10 Y10 Z5\n"
    return start + _zigzag(lines, feed=feed) + "\nM5\nG0 X0 Y0\n"


def _print_program(lines: int = 200, feed: int = 1200) -> str:
    start = "M140 S50\nM104 S190\nG28\nM190 S50\nM109 S190\nG92 E0\nG1 Z1 F600\n"
    end = "\nM104 S0\nM140 S0\nG1 X0 Y0 F3000\n"
    return start + _zigzag(lines, feed=feed, extrude=True) + end
