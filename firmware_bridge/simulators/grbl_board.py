"""A controller board with GRBL 1.1h, as its firmware behaves on an Arduino Uno."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from firmware_bridge.simulators.board import Counters
from firmware_bridge.simulators.grbl_texts import (
    DEFAULT_SETTINGS,
    build_text,
    modes_text,
    offsets_text,
    settings_text,
)
from firmware_bridge.simulators.grbl_words import LineError, Modes, Orders, read
from firmware_bridge.simulators.motion import Planner, Vector

_REAL_TIME = bytes([0x18, *b"?!~", *range(0x80, 0x100)])
_LOCKED = b"[MSG:'$H'|'$X' to unlock]\r\n"
_BOOT_S = 0.4  # wall-plug to banner; a Uno's boot loader takes longer
_PULL_OFF_MM = 1.0

type StateName = Literal["Idle", "Run", "Hold", "Home", "Alarm", "Sleep", "Boot"]


@dataclass(slots=True, kw_only=True)
class GrblBoard:
    """GRBL 1.1h. `settings` and `offsets` are its EEPROM and outlive resets."""

    settings: dict[int, float] = field(default_factory=lambda: dict(DEFAULT_SETTINGS))
    offsets: dict[str, Vector] = field(default_factory=dict)
    build: str = ""
    rx_bytes: int = 128
    blocks: int = 15
    baud: int = 115200
    build_questions: tuple[str, ...] = ("$I",)
    line_max: int = 79  # LINE_BUFFER_SIZE 80 with its closing zero
    greeting: bytes = b"\r\nGrbl 1.1h ['$' for help]\r\n"
    counters: Counters = field(default_factory=Counters)
    _modes: Modes = field(default_factory=Modes)
    _rx: bytearray = field(default_factory=bytearray)
    _line: bytearray = field(default_factory=bytearray)
    _out: bytearray = field(default_factory=bytearray)
    _state: StateName = "Boot"
    _now_s: float = 0.0
    _boot_at_s: float = 0.0
    _orders: Orders | None = None  # of the line that waits for room or rest
    _targets: deque[Vector] = field(default_factory=deque)
    _until_s: float | None = None  # dwell or homing
    _stuck: bool = False  # a limit alarm: nothing but a reset helps
    _hold_told: bool = False
    _reports: int = 0
    _planner: Planner = field(init=False)

    def __post_init__(self) -> None:
        self._planner = self._new_planner()

    def receive(self, chunk: bytes, now_s: float) -> None:
        """See `Board.receive`."""
        self._live(now_s)
        self.counters.bytes_received += len(chunk)
        if self._state == "Boot":
            return
        if chunk.translate(None, _REAL_TIME) == chunk:
            self._buffer(chunk)
            return
        for byte in chunk:
            if byte in _REAL_TIME:
                self._act_now(byte)
            else:
                self._buffer(bytes((byte,)))

    def advance(self, now_s: float) -> bytes:
        """See `Board.advance`."""
        self._live(now_s)
        said = bytes(self._out)
        self._out.clear()
        return said

    def next_event_s(self) -> float | None:
        """See `Board.next_event_s`."""
        if self._state == "Boot":
            return self._boot_at_s
        if self._until_s is not None:
            return self._until_s
        if self._orders is None:
            return None
        return self._planner.next_end_s()

    def reset(self, now_s: float) -> None:
        """See `Board.reset`."""
        self._live(now_s)
        self.counters.resets += 1
        self._wake(now_s)

    def power_cut(self, now_s: float) -> None:
        """See `Board.power_cut`."""
        self.reset(now_s)
        self.counters.power_cuts += 1

    def raise_alarm(self, code: int, now_s: float) -> None:
        """A limit switch (1, where $21 is on), a probe (4, 5), … while it moves or not."""
        self._live(now_s)
        if self._state in ("Run", "Idle", "Hold") and (code > 1 or self.settings[21]):
            self._alarm(code, stuck=code == 1)

    def oracle(self, now_s: float) -> dict[str, object]:
        """See `Board.oracle`."""
        self._live(now_s)
        place = self._planner.place(now_s)
        return self.counters.as_json() | {
            "state": self._shown_state(),
            "machine_mm": list(place),
            "spindle_on": self._modes.spindle_on,
            "rx_held": len(self._rx),
        }

    # Life in time

    def _live(self, now_s: float) -> None:
        while (event_s := self.next_event_s()) is not None and event_s <= now_s:
            self._now_s = max(self._now_s, event_s)
            self._planner.advance(self._now_s)
            if self._state == "Boot":
                self._greet()
            self._go_on()
        self._now_s = max(self._now_s, now_s)
        self._planner.advance(self._now_s)

    def _wake(self, now_s: float) -> None:
        """Everything in RAM is gone, the place with it: GRBL takes it for zero."""
        self._planner = self._new_planner()
        self._forget()
        self._out.clear()
        self._state = "Boot"
        self._boot_at_s = now_s + _BOOT_S

    def _greet(self) -> None:
        locked = bool(self.settings[22])
        self._state = "Alarm" if locked else "Idle"
        self._stuck = False
        self._out += self.greeting
        if locked:
            self._out += _LOCKED

    def _forget(self) -> None:
        self._modes = Modes()
        self._rx.clear()
        self._line.clear()
        self._targets.clear()
        self._orders = None
        self._until_s = None
        self._reports = 0

    def _new_planner(self) -> Planner:
        def axes(first: int, scale: float) -> Vector:
            x, y, z = (self.settings[first + axis] * scale for axis in range(3))
            return (x, y, z)

        return Planner(
            capacity=self.blocks,
            speed_max=axes(110, 1 / 60),
            acceleration=axes(120, 1.0),
            junction_deviation=self.settings[11],
            steps_per_mm=axes(100, 1.0),
            counters=self.counters,
        )

    # Bytes in

    def _buffer(self, chunk: bytes) -> None:
        """The ring takes what fits; the main loop empties it whenever it can."""
        while chunk:
            room = self.rx_bytes - len(self._rx)
            self._rx += chunk[:room]
            chunk = chunk[room:]
            before = len(self._rx)
            self._go_on()
            if chunk and len(self._rx) == before:
                self.counters.bytes_overrun += len(chunk)
                return

    def _act_now(self, byte: int) -> None:
        if byte == 0x18:
            self._soft_reset()
        elif self._stuck:
            return
        elif byte == ord("?"):
            if self._state != "Home":
                self._report()
        elif byte == ord("!"):
            if self._state in ("Idle", "Run") and not self._planner.is_held:
                self._planner.hold(self._now_s)
        elif byte == ord("~") and self._planner.hold_done(self._now_s):
            self._planner.resume(self._now_s)
            if self._orders is not None and self._orders.pauses:
                self._finish_line()
            self._go_on()

    def _soft_reset(self) -> None:
        self.counters.resets += 1
        moving = self._state == "Home" or (
            not self._planner.is_empty and not self._planner.hold_done(self._now_s)
        )
        if moving and self._state != "Alarm":
            self._out += b"ALARM:6\r\n" if self._state == "Home" else b"ALARM:3\r\n"
            self._state = "Alarm"
        self._planner.clear(self._now_s)
        self._forget()
        self._stuck = False
        if self._state != "Alarm":
            self._state = "Idle"
        self._out += self.greeting
        if self._state == "Alarm":
            self._out += _LOCKED

    def _go_on(self) -> None:
        """The main loop: finish the waiting line, then take the next ones."""
        while not self._stuck and self._state != "Boot":
            if self._orders is not None:
                if not self._proceed():
                    return
                continue
            end = self._rx.find(b"\n")
            if end < 0:
                self._line += self._rx
                self._rx.clear()
                del self._line[self.line_max + 1 :]
                return
            self._line += self._rx[:end]
            del self._rx[: end + 1]
            line = bytes(self._line)
            self._line.clear()
            self._take(line)

    def _take(self, raw: bytes) -> None:
        if len(raw) > self.line_max:
            self._out += b"error:11\r\n"
            return
        line = raw.decode("latin-1").replace(" ", "").replace("\r", "").upper()
        try:
            if line.startswith("$"):
                self._command(line)
                return
            self._begin_line(line)
        except LineError as refused:
            self._out += b"error:%d\r\n" % refused.code

    def _begin_line(self, line: str) -> None:
        if not line:
            self._out += b"ok\r\n"
            return
        if self._state in ("Alarm", "Sleep"):
            raise LineError(9)
        offset = self.offsets.get(self._modes.system, (0.0, 0.0, 0.0))
        planned = self._planner.planned
        orders = read(line, self._modes, planned, offset)
        self.counters.lines_executed += 1
        if "G54" in line and "G21" in line and "G94" in line:
            self.counters.programs_started += 1
        if self.settings[20] and any(map(self._is_outside, orders.targets)):
            self._alarm(2, stuck=True)
            return
        self.counters.moves_taken += bool(orders.targets)
        self._orders = orders
        self._targets.extend(orders.targets)

    def _proceed(self) -> bool:
        """Work on the line that waits; False: it has to wait on."""
        orders = self._orders
        if orders is None:
            return True
        while self._targets:
            if self._planner.is_full:
                return False
            self._planner.add(self._targets.popleft(), orders.speed, self._now_s)
        if orders.dwell_s is not None or orders.waits:
            if not self._planner.is_empty:
                return False
            if orders.dwell_s is not None and self._until_s is None:
                self._until_s = self._now_s + orders.dwell_s
            if self._until_s is not None and self._now_s < self._until_s:
                return False
            if orders.pauses:
                self._planner.hold(self._now_s)
                return False
        self._finish_line()
        return True

    def _finish_line(self) -> None:
        if self._state == "Home":
            self._state = "Idle"
        self._orders = None
        self._until_s = None
        self._out += b"ok\r\n"

    def _is_outside(self, target: Vector) -> bool:
        return any(
            not -self.settings[130 + axis] - 1e-6 <= target[axis] <= 1e-6
            for axis in range(3)
        )

    def _alarm(self, code: int, *, stuck: bool) -> None:
        self._planner.clear(self._now_s)
        self._targets.clear()
        self._orders = None
        self._until_s = None
        self._modes.spindle_on &= code in (4, 5)  # a probe's alarms reset nothing
        self._state = "Alarm"
        self._stuck = stuck
        self._out += b"ALARM:%d\r\n" % code
        if stuck:
            self._out += b"[MSG:Reset to continue]\r\n"

    # Words out

    def _shown_state(self) -> str:
        if self._state == "Idle":
            if self._planner.is_held:
                return f"Hold:{int(not self._planner.hold_done(self._now_s))}"
            return "Idle" if self._planner.is_empty else "Run"
        return self._state

    def _report(self) -> None:
        place = self._planner.place(self._now_s)
        text = f"<{self._shown_state()}|MPos:{self._axes_text(place)}"
        if int(self.settings[10]) & 2:
            text += f"|Bf:{self._planner.free},{self.rx_bytes - len(self._rx)}"
        feed = self._planner.speed(self._now_s) * 60
        text += f"|FS:{feed:.0f},{self._modes.spindle * self._modes.spindle_on:.0f}"
        if self._reports % 10 == 0:
            zero = self.offsets.get(self._modes.system, (0.0, 0.0, 0.0))
            text += f"|WCO:{self._axes_text(zero)}"
        elif self._reports % 10 == 1:
            text += "|Ov:100,100,100"
        self._reports += 1
        self._out += (text + self._more_text()).encode() + b">\r\n"

    def _more_text(self) -> str:
        return ""

    def _build_text(self, line: str) -> bytes:
        return build_text(self.build, self.blocks, self.rx_bytes)

    def _axes_text(self, place: Vector) -> str:
        return ",".join(f"{at:.3f}" for at in place)

    def _command(self, line: str) -> None:
        if line in self.build_questions:
            self._out += self._build_text(line)
        elif line == "$$":
            self._out += settings_text(self.settings)
        elif line == "$#":
            self._out += offsets_text(self.offsets, self._axes_text)
        elif line == "$G":
            self._out += modes_text(self._modes)
        elif line == "$X":
            self._unlock()
        elif line == "$H":
            self._home()
            return
        elif line != "$":
            self._store(line)
        self._out += b"ok\r\n"

    def _unlock(self) -> None:
        if self._state == "Alarm":
            self._out += b"[MSG:Caution: Unlocked]\r\n"
            self._state = "Idle"

    def _home(self) -> None:
        if not self.settings[22]:
            raise LineError(5)
        if not self._planner.is_empty:
            raise LineError(8)
        x, y, z = self._planner.place(self._now_s)
        seek = self.settings[25] / 60
        way = max(abs(x), abs(y), abs(z)) + 2 * _PULL_OFF_MM
        self._state = "Home"
        self._until_s = self._now_s + way / seek + 1.0
        self._orders = Orders(dwell_s=way / seek + 1.0)
        self._planner.put((-_PULL_OFF_MM, -_PULL_OFF_MM, -_PULL_OFF_MM))

    def _store(self, line: str) -> None:
        name, mark, text = line[1:].partition("=")
        if not mark or not name.isdecimal() or int(name) not in self.settings:
            raise LineError(3)
        if not self._planner.is_empty:
            raise LineError(8)
        try:
            value = float(text)
        except ValueError as wrong:
            raise LineError(2) from wrong
        if not math.isfinite(value) or value < 0:
            raise LineError(4)
        self.settings[int(name)] = value
        place = self._planner.position
        self._planner = self._new_planner()
        self._planner.put(place)
