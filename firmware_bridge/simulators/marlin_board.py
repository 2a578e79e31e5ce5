"""A printer's board with Marlin, as its firmware behaves on an 8-bit AVR."""

import math
from collections import deque
from dataclasses import dataclass, field

from firmware_bridge.simulators.arcs import ArcError
from firmware_bridge.simulators.board import Counters
from firmware_bridge.simulators.heat import Heater, bed, nozzle
from firmware_bridge.simulators.marlin_line import (
    QUIET_COMMANDS,
    Command,
    RefusedLineError,
    parse,
    unwrap,
)
from firmware_bridge.simulators.marlin_modes import MODE_COMMANDS, Modes
from firmware_bridge.simulators.marlin_texts import (
    MARLIN_2_1,
    Release,
    banner,
    firmware_text,
    heat_text,
    place_text,
    settings_text,
)
from firmware_bridge.simulators.motion import Planner, Vector

_BOOT_S = 0.8
_BUSY_S = 2.0  # HOST_KEEPALIVE_INTERVAL
_COLD_C = 170.0  # EXTRUDE_MINTEMP
_HOME_S = 8.0


@dataclass(slots=True, kw_only=True)
class MarlinBoard:
    """Marlin 2.1, or an older release. Sizes in mm, speeds in mm/s."""

    release: Release = MARLIN_2_1
    travel_mm: Vector = (220.0, 220.0, 250.0)
    speed_max: Vector = (300.0, 300.0, 10.0)
    acceleration: Vector = (1500.0, 1500.0, 100.0)
    uuid: str = "cede2a2f-41a2-4748-9b12-c55c62f367ff"
    name: str = "3D Printer"
    nozzle_max_c: float = 275.0
    bed_max_c: float = 120.0
    rx_bytes: int = 128
    queue_lines: int = 4
    blocks: int = 15
    baud: int = 115200
    advanced_ok: bool = False
    emergency_parser: bool = False
    counters: Counters = field(default_factory=Counters)
    _rx: bytearray = field(default_factory=bytearray)
    _line: bytearray = field(default_factory=bytearray)
    _queue: deque[str] = field(default_factory=deque)
    _out: bytearray = field(default_factory=bytearray)
    _now_s: float = 0.0
    _boot_at_s: float | None = 0.0
    _halted: bool = False
    _person_wanted: bool = False  # M600 after a filament runout: nothing goes on
    _last_number: int = 0
    _command: Command | None = None  # the one in hand
    _targets: deque[tuple[Vector, float]] = field(default_factory=deque)  # with E
    _until_s: float | None = None
    _busy_at_s: float = 0.0
    _told_at_s: float = 0.0
    _report_every_s: float = math.inf
    _report_at_s: float = math.inf
    _modes: Modes = field(default_factory=Modes)
    _nozzle: Heater = field(default_factory=nozzle)
    _bed: Heater = field(default_factory=bed)
    _planner: Planner = field(init=False)

    def __post_init__(self) -> None:
        self._planner = self._new_planner()

    def receive(self, chunk: bytes, now_s: float) -> None:
        """See `Board.receive`."""
        self._live(now_s)
        self.counters.bytes_received += len(chunk)
        if self._boot_at_s is not None or self._halted:
            return
        if self.emergency_parser and b"M112" in chunk:
            self._kill("M112 Shutdown")
            return
        if self.emergency_parser and b"M108" in chunk:
            self._end_waiting()
        while chunk:
            room = self.rx_bytes - len(self._rx)
            self._rx += chunk[:room]
            chunk = chunk[room:]
            before = len(self._rx)
            self._go_on()
            if chunk and len(self._rx) == before:
                self.counters.bytes_overrun += len(chunk)
                return

    def advance(self, now_s: float) -> bytes:
        """See `Board.advance`."""
        self._live(now_s)
        said = bytes(self._out)
        self._out.clear()
        return said

    def next_event_s(self) -> float | None:
        """See `Board.next_event_s`."""
        if self._boot_at_s is not None:
            return self._boot_at_s
        if self._halted:
            return None
        moments = [self._report_at_s]
        if self._person_wanted:
            moments.append(self._busy_at_s)
        elif self._command is not None:
            moments.append(self._busy_at_s)
            if self._until_s is not None:
                moments.append(self._until_s)
            end_s = self._planner.next_end_s()
            if end_s is not None:
                moments.append(end_s)
            if self._command.name in ("M109", "M190"):
                moments.append(self._told_at_s + 1.0)
                moments.append(self._waited_heater().there_at_s(self._now_s))
        soonest = min(moments)
        return None if math.isinf(soonest) else soonest

    def reset(self, now_s: float) -> None:
        """See `Board.reset`."""
        self._live(now_s)
        self.counters.resets += 1
        self._wake(now_s)

    def power_cut(self, now_s: float) -> None:
        """See `Board.power_cut`."""
        self.reset(now_s)
        self.counters.power_cuts += 1

    def run_away(self, now_s: float) -> None:
        """The nozzle's thermistor falls off: the firmware halts."""
        self._live(now_s)
        self._kill("Thermal Runaway, system stopped! Heater_ID: E0")

    def run_out(self, now_s: float) -> None:
        """The filament's end passes its sensor: the firmware waits for a person."""
        self._live(now_s)
        if self._boot_at_s is None and not self._halted:
            self._person_wanted, self._busy_at_s = True, self._now_s
            self._out += b"//action:paused filament_runout 0\n"

    def filament_back(self, now_s: float) -> None:
        """Somebody put a new spool in and pressed the button."""
        self._live(now_s)
        if self._person_wanted:
            self._person_wanted = False
            self._out += b"//action:resumed\n"
            self._go_on()

    def oracle(self, now_s: float) -> dict[str, object]:
        """See `Board.oracle`."""
        self._live(now_s)
        return self.counters.as_json() | {
            "state": self._shown_state(),
            "machine_mm": list(self._planner.tool(now_s)),
            "nozzle_c": self._nozzle.at(now_s),
            "nozzle_target_c": self._nozzle.target_c,
            "bed_c": self._bed.at(now_s),
            "bed_target_c": self._bed.target_c,
            "rx_held": len(self._rx),
        }

    # Life in time

    def _live(self, now_s: float) -> None:
        while (event_s := self.next_event_s()) is not None and event_s <= now_s:
            self._now_s = max(self._now_s, event_s)
            self._planner.advance(self._now_s)
            if self._boot_at_s is not None:
                self._boot_at_s = None
                self._out += banner(self.release)
                self._told_at_s = self._now_s
                continue
            self._speak_unasked()
            self._go_on()
        self._now_s = max(self._now_s, now_s)
        self._planner.advance(self._now_s)

    def _speak_unasked(self) -> None:
        now_s = self._now_s
        heat = b" " + heat_text(self._nozzle, self._bed, now_s)
        if now_s >= self._report_at_s:
            self._report_at_s = now_s + self._report_every_s
            self._out += heat + b"\n"
        name = self._command.name if self._command else ""
        if name in ("M109", "M190") and now_s >= self._told_at_s + 1.0:
            self._told_at_s = now_s
            self._out += heat + b" W:?\n"
            self._busy_at_s = now_s + _BUSY_S
        if now_s >= self._busy_at_s and (name or self._person_wanted):
            self._busy_at_s = now_s + _BUSY_S
            what = b"paused for user" if self._person_wanted else b"processing"
            if self.release.keeps_alive:
                self._out += b"echo:busy: " + what + b"\n"

    def _wake(self, now_s: float) -> None:
        """RAM is gone: line count, place, targets. The tool stays where it is."""
        self._planner, tool = self._new_planner(), self._planner.tool(now_s)
        self._planner.astray = tool
        self._rx.clear()
        self._line.clear()
        self._queue.clear()
        self._out.clear()
        self._targets.clear()
        self._command = self._until_s = None
        self._halted = self._person_wanted = False
        self._last_number = 0
        self._report_at_s = math.inf
        self._modes = Modes()
        self._nozzle.set(0.0, now_s)
        self._bed.set(0.0, now_s)
        self._boot_at_s = now_s + _BOOT_S

    def _kill(self, why: str) -> None:
        self._out += f"Error:{why}\nError:Printer halted. kill() called!\n".encode()
        self._halted = True
        self._nozzle.set(0.0, self._now_s)
        self._bed.set(0.0, self._now_s)
        self._planner.clear(self._now_s)
        self._command = None

    def _new_planner(self) -> Planner:
        return Planner(
            capacity=self.blocks,
            speed_max=self.speed_max,
            acceleration=self.acceleration,
            junction_deviation=0.02,
            steps_per_mm=(80.0, 80.0, 400.0),
            counters=self.counters,
        )

    # Lines in

    def _go_on(self) -> None:
        """The main loop: what waits while a command is in hand is read meanwhile."""
        while not self._halted and not self._person_wanted:
            self._take_lines()
            if self._command is not None:
                if not self._proceed(self._command):
                    return
                told_heat = self._command.name == "M105"
                self._command = None
                self._say_ok(told_heat=told_heat)
                continue
            if not self._queue:
                return
            self._begin(parse(self._queue.popleft()))

    def _take_lines(self) -> None:
        while len(self._queue) + (self._command is not None) < self.queue_lines:
            end = self._rx.find(b"\n")
            if end < 0:
                self._line += self._rx
                self._rx.clear()
                del self._line[96:]
                return
            raw = bytes(self._line + self._rx[:end])
            self._line.clear()
            del self._rx[: end + 1]
            try:
                text, self._last_number = unwrap(raw, self._last_number)
            except RefusedLineError as refused:
                self._rx.clear()  # flush_and_request_resend
                last = self._last_number
                self._out += f"Error:{refused}, Last Line: {last}\n".encode()
                self._out += f"Resend: {last + 1}\nok\n".encode()
                continue
            if text:
                self._queue.append(text)

    def _begin(self, command: Command) -> None:
        self.counters.lines_executed += 1
        self._command = command
        self._until_s = None
        self._busy_at_s = self._now_s + _BUSY_S
        self._told_at_s = self._now_s
        name = command.name
        if name in self.release.unknown:
            self._say_unknown(command)
        elif name in ("G0", "G1", "G2", "G3"):
            self._plan_move(command)
        elif name in ("M104", "M109"):
            self._heat(self._nozzle, command, self.nozzle_max_c)
        elif name in ("M140", "M190"):
            self._heat(self._bed, command, self.bed_max_c)
        elif name == "M112":
            self._kill("M112 Shutdown")
        elif name == "M155":
            self._report_every_s = command.get("S") or math.inf
            self._report_at_s = self._now_s + self._report_every_s
        else:
            self._begin_mode(command)

    def _begin_mode(self, command: Command) -> None:
        match command.name:
            case name if name in MODE_COMMANDS:
                self._modes.take(command)
            case "M114" if "M114" not in self.release.waits:
                self._out += place_text(self._planner.planned, self._modes.e)
            case "M115":
                self._out += firmware_text(
                    self.release, self.name, self.uuid, emergency=self.emergency_parser
                )
            case "M503" | "M211":
                limits = self.travel_mm, self.speed_max, self.acceleration
                self._out += settings_text(self.release, command.name, *limits)
            case "M110":
                self.counters.programs_started += 1
            case "G4" | "G28" | "M400" | "M105" | "M114":
                pass
            case name if name not in QUIET_COMMANDS:
                self._say_unknown(command)

    def _plan_move(self, command: Command) -> None:
        try:
            start = self._planner.planned
            targets = self._modes.targets(command, start, self.travel_mm)
        except ArcError:
            self._out += b"Error:Bad arc\n"
            return
        extruded = self._modes.drawn_mm(command)
        if extruded and self._nozzle.at(self._now_s) < _COLD_C:
            self._out += b"echo: cold extrusion prevented\n"
            extruded = 0.0
        self.counters.moves_taken += 1
        self._targets.extend((target, extruded / len(targets)) for target in targets)

    def _heat(self, heater: Heater, command: Command, most_c: float) -> None:
        if "S" in command.value_of or "R" in command.value_of:
            asked_c = max(command.get("S"), command.get("R"))
            heater.set(min(asked_c, most_c), self._now_s)

    def _end_waiting(self) -> None:
        self.filament_back(self._now_s)
        if self._command is not None and self._command.name in ("M109", "M190"):
            self._command = None
            self._say_ok()

    def _waited_heater(self) -> Heater:
        heats_bed = self._command is not None and self._command.name == "M190"
        return self._bed if heats_bed else self._nozzle

    def _proceed(self, command: Command) -> bool:
        """Work on the command in hand; False: it has to wait on."""
        while self._targets:
            if self._planner.is_full:
                return False
            target, extruded = self._targets.popleft()
            self._planner.add(target, self._modes.feed, self._now_s, extruded)
        if command.name in ("M109", "M190"):
            return self._waited_heater().is_there(self._now_s)
        if command.name not in self.release.waits and not command.sets_place:
            return True
        if not self._planner.is_empty:
            return False
        if self._until_s is None:
            pause_s = command.get("S") or command.get("P") / 1000
            wait_s = {"G4": pause_s, "G28": _HOME_S}.get(command.name, 0.0)
            self._until_s = self._now_s + wait_s
        if self._now_s < self._until_s:
            return False
        self._finish(command)
        return True

    def _finish(self, command: Command) -> None:
        if command.name == "G28":
            self._planner.home(command.value_of or "XYZ")
        elif command.name == "M114":
            self._out += place_text(self._planner.planned, self._modes.e)
        elif command.sets_place:
            self._planner.mistake(command.place(self._planner.planned))

    def _say_unknown(self, command: Command) -> None:
        self._out += f'echo:Unknown command: "{command.text}"\n'.encode()

    def _say_ok(self, *, told_heat: bool = False) -> None:
        self._out += b"ok"
        if told_heat:
            self._out += b" " + heat_text(self._nozzle, self._bed, self._now_s)
        if self.advanced_ok:
            free = self.queue_lines - len(self._queue)
            self._out += f" P{self._planner.free} B{free}".encode()
        self._out += b"\n"

    def _shown_state(self) -> str:
        if self._halted:
            return "Halted"
        if self._person_wanted:
            return "Waits"
        return "Idle" if self._planner.is_empty and not self._command else "Run"
