"""Real runs of a program: on a simulated board, or on a real firmware's image."""

import os
import subprocess
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from benchmarks.streaming.programs import Piece
from benchmarks.streaming.tools import tool
from firmware_bridge.dialects import grbl, marlin, marlin_capabilities
from firmware_bridge.dialects.limits import grbl_motion, marlin_motion
from firmware_bridge.gcode import Motion
from firmware_bridge.simulators.grbl_board import GrblBoard
from firmware_bridge.simulators.grbl_texts import DEFAULT_SETTINGS
from firmware_bridge.simulators.marlin_board import MarlinBoard

_TICK_S = 0.002
_BITS_PER_BYTE = 10
_WINDOW_BYTES = 127

_GRBL = {**DEFAULT_SETTINGS, 20: 0, 22: 0, 130: 1000, 131: 1000, 132: 1000}
_GRBL_LASER = {**_GRBL, 32: 1, 110: 9000, 111: 9000, 120: 600, 121: 600}
_MARLIN = (
    "M92 X80 Y80 Z400 E93",
    "M201 X1500 Y1500 Z100 E10000",
    "M203 X300 Y300 Z10 E25",
    "M204 P1000 R1500 T1500",
    "M205 B20000 S0 T0 X10 Y10 Z0.4 E5",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What happened: when each line was answered, and when all motion was over."""

    answered_s: list[float]
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A machine's limits as its driver reads them, and how a program runs on it."""

    motion: Motion
    image: Path | None = None  # None: the simulated board

    def run(self, piece: Piece) -> Run:
        """Errors: RuntimeError where the board refuses a line."""
        if self.image is not None:
            return _run_image(self.image, piece)
        return _run_simulated(piece)


def benches(piece: Piece) -> dict[str, Bench]:
    """By name. Real firmware: FABCOMMONS_GRBL and FABCOMMONS_MARLIN name images."""
    simulated = _told_marlin() if piece.is_print else _told_grbl(_settings(piece))
    found = {"simulated": Bench(motion=simulated)}
    image = os.environ.get("FABCOMMONS_MARLIN" if piece.is_print else "FABCOMMONS_GRBL")
    if image:
        real = _typed_marlin() if piece.is_print else simulated
        found["firmware"] = Bench(motion=real, image=Path(image))
    return found


# The simulated boards, on a clock of their own


def _run_simulated(piece: Piece) -> Run:
    board: GrblBoard | MarlinBoard = (
        MarlinBoard() if piece.is_print else GrblBoard(settings=_settings(piece))
    )
    sync = b"M400\n" if piece.is_print else b"G4P0\n"
    now_s = 2.0
    board.advance(now_s)
    waiting = deque([_wire(code, piece) for code in piece.codes()] + [sync])
    under_way: deque[int] = deque()
    answered_s: list[float] = []
    start_s = free_s = now_s
    while waiting or under_way:
        if waiting and sum(under_way) + len(waiting[0]) <= _WINDOW_BYTES:
            line = waiting.popleft()
            under_way.append(len(line))
            free_s = max(free_s, now_s) + len(line) * _BITS_PER_BYTE / board.baud
            board.receive(line, free_s)
            continue
        now_s = max(now_s + _TICK_S, free_s)
        for said in board.advance(now_s).splitlines():
            if said.startswith((b"error", b"Error", b"ALARM", b"echo:Unknown")):
                raise RuntimeError(f"{piece.name}: {said.decode()}")
            if said.startswith(b"ok") and under_way:
                under_way.popleft()
                answered_s.append(now_s - start_s)
    return Run(answered_s=answered_s[:-1], took_s=answered_s[-1])


def _settings(piece: Piece) -> dict[int, float]:
    return dict(_GRBL_LASER if piece.name.startswith("laser") else _GRBL)


def _told_grbl(settings: dict[int, float]) -> Motion:
    known = grbl.Capabilities()
    for number, value in settings.items():
        known.take(grbl.parse(f"${number}={value}".encode()))
    known.take(grbl.parse(b"[OPT:V,15,128]"))
    return _told(grbl_motion(known, grbl.BAUDS[0]))


def _told_marlin() -> Motion:
    board = MarlinBoard()
    board.advance(1.0)
    known = marlin_capabilities.Capabilities()
    board.receive(b"M503\n", 1.1)
    for said in board.advance(1.2).splitlines():
        known.take(marlin.parse(said))
    return _told(marlin_motion(known, board.baud))


def _typed_marlin() -> Motion:
    known = marlin_capabilities.Capabilities()
    for command in _MARLIN:
        known.take(marlin.parse(f"echo:  {command}".encode()))
    return _told(marlin_motion(known, 250_000))


def _told(motion: Motion | None) -> Motion:
    if motion is None:
        raise RuntimeError("the board does not tell its limits")
    return motion


# A real firmware's image under simavr


def _run_image(image: Path, piece: Piece) -> Run:
    if piece.is_print:
        setting_up = ["M302 P1", "M211 S0", *_MARLIN, "G92 X0 Y0 Z0 E0"]
        chip, baud, sync = "atmega2560", "250000", "M400"
    else:
        settings = _settings(piece)
        numbers = [n for n in settings if n in (11, 12, 32) or 100 <= n < 130]
        setting_up = [f"${number}={settings[number]:g}" for number in numbers]
        chip, baud, sync = "atmega328p", "115200", "G4P0"
    lines = [f"{line}\n" for line in [*setting_up, "--"]]
    lines += [_wire(code, piece).decode() for code in piece.codes()]
    command = [
        str(tool("avr_run", "-lsimavr", "-lm")),
        str(image),
        chip,
        baud,
        str(_WINDOW_BYTES),
    ]
    told = "".join([*lines, f"{sync}\n"])
    done = subprocess.run(
        command, input=told, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{piece.name}: {done.stderr.strip() or done.returncode}")
    answered_s = [float(moment) for moment in done.stdout.split()]
    return Run(answered_s=answered_s[:-1], took_s=answered_s[-1])


def _wire(code: str, piece: Piece) -> bytes:
    return code.encode() + b"\n" if piece.is_print else grbl.line_bytes(code)
