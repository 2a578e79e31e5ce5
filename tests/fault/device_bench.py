"""A board on a port, the driver that works it, and the board's own account of it."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from firmware_bridge.dialects.manner import MARLIN, REPRAP
from firmware_bridge.drivers.grbl import GrblMachine
from firmware_bridge.drivers.marlin import MarlinMachine
from firmware_bridge.facts import MachineState, Patience, Progress
from firmware_bridge.simulators.board import Board
from firmware_bridge.simulators.control import answer
from firmware_bridge.simulators.grbl_board import GrblBoard
from firmware_bridge.simulators.grbl_texts import DEFAULT_SETTINGS
from firmware_bridge.simulators.heat import Heater
from firmware_bridge.simulators.host import Host
from firmware_bridge.simulators.marlin_board import MarlinBoard
from firmware_bridge.simulators.motion import Vector
from firmware_bridge.simulators.reprap_board import RepRapBoard
from tests.fault.device_faults import Request
from tests.fault.turned import TurnedClock, TurnedLink

NAME = "machine"
PATIENCE = Patience()
WORK_ZERO = (-300.0, -200.0, -40.0)
LOOK_S = 0.1
COMES_S = 3.0  # until somebody comes who was called
# A number on GRBL's line that was altered by less can't be told from a step.
SEEN_MM = 0.05
SEEN_STEPS = 2 * SEEN_MM * 250  # there and back
WAITS_FOR_A_PERSON = (MachineState.PAUSED, MachineState.ALARM)

type BoardMachine = GrblMachine | MarlinMachine


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The board's account of what it did, by its own counters."""

    start_mm: Vector
    path_mm: tuple[Vector, ...]
    steps: tuple[int, ...]  # of each axis, there and back
    extruded_mm: float
    place_mm: tuple[float, ...]
    moves: int
    starts: int
    hot: bool  # spindle or a heater is on
    at_rest: bool

    def strays_mm(self, wanted: "Truth") -> float:
        """How far its corners are from the wanted ones; infinite if one is missing."""
        if len(self.path_mm) != len(wanted.path_mm):
            return math.inf
        corners = zip(self.path_mm, wanted.path_mm, strict=True)
        stray_mm = max(math.dist(own, other) for own, other in corners)
        return max(stray_mm, math.dist(self.place_mm, wanted.place_mm))

    def is_the_piece(self, wanted: "Truth") -> bool:
        """Whether every line was done once, and nothing else, and it stands at the end."""
        counts = zip(self.steps, wanted.steps, strict=True)
        return (
            self.strays_mm(wanted) < SEEN_MM
            and all(abs(own - other) <= SEEN_STEPS for own, other in counts)
            and abs(self.extruded_mm - wanted.extruded_mm) < 0.001
        )


@dataclass
class Bench:
    """A board on a port and the driver that works it, in time that is turned."""

    dialect: str
    folder: Path
    clock: TurnedClock[Host] = field(
        default_factory=lambda: TurnedClock(lambda clock: Host(wall=clock))
    )
    stalled_s: float = 0.0
    over: bool = False
    start_mm: Vector = (0.0, 0.0, 0.0)
    shown_mm: list[Vector] = field(default_factory=list)  # every place it was told
    shown_state: MachineState = MachineState.UNKNOWN
    shown_note: str | None = None
    _seen: tuple[object, ...] = ()
    _seen_before: tuple[object, ...] = ()
    _waits_since_s: float = math.inf
    _still_s: float = 0.0

    def seat(self, board: Board) -> None:
        board.counters.path = []
        self.clock.host.add(NAME, board, self.folder / NAME)

    def usual_board(self) -> Board:
        if self.dialect == "grbl":
            quick_home = {**DEFAULT_SETTINGS, 25: 20_000, 120: 1000, 121: 1000}
            return GrblBoard(settings=quick_home, offsets={"G54": WORK_ZERO})
        kind = RepRapBoard if self.dialect == "reprap" else MarlinBoard
        return kind(_nozzle=Heater(rise_c_per_s=30.0, fall_c_per_s=0.8))

    def connect(self) -> BoardMachine:
        link = TurnedLink(self.folder / NAME, 115200, self.clock)
        self.clock.sleep(1.5)  # it was reset by that, and greets
        if self.dialect == "grbl":
            machine = GrblMachine(
                link, clock=self.clock, wall=self.clock, patience=PATIENCE
            )
            machine.unlock()
            machine.home()
            x, y, z = self.truth().place_mm
            self.start_mm = (x, y, z)
            return machine
        manner = REPRAP if self.dialect == "reprap" else MARLIN
        return MarlinMachine(link, wall=self.clock, patience=PATIENCE, manner=manner)

    def fault(self, request: Request) -> None:
        said = answer(self.clock.host, {"board": NAME, **request})
        assert said == {"ok": True}, said

    def truth(self) -> Truth:
        told: dict[str, Any] = self.clock.host.oracle(NAME)
        hot = told.get("spindle_on") or told.get("nozzle_target_c")
        return Truth(
            start_mm=self.start_mm,
            path_mm=tuple(told["path"]),
            steps=tuple(told["steps"]),
            extruded_mm=told["extruded_mm"],
            place_mm=tuple(told["machine_mm"]),
            moves=told["moves_taken"],
            starts=told["programs_started"],
            hot=bool(hot),
            at_rest=told["state"] in ("Idle", "Alarm", "Halted", "Hold:0", "Boot"),
        )

    def watch(self, progress: Progress) -> None:
        """What a person would see of the job."""
        status = progress.status
        self.shown_state, self.shown_note = status.state, status.note
        heat = tuple(status.temperatures_c.items())
        if status.position_mm is not None:
            self.shown_mm.append(status.position_mm)
        self._seen = (
            progress.lines_acknowledged,
            progress.lines_sent,
            status.position_mm,
            status.state,
            status.note,
            heat,
        )
        if status.state not in WAITS_FOR_A_PERSON:
            self._waits_since_s = math.inf
        elif math.isinf(self._waits_since_s):
            self._waits_since_s = self.clock.monotonic_s()

    def work_mm(self, machine_mm: Vector) -> Vector:
        if self.dialect != "grbl":
            return machine_mm
        x, y, z = (at - zero for at, zero in zip(machine_mm, WORK_ZERO, strict=True))
        return (x, y, z)

    def heard_bytes(self) -> int:
        return int(str(self.clock.host.oracle(NAME)["bytes_received"]))

    def look(self, machine: BoardMachine) -> None:
        """Count the time in which the board could work on, and nobody says why not.

        A pause that nobody asked for is ended by the person whom it was shown to.
        """
        if self.over:
            return
        self.clock.after(LOOK_S, partial(self.look, machine))
        waits_s = self.clock.monotonic_s() - self._waits_since_s
        if waits_s > COMES_S:
            self._waits_since_s = math.inf
            machine.resume()
        told = self.clock.host.oracle(NAME)
        reachable = told["plugged"] and told["opened"] and told["on_rate"]
        at_rest = told["state"] in ("Idle", "Waits") and not told["frozen"]
        if (
            self._seen != self._seen_before
            or waits_s > 0
            or not (reachable and at_rest)
        ):
            self._seen_before, self._still_s = self._seen, 0.0
        self._still_s += LOOK_S
        self.stalled_s = max(self.stalled_s, self._still_s)


@contextmanager
def bench_of(
    dialect: str, changed: Callable[[Board], Board] | None = None
) -> Iterator[Bench]:
    """`changed`: puts another board in place of the usual one."""
    with TemporaryDirectory() as folder:
        bench = Bench(dialect, Path(folder))
        usual = bench.usual_board()
        bench.seat(usual if changed is None else changed(usual))
        yield bench
        bench.clock.host.close()
