"""A Duet board with RepRapFirmware 3.5, as its firmware takes lines from USB.

What it does otherwise than Marlin is told, with its sources, in `dialects.reprap`.
"""

import json
import math
import re
from dataclasses import dataclass

from firmware_bridge.simulators.marlin_board import MarlinBoard
from firmware_bridge.simulators.marlin_line import QUIET_COMMANDS, Command
from firmware_bridge.simulators.marlin_texts import MARLIN_2_1, Release
from firmware_bridge.simulators.motion import Vector

_NUMBERED = re.compile(r"N(\d{1,9})\s*")
_KEY = re.compile(r'K"([^"]{0,64})"')
_LINE_MAX = 255  # MaxGCodeLength less its closing zero
_REPORT_S = 1.0  # UnsolicitedStatusReportInterval
_MOVES = frozenset({"G0", "G1", "G2", "G3"})
_TAKEN = QUIET_COMMANDS | {
    "G0", "G1", "G2", "G3", "G4", "G28", "G90", "G91", "G92", "M82", "M83", "M104",
    "M109", "M140", "M190", "M400", "M105", "M555",
}  # fmt: skip
_NAME = "RepRapFirmware for Duet 2 WiFi/Ethernet"

_RELEASE = Release(
    greeting=(f"{_NAME} is up and running.",),
    firmware="",
    capabilities=(),
    keeps_alive=False,
    waits=MARLIN_2_1.waits,
    settings=(),
)


@dataclass(slots=True, kw_only=True)
class RepRapBoard(MarlinBoard):
    """RepRapFirmware 3.5 in Marlin's manner, as on USB."""

    release: Release = _RELEASE
    uuid: str = "08DGM-9T6BU-FG3SN-6J9D0-3SJ6K-1AZ1B"
    rx_bytes: int = 256
    queue_lines: int = 1
    blocks: int = 40
    needs_checksum: bool = False
    _stopped: bool = False
    _homed: bool = False
    _tells_heat: bool = False
    _started_s: float = 0.0

    def run_away(self, now_s: float) -> None:
        """The nozzle's thermistor falls off: that heater goes off, and it is told."""
        self._live(now_s)
        self._nozzle.set(0.0, now_s)
        self._out += b"Error: Heating fault on heater 1, sensor open circuit\n"

    def run_out(self, now_s: float) -> None:
        """The filament's end passes its sensor (M591 S2): it is told, and no more, for
        what comes over USB is no print of this firmware's own.
        """
        self._live(now_s)
        self._out += b"- Event notification -\n"
        self._out += b"Filament error on extruder 0: noFilament\n"

    def _wake(self, now_s: float) -> None:
        MarlinBoard._wake(self, now_s)  # noqa: SLF001 (base)
        self._stopped = self._homed = self._tells_heat = False
        self._started_s = now_s

    def _kill(self, why: str) -> None:
        self._stopped = True
        self._nozzle.set(0.0, self._now_s)
        self._bed.set(0.0, self._now_s)
        self._planner.clear(self._now_s)
        self._out += b"Emergency Stop! Reset the controller to continue.\n"

    def _speak_unasked(self) -> None:
        if self._command is not None and self._now_s >= self._busy_at_s:
            self._busy_at_s = self._now_s + _REPORT_S
            if self._tells_heat:
                self._out += self._heat_text() + b"\n"

    def _take_lines(self) -> None:
        while not self._queue:
            end = self._rx.find(b"\n")
            if end < 0:
                self._line += self._rx
                self._rx.clear()
                del self._line[_LINE_MAX + 1 :]
                return
            raw = bytes(self._line + self._rx[:end])
            self._line.clear()
            del self._rx[: end + 1]
            text = _checked(raw, needs_checksum=self.needs_checksum)
            if text:
                self._queue.append(text)

    def _begin(self, command: Command) -> None:
        name = command.name
        if name == "M999":
            self._wake(self._now_s)
            self.counters.resets += 1
            return
        done = Command("", {}, "") if self._refuses(command) else command
        MarlinBoard._begin(self, done)  # noqa: SLF001 (base)
        self._busy_at_s = self._now_s + _REPORT_S
        self._homed |= name == "G28"
        if name in ("M105", "M409"):
            self._tells_heat = name == "M105"

    def _refuses(self, command: Command) -> bool:
        name = command.name
        moves = name in _MOVES and any(axis in command.value_of for axis in "XYZ")
        if self._stopped and name.startswith("G"):
            self._out += f"Error: {name}: the machine is halted\n".encode()
            return True
        if moves and not self._homed:
            self._out += b"Error: G0/G1: insufficient axes homed\n"
            return True
        return False

    def _begin_mode(self, command: Command) -> None:
        name = command.name or command.text.split(" ")[0]
        told = self._told(command)
        if told is not None:
            self._out += told.encode() + b"\n"
        elif name in ("G90", "G91"):  # the extruder keeps its own mode
            self._modes.absolute = name == "G90"
        elif name.startswith("T"):
            self.counters.programs_started += command.text == "T0 P0"
        elif name in _TAKEN:
            MarlinBoard._begin_mode(self, command)  # noqa: SLF001 (base)
        elif command.text:
            self._out += f"Error: {name}: Command is not supported\n".encode()

    def _told(self, command: Command) -> str | None:
        """What a question is answered with; None: it is none."""
        if command.name == "M409":
            return self._value(command.text)
        feed = tuple(60 * at for at in self.speed_max)
        x, y, z = self.travel_mm
        return {
            "M114": _place(self._planner.planned, self._modes.e),
            "M115": f"FIRMWARE_NAME: {_NAME} FIRMWARE_VERSION: 3.5.3 ELECTRONICS: "
            "Duet WiFi 1.02 or later FIRMWARE_DATE: 2024-09-18 14:15:25",
            "M92": f"Steps/mm: {_lettered((80.0, 80.0, 400.0))}E: 420.000",
            "M201": f"Accelerations (mm/sec^2): {_lettered(self.acceleration)}E: 250.0",
            "M203": f"Max speeds (mm/min): {_lettered(feed)}E: 3600.0, min. speed 30.00",
            "M204": "Maximum printing acceleration 10000.0, "
            "maximum travel acceleration 10000.0 mm/sec^2",
            "M566": f"Maximum jerk rates (mm/min): {_lettered((600.0, 600.0, 24.0))}"
            "E: 300.0, jerk policy: 0",
            "M208": f"Axis limits (mm) X0.0:{x:.1f}, Y0.0:{y:.1f}, Z0.0:{z:.1f}",
        }.get(command.name)

    def _value(self, text: str) -> str:
        found = _KEY.search(text)
        key = found.group(1) if found else ""
        moves = "idle" if self._planner.is_empty else "busy"
        value_of: dict[str, str | int] = {
            "state.status": "halted" if self._stopped else moves,
            "state.upTime": math.floor(self._now_s - self._started_s),
            "boards[0].uniqueId": self.uuid,
        }
        said = {"key": key, "flags": "", "result": value_of.get(key)}
        return json.dumps(said, separators=(",", ":"))

    def _say_ok(self, *, told_heat: bool = False) -> None:
        self._out += b"ok" + (b" " + self._heat_text() if told_heat else b"") + b"\n"

    def _heat_text(self) -> bytes:
        at_c, goal_c = self._nozzle.at(self._now_s), self._nozzle.target_c
        bed_c = self._bed.at(self._now_s)
        nozzle = f"{at_c:.1f} /{goal_c:.1f}"
        bed = f"{bed_c:.1f} /{self._bed.target_c:.1f}"
        return f"T:{nozzle} T0:{nozzle} B:{bed}".encode()

    def _shown_state(self) -> str:
        shown = MarlinBoard._shown_state(self)  # noqa: SLF001 (base)
        return "Halted" if self._stopped else shown


def _checked(raw: bytes, *, needs_checksum: bool) -> str | None:
    """A line's command; None where it is dropped without a word."""
    if b"\x7f" in raw:  # what its UART puts in for a damaged byte
        return None
    line = raw[:_LINE_MAX].decode("latin-1").strip()
    found = _NUMBERED.match(line)
    if found is None:
        return None if needs_checksum else line.split(";")[0].strip()
    body, star, said = line.rpartition("*")
    if not star:
        return None if needs_checksum else line[found.end() :].strip()
    total = 0
    for byte in body.encode("latin-1"):
        total ^= byte
    right = said.isdecimal() and len(said) <= 3 and int(said) == total
    return body[found.end() :].strip() if right else None


def _place(place: Vector, extruder_mm: float) -> str:
    x, y, z = place
    return (
        f"X:{x:.3f} Y:{y:.3f} Z:{z:.3f} E:{extruder_mm:.3f} E0:{extruder_mm:.1f} "
        f"Count 0 0 0 Machine {x:.3f} {y:.3f} {z:.3f} Bed comp 0.000"
    )


def _lettered(values: tuple[float, ...]) -> str:
    return "".join(
        f"{axis}: {at:.1f}, " for axis, at in zip("XYZ", values, strict=True)
    )
