"""The other end of a line: boards that only answer, simulated boards, real firmware."""

import json
import os
import re
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tty
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Literal, Self

from benchmarks.streaming.tools import tool

type Count = dict[
    str, Any
]  # lines, took_s; place, stopped_s, pace where they are known
type Dialect = Literal["grbl", "marlin"]

BAUDS: dict[Dialect, int] = {"grbl": 115_200, "marlin": 250_000}
_CHIPS: dict[Dialect, str] = {"grbl": "atmega328p", "marlin": "atmega2560"}
_LOOK_S = 0.02
_SILENCE_S = 10.0
_PLACE = re.compile(rb"(?:MPos:|X:)(-?[\d.]+)(?:,| Y:)(-?[\d.]+)[^\n]*\n")
_OK = re.compile(rb"ok[^\n]*\n")
_QUICK = {110: 9000, 111: 9000, 120: 2000, 121: 2000}  # $: no move lasts


class LineEnd(ABC):
    """Ports with something at their other end that counts what it gets."""

    ports: Sequence[str]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def counts(self) -> list[Count]:
        """What came since the last asking, port by port."""

    @abstractmethod
    def close(self) -> None:
        """Let the ports go."""


class Told(LineEnd):
    """A program of this folder that tells its ports, and its counts when asked."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.ports = json.loads(self._output.readline())["ports"]

    @property
    def _output(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def counts(self) -> list[Count]:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        counts: list[Count] = json.loads(self._output.readline())
        return counts

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)


def bare(dialect: Dialect, machines: int, *, paced: bool = True) -> LineEnd:
    """Boards that answer each line when its last byte is in."""
    baud = BAUDS[dialect] if paced else 0
    board = tool("line_board", "-lutil")
    return Told([str(board), dialect, str(baud), str(machines)])


class Firmware(Told):
    """A real firmware's image on a simulated AVR, with limits that no line waits for."""

    def __init__(self, dialect: Dialect, image: Path) -> None:
        board = tool("avr_line", "-lsimavr", "-lutil", "-lm")
        super().__init__([str(board), str(image), _CHIPS[dialect], str(BAUDS[dialect])])
        self._question = b"?" if dialect == "grbl" else b"M114\n"
        self._sync = b"G4P0\n" if dialect == "grbl" else b"M400\n"
        time.sleep(4.0)  # its start, and the card that it looks for
        for line in _setting_up(dialect):
            self._hear(line.encode() + b"\n", _OK)
        self.counts()

    def counts(self) -> list[Count]:
        """The same, and the place by the firmware's own word once it is at rest."""
        (count,) = super().counts()
        self._hear(self._sync, _OK)
        found = self._hear(self._question, _PLACE)
        return [count | {"place": [float(found.group(1)), float(found.group(2))]}]

    def _hear(self, question: bytes, wanted: re.Pattern[bytes]) -> re.Match[bytes]:
        port = os.open(self.ports[0], os.O_RDWR | os.O_NOCTTY)
        tty.setraw(port)
        heard = b""
        try:
            os.write(port, question)
            while (found := wanted.search(heard)) is None:
                if not select.select([port], [], [], _SILENCE_S)[0]:
                    raise RuntimeError(f"no answer to {question!r}, only {heard!r}")
                heard += os.read(port, 4096)
        finally:
            os.close(port)
        return found


class Simulated(LineEnd):
    """The boards of `firmware_bridge.simulators`, in a process of their own."""

    def __init__(self, dialect: Dialect) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        board: dict[str, object] = {
            "name": "board",
            "kind": dialect,
            "link": str(folder / "board"),
            "baud": BAUDS[dialect],
            "reset_on_open": False,
            "speed_mm_per_s": [300, 300, 10],
            "acceleration_mm_per_s2": [5000, 5000, 100],
        }
        if dialect == "grbl":
            board |= {"homing": False, "work_offset_mm": [0, 0, 0]}
        plan = folder / "boards.json"
        plan.write_text(
            json.dumps({"socket": str(folder / "socket"), "boards": [board]})
        )
        self._process = subprocess.Popen(
            [sys.executable, "-m", "firmware_bridge.simulators", str(plan)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()
        self.ports = [str(folder / "board")]
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(str(folder / "socket"))
        self._answers = self._line.makefile("r")
        self._seen: list[tuple[float, int]] = []
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()

    def counts(self) -> list[Count]:
        """Lines of all kinds, from when they came at half of their pace or faster."""
        self._ended.set()
        self._watcher.join()
        until_s = time.monotonic() + _SILENCE_S
        while (truth := self._oracle())["state"] != "Idle":
            assert time.monotonic() < until_s, truth
            time.sleep(_LOOK_S)
        (start_s, before), (end_s, after) = _steady(self._seen)
        return [
            {
                "lines": after - before,
                "took_s": end_s - start_s,
                "place": truth["machine_mm"][:2],
            }
        ]

    def close(self) -> None:
        self._ended.set()
        self._watcher.join()
        self._answers.close()
        self._line.close()
        self._process.terminate()
        self._process.wait(timeout=10)
        self._folder.cleanup()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_S):
            self._seen.append((time.monotonic(), self._oracle()["lines_executed"]))

    def _oracle(self) -> dict[str, Any]:
        self._line.sendall(b'{"do": "oracle", "board": "board"}\n')
        truth: dict[str, Any] = json.loads(self._answers.readline())["oracle"]
        return truth


def best_of_board(dialect: Dialect, image: Path, lines: Sequence[str]) -> float:
    """Lines a second that the firmware takes from a host beside it, without latency."""
    board = tool("avr_run", "-lsimavr", "-lm")
    command = [str(board), str(image), _CHIPS[dialect], str(BAUDS[dialect]), "127"]
    told = "".join(f"{line}\n" for line in [*_setting_up(dialect), "--", *lines])
    done = subprocess.run(
        command, input=told, capture_output=True, text=True, check=True
    )
    answered_s = [float(moment) for moment in done.stdout.split()]
    return (len(answered_s) - 1) / (answered_s[-1] - answered_s[0])


def _setting_up(dialect: Dialect) -> list[str]:
    if dialect == "marlin":
        return ["M211 S0"]
    return [f"${number}={value}" for number, value in _QUICK.items()]


def _steady(
    seen: Sequence[tuple[float, int]],
) -> tuple[tuple[float, int], tuple[float, int]]:
    """The first and the last look of the middle eight tenths of all lines."""
    total = seen[-1][1]
    middle = [look for look in seen if 0.1 * total <= look[1] <= 0.9 * total]
    return middle[0], middle[-1]
