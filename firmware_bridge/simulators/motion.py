"""How a board moves: a planner of few blocks, trapezoids, and time."""

import math
import struct
import zlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from firmware_bridge.simulators.board import Counters

type Vector = tuple[float, float, float]

_TINY = 1e-9


@dataclass(slots=True)
class Block:
    """A straight move that waits or is under way; speeds squared, mm and seconds."""

    target: Vector
    unit: Vector
    length: float
    nominal2: float
    acceleration: float
    entry_max2: float
    entry2: float = 0.0
    extruded: float = 0.0


@dataclass(slots=True)
class _Run:
    """The block under way: speeds up, cruises, slows down."""

    origin: Vector
    length: float
    start_s: float
    entry: float
    top: float
    leaving: float
    acceleration: float
    rise_s: float
    cruise_s: float
    fall_s: float

    @property
    def end_s(self) -> float:
        return self.start_s + self.rise_s + self.cruise_s + self.fall_s

    def at(self, now_s: float) -> tuple[float, float]:
        """(distance, speed) at a moment of the run."""
        t = max(0.0, now_s - self.start_s)
        a = self.acceleration
        if t < self.rise_s:
            return self.entry * t + 0.5 * a * t * t, self.entry + a * t
        risen = (self.top**2 - self.entry**2) / (2 * a)
        t -= self.rise_s
        if t < self.cruise_s:
            return risen + self.top * t, self.top
        t = min(t - self.cruise_s, self.fall_s)
        cruised = risen + self.top * self.cruise_s
        speed = self.top - a * t
        return min(self.length, cruised + self.top * t - 0.5 * a * t * t), speed


@dataclass(slots=True, kw_only=True)
class Planner:
    """Straight moves in a queue of `capacity` blocks, executed in time."""

    capacity: int
    speed_max: Vector  # mm/s
    acceleration: Vector  # mm/s²
    junction_deviation: float
    steps_per_mm: Vector
    counters: Counters
    position: Vector = (0.0, 0.0, 0.0)  # of the block under way's origin
    planned: Vector = (0.0, 0.0, 0.0)  # where the queue ends
    astray: Vector = (0.0, 0.0, 0.0)  # the tool's true place, less `position`
    _blocks: deque[Block] = field(default_factory=deque)
    _run: _Run | None = None
    _leaving: float = 0.0
    _unit: Vector | None = None
    _nominal2: float = 0.0
    _hold_until_s: float | None = None
    _held: bool = False

    @property
    def is_full(self) -> bool:
        """Whether no block fits."""
        return len(self._blocks) >= self.capacity

    @property
    def is_empty(self) -> bool:
        """Whether all motion is over."""
        return not self._blocks

    @property
    def free(self) -> int:
        """Blocks that fit."""
        return self.capacity - len(self._blocks)

    @property
    def is_held(self) -> bool:
        """Whether a feed hold was asked for and not yet lifted."""
        return self._held

    def hold_done(self, now_s: float) -> bool:
        """Whether the feed hold has come to rest."""
        return self._held and (
            self._hold_until_s is None or now_s >= self._hold_until_s
        )

    def add(
        self, target: Vector, speed: float, now_s: float, extruded: float = 0.0
    ) -> bool:
        """Queue a move at `speed` mm/s; False if it has no length and is dropped."""
        way = tuple(b - a for a, b in zip(self.planned, target, strict=True))
        length = math.sqrt(way[0] ** 2 + way[1] ** 2 + way[2] ** 2)
        self.planned = target
        if length < _TINY:
            if abs(extruded) < _TINY:
                return False
            length, unit = abs(extruded), (0.0, 0.0, 0.0)
        else:
            unit = (way[0] / length, way[1] / length, way[2] / length)
        nominal, acceleration = self._limits(unit, speed)
        block = Block(
            target=target,
            unit=unit,
            length=length,
            nominal2=nominal**2,
            acceleration=acceleration,
            entry_max2=self._corner2(unit, nominal**2, acceleration),
            extruded=extruded,
        )
        self._unit, self._nominal2 = unit, nominal**2
        self._blocks.append(block)
        self._plan()
        if len(self._blocks) == 1:
            self._leaving = 0.0
            if not self._held:
                self._begin(now_s)
        elif len(self._blocks) == 2 and self._run and not self._held:
            self._replan_running(now_s)
        return True

    def advance(self, now_s: float) -> None:
        """Finish every block whose time is over."""
        while self._run is not None and self._hold_until_s is None:
            end_s = self._run.end_s
            if end_s > now_s:
                return
            self._finish()
            if self._blocks:
                self._begin(end_s)

    def next_end_s(self) -> float | None:
        """When the block under way ends; None: nothing moves."""
        if self._run is None or self._held:
            return None
        return self._run.end_s

    def place(self, now_s: float) -> Vector:
        """Where the tool is."""
        if self._run is None or not self._blocks:
            return self.position
        moment_s = now_s if self._hold_until_s is None else self._hold_moment(now_s)
        distance, _ = self._run.at(moment_s)
        return self._along(distance)

    def speed(self, now_s: float) -> float:
        """How fast the tool is, mm/s."""
        if self._run is None or self._held:
            return 0.0
        return self._run.at(now_s)[1]

    def hold(self, now_s: float) -> None:
        """Slow down and stand still, with the rest of the queue kept."""
        if self._held:
            return
        self._held = True
        if self._run is None:
            return
        distance, speed = self._run.at(now_s)
        stop_s = speed / self._run.acceleration
        rest = self._run.length - distance
        slide = min(rest, 0.5 * speed * stop_s)
        origin = self._along(distance)
        self._run = _Run(
            origin, slide, now_s, speed, speed, 0.0, self._run.acceleration,
            0.0, 0.0, stop_s,
        )  # fmt: skip
        self._hold_until_s = now_s + stop_s
        self._blocks[0].length = max(rest, _TINY)
        self._go_to(origin)

    def resume(self, now_s: float) -> None:
        """Go on after a hold has come to rest."""
        if not self._held:
            return
        here = self.place(now_s)
        self._held = False
        self._hold_until_s = None
        self._leaving = 0.0
        self._run = None
        self._go_to(here)
        if self._blocks:
            block = self._blocks[0]
            rest = math.dist(here, block.target)
            block.length = max(rest if any(block.unit) else block.length, _TINY)
            self._begin(now_s)

    def clear(self, now_s: float) -> None:
        """Forget every move; the tool stays where it is."""
        here = self.place(now_s)
        self._blocks.clear()
        self._run = None
        self._held = False
        self._hold_until_s = None
        self._unit = None
        self._go_to(here)
        self.planned = here

    def put(self, place: Vector) -> None:
        """Declare the place of a machine at rest (homing, power)."""
        self.position = self.planned = place
        self._unit = None

    def tool(self, now_s: float) -> Vector:
        """Where the tool truly is, whatever the board takes its place for."""
        (x, y, z), (dx, dy, dz) = self.place(now_s), self.astray
        return (x + dx, y + dy, z + dz)

    def mistake(self, place: Vector) -> None:
        """The board takes the place of its tool, at rest, for this one."""
        (x, y, z), (dx, dy, dz) = self.position, self.astray
        self.astray = (x + dx - place[0], y + dy - place[1], z + dz - place[2])
        self.put(place)

    def home(self, axes: Iterable[str]) -> None:
        """The tool goes to zero of some axes, and the board knows it."""
        named = tuple(axes)
        self.put(_zero_at(named, self.planned))
        self.astray = _zero_at(named, self.astray)

    def _hold_moment(self, now_s: float) -> float:
        return min(now_s, self._hold_until_s or now_s)

    def _along(self, distance: float) -> Vector:
        if self._run is None:
            return self.position
        unit, origin = self._blocks[0].unit, self._run.origin
        return (
            origin[0] + unit[0] * distance,
            origin[1] + unit[1] * distance,
            origin[2] + unit[2] * distance,
        )

    def _limits(self, unit: Vector, speed: float) -> tuple[float, float]:
        acceleration = math.inf
        for part, fastest, rate in zip(
            unit, self.speed_max, self.acceleration, strict=True
        ):
            share = abs(part)
            if share > _TINY:
                speed = min(speed, fastest / share)
                acceleration = min(acceleration, rate / share)
        if math.isinf(acceleration):
            acceleration = self.acceleration[0]
        return max(speed, 0.01), acceleration

    def _corner2(self, unit: Vector, nominal2: float, acceleration: float) -> float:
        before = self._unit
        if before is None or not self._blocks:
            return 0.0
        cosine = -(before[0] * unit[0] + before[1] * unit[1] + before[2] * unit[2])
        if cosine > 0.999999:
            return 0.0
        corner2 = math.inf
        if cosine > -0.999999:
            half_sine = math.sqrt(0.5 * (1.0 - cosine))
            corner2 = (
                acceleration * self.junction_deviation * half_sine / (1.0 - half_sine)
            )
        return min(corner2, nominal2, self._nominal2)

    def _plan(self) -> None:
        """Backwards from a stand-still, as far as anything changes."""
        following2 = 0.0
        for place in range(len(self._blocks) - 1, 0, -1):
            block = self._blocks[place]
            entry2 = min(
                block.entry_max2, following2 + 2 * block.acceleration * block.length
            )
            if entry2 == block.entry2 and place + 1 < len(self._blocks):
                return
            block.entry2 = following2 = entry2

    def _begin(self, now_s: float) -> None:
        block = self._blocks[0]
        following2 = self._blocks[1].entry2 if len(self._blocks) > 1 else 0.0
        self._run = _profile(
            (self.position, block.length), now_s, (self._leaving, following2), block
        )
        self._leaving = self._run.leaving

    def _replan_running(self, now_s: float) -> None:
        """The block under way need not stop any more: another one follows."""
        run = self._run
        if run is None or now_s >= run.end_s:
            return
        distance, speed = run.at(now_s)
        rest = run.length - distance
        if rest < _TINY:
            return
        speeds = (speed, self._blocks[1].entry2)
        way = (self._along(distance), rest)
        self._run = _profile(way, now_s, speeds, self._blocks[0])
        self._leaving = self._run.leaving

    def _finish(self) -> None:
        block = self._blocks.popleft()
        self._go_to(block.target)
        moved = self.counters
        moved.blocks_executed += 1
        moved.extruded_mm += block.extruded
        microns = (round(value * 1000) for value in block.target)
        if moved.path is not None:
            moved.path.append(block.target)
        moved.path_crc = zlib.crc32(struct.pack("<3q", *microns), moved.path_crc)
        self._run = None

    def _go_to(self, place: Vector) -> None:
        """The tool has come straight to `place`: count the steps that this took."""
        x, y, z = (
            steps + abs(round(target * scale) - round(start * scale))
            for steps, start, target, scale in zip(
                self.counters.steps,
                self.position,
                place,
                self.steps_per_mm,
                strict=True,
            )
        )
        self.counters.steps = (x, y, z)
        self.position = place


def _zero_at(axes: tuple[str, ...], value: Vector) -> Vector:
    x, y, z = (
        0.0 if axis in axes else at for axis, at in zip("XYZ", value, strict=True)
    )
    return (x, y, z)


def _profile(
    way: tuple[Vector, float],
    now_s: float,
    speeds: tuple[float, float],
    block: Block,
) -> _Run:
    """A run from (origin, length) with (entry speed, squared speed wanted after)."""
    origin, length = way
    entry, following2 = speeds
    a = block.acceleration
    entry2 = entry * entry
    leaving2 = min(following2, entry2 + 2 * a * length)
    top2 = min(block.nominal2, (2 * a * length + entry2 + leaving2) / 2)
    top2 = max(top2, entry2, leaving2)
    top, leaving = math.sqrt(top2), math.sqrt(leaving2)
    cruise = length - (2 * top2 - entry2 - leaving2) / (2 * a)
    return _Run(
        origin,
        length,
        now_s,
        entry,
        top,
        leaving,
        a,
        (top - entry) / a,
        max(0.0, cruise) / top if top > 0 else 0.0,
        (top - leaving) / a,
    )
