"""How the simulated GRBL reads a line: its own reading, apart from the host's."""

import math
import re
from dataclasses import dataclass, field

from firmware_bridge.simulators.arcs import ArcError, arc
from firmware_bridge.simulators.motion import Vector

_WORD = re.compile(r"([A-Z])([-+]?(?:\d+(?:\.\d*)?|\.\d+))")
_MOTION = frozenset({0.0, 1.0, 2.0, 3.0, 38.2, 80.0})
_GROUP_OF_G = (
    dict.fromkeys((0.0, 1.0, 2.0, 3.0, 80.0), "motion")
    | dict.fromkeys((4.0, 10.0, 28.0, 30.0, 53.0, 92.0, 92.1), "once")
    | dict.fromkeys((17.0, 18.0, 19.0), "plane")
    | dict.fromkeys((20.0, 21.0), "units")
    | dict.fromkeys((90.0, 91.0), "distance")
    | dict.fromkeys((91.1,), "arc distance")
    | dict.fromkeys((94.0,), "feed mode")
    | dict.fromkeys((40.0,), "cutter")
    | dict.fromkeys((49.0,), "tool length")
    | dict.fromkeys((54.0, 55.0, 56.0, 57.0, 58.0, 59.0), "system")
    | dict.fromkeys((61.0,), "path")
)
_GROUP_OF_M = (
    dict.fromkeys((0.0, 1.0, 2.0, 30.0), "stop")
    | dict.fromkeys((3.0, 4.0, 5.0), "spindle")
    | dict.fromkeys((7.0, 8.0, 9.0), "coolant")
)


class LineError(Exception):
    """GRBL's `error:code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Modes:
    """The parser's modal state, as after power-on."""

    motion: float = 0.0
    absolute: bool = True
    unit: float = 1.0
    plane: tuple[int, int, int] = (0, 1, 2)
    feed: float = 0.0  # mm/min
    spindle: float = 0.0
    spindle_on: bool = False
    coolant_on: bool = False
    system: str = "G54"


@dataclass(slots=True)
class Orders:
    """What a line asks the machine to do, in order. Targets in machine coordinates."""

    targets: list[Vector] = field(default_factory=list)
    speed: float = 0.0  # mm/s, inf for a rapid
    dwell_s: float | None = None
    waits: bool = False  # spindle, coolant, pause and end wait for the motion's end
    pauses: bool = False


def words_of(line: str) -> list[tuple[str, float]]:
    """Words of a line without blanks. Errors: LineError 1 or 2."""
    words: list[tuple[str, float]] = []
    place = 0
    while place < len(line):
        found = _WORD.match(line, place)
        if found is None:
            raise LineError(2 if line[place].isalpha() else 1)
        words.append((found.group(1), float(found.group(2))))
        place = found.end()
    return words


def read(line: str, modes: Modes, planned: Vector, offset: Vector) -> Orders:
    """Take a line in; `planned` is where the motion ends so far, in machine
    coordinates, `offset` the work zero. Errors: LineError; then nothing changed.
    """
    words = words_of(line)
    value_of: dict[str, float] = {}
    groups: dict[str, float] = {}
    for letter, value in words:
        if letter in "GM":
            group = (_GROUP_OF_G if letter == "G" else _GROUP_OF_M).get(value)
            if group is None:
                raise LineError(20)
            if group in groups:
                raise LineError(21)
            groups[group] = value
        elif letter in value_of:
            raise LineError(25)
        elif letter not in "FIJKLNPRSTXYZ":
            raise LineError(20)
        else:
            value_of[letter] = value
    return _obey(groups, value_of, modes, (planned, offset))


def _obey(
    groups: dict[str, float],
    value_of: dict[str, float],
    modes: Modes,
    places: tuple[Vector, Vector],
) -> Orders:
    orders = Orders()
    once = groups.get("once")
    if once not in (None, 4.0, 53.0):
        raise LineError(20)
    unit = {20.0: 25.4, 21.0: 1.0}.get(groups.get("units", 0.0), modes.unit)
    motion = groups.get("motion", modes.motion)
    feed = value_of["F"] * unit if "F" in value_of else modes.feed
    moves = any(letter in value_of for letter in "XYZ")
    if once == 4.0:
        if "P" not in value_of:
            raise LineError(28)
        orders.dwell_s = value_of["P"]
        moves = False
    if moves and motion in (1.0, 2.0, 3.0) and feed <= 0:
        raise LineError(22)
    if motion == 80.0 and moves:
        raise LineError(31)
    if groups.get("motion") in (2.0, 3.0) and not moves:
        raise LineError(26)
    absolute = groups.get("distance", 90.0 if modes.absolute else 91.0) == 90.0
    plane = {17.0: (0, 1, 2), 18.0: (2, 0, 1), 19.0: (1, 2, 0)}.get(
        groups.get("plane", 0.0), modes.plane
    )
    if moves:
        frame = _Frame(unit, absolute, plane, once == 53.0)
        orders.targets = _targets(motion, value_of, frame, places)
        orders.speed = math.inf if motion == 0.0 else feed / 60.0
    modes.unit, modes.motion, modes.feed = unit, motion, feed
    modes.absolute, modes.plane = absolute, plane
    _switch(groups, value_of, modes, orders)
    return orders


@dataclass(slots=True)
class _Frame:
    """How axis words of this line are to be read."""

    unit: float
    absolute: bool
    plane: tuple[int, int, int]
    machine: bool


def _switch(
    groups: dict[str, float],
    value_of: dict[str, float],
    modes: Modes,
    orders: Orders,
) -> None:
    speed = value_of.get("S", modes.spindle)
    spindle = groups.get("spindle")
    if spindle is not None or speed != modes.spindle:
        orders.waits = spindle is not None
        modes.spindle_on = modes.spindle_on if spindle is None else spindle != 5.0
    modes.spindle = speed
    if "coolant" in groups:
        orders.waits = True
        modes.coolant_on = groups["coolant"] != 9.0
    if "system" in groups:
        modes.system = f"G{groups['system']:g}"
    stop = groups.get("stop")
    if stop is not None:
        orders.waits = True
        orders.pauses = stop in (0.0, 1.0)
    if stop in (2.0, 30.0):
        modes.motion, modes.absolute, modes.plane = 1.0, True, (0, 1, 2)
        modes.spindle_on = modes.coolant_on = False
        modes.system = "G54"


def _targets(
    motion: float,
    value_of: dict[str, float],
    frame: _Frame,
    places: tuple[Vector, Vector],
) -> list[Vector]:
    planned, offset = places
    target = list(planned)
    for axis, letter in enumerate("XYZ"):
        if letter not in value_of:
            continue
        value = value_of[letter] * frame.unit
        if frame.machine:
            target[axis] = value
        elif frame.absolute:
            target[axis] = value + offset[axis]
        else:
            target[axis] = planned[axis] + value
    end = (target[0], target[1], target[2])
    if motion in (0.0, 1.0):
        return [end]
    stretched = {key: value * frame.unit for key, value in value_of.items()}
    try:
        return arc(planned, end, stretched, frame.plane, clockwise=motion == 2.0)
    except ArcError as wrong:
        raise LineError(wrong.code) from wrong
