"""A set of simulated boards as a JSON file describes it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from firmware_bridge.errors import BoardFileError
from firmware_bridge.simulators.board import Board
from firmware_bridge.simulators.grbl_board import GrblBoard
from firmware_bridge.simulators.grbl_texts import DEFAULT_SETTINGS
from firmware_bridge.simulators.grblhal_board import GrblHalBoard
from firmware_bridge.simulators.marlin_board import MarlinBoard
from firmware_bridge.simulators.marlin_texts import MARLIN_1_0, MARLIN_1_1, MARLIN_2_1
from firmware_bridge.simulators.motion import Vector
from firmware_bridge.simulators.reprap_board import RepRapBoard

RELEASES = {"1.0": MARLIN_1_0, "1.1": MARLIN_1_1, "2.1": MARLIN_2_1}

_FILE_BYTES_MAX = 1_000_000
_BOARDS_MAX = 200
_FILE_FIELDS = frozenset({"socket", "boards"})
_BOARD_FIELDS = frozenset(
    {
        "name", "kind", "link", "scale", "seed", "baud", "envelope_mm",
        "work_offset_mm", "homing", "laser", "build", "settings", "rx_bytes",
        "speed_mm_per_s", "acceleration_mm_per_s2", "emergency_parser",
        "advanced_ok", "reset_on_open", "release",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPlan:
    """One board: what it is, where its port appears, how fast its time passes."""

    name: str
    board: Board
    link: Path
    scale: float
    seed: int
    reset_on_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardsPlan:
    """All boards of one process and the socket that controls them."""

    socket: Path | None
    boards: tuple[BoardPlan, ...]


def read_boards(path: Path) -> BoardsPlan:
    """Read a description. Errors: BoardFileError naming the field."""
    try:
        text = path.read_bytes()
        if len(text) > _FILE_BYTES_MAX:
            raise BoardFileError(f"{path}: larger than {_FILE_BYTES_MAX} bytes")
        content = json.loads(text)
    except (OSError, ValueError, RecursionError) as unread:
        raise BoardFileError(f"{path}: {unread}") from unread
    return boards_of(content)


def boards_of(content: object) -> BoardsPlan:
    """The boards of a description that was read. Errors: BoardFileError."""
    top = _Fields(content, "file", _FILE_FIELDS)
    entries = top.get("boards", list)
    if not 1 <= len(entries) <= _BOARDS_MAX:
        raise BoardFileError(f"boards: 1 to {_BOARDS_MAX} expected, got {len(entries)}")
    boards = tuple(_board(entry, place) for place, entry in enumerate(entries))
    for what, values in (
        ("name", [board.name for board in boards]),
        ("link", [str(board.link) for board in boards]),
    ):
        if len(set(values)) < len(values):
            raise BoardFileError(f"boards: every {what} once, please")
    socket = top.get("socket", str, "")
    return BoardsPlan(socket=Path(socket) if socket else None, boards=boards)


def _board(content: object, place: int) -> BoardPlan:
    fields = _Fields(content, f"boards[{place}]", _BOARD_FIELDS)
    kind = fields.get("kind", str)
    if kind not in _MAKERS:
        known = ", ".join(_MAKERS)
        raise BoardFileError(f"boards[{place}].kind: one of {known}, got {kind!r}")
    scale = fields.number("scale", 1.0, 0.01, 10_000.0)
    return BoardPlan(
        name=fields.get("name", str),
        board=_MAKERS[kind](fields),
        link=Path(fields.get("link", str)),
        scale=scale,
        seed=int(fields.number("seed", 0, 0, 2**31)),
        reset_on_open=fields.get("reset_on_open", bool, True),
    )


def _grbl(fields: "_Fields", make: type[GrblBoard] = GrblBoard) -> Board:
    x, y, z = fields.vector("envelope_mm", (300.0, 200.0, 80.0))
    settings = dict(DEFAULT_SETTINGS)
    settings |= {130: x, 131: y, 132: z}
    speed = fields.vector("speed_mm_per_s", (50.0, 50.0, 15.0))
    rate = fields.vector("acceleration_mm_per_s2", (200.0, 200.0, 100.0))
    settings |= {110 + axis: speed[axis] * 60 for axis in range(3)}
    settings |= {120 + axis: rate[axis] for axis in range(3)}
    settings[22] = settings[20] = float(fields.get("homing", bool, True))
    settings[32] = float(fields.get("laser", bool, False))
    for name, value in fields.get("settings", dict, {}).items():
        if not name.isdecimal() or int(name) not in settings:
            raise BoardFileError(f"{fields.where}.settings: no setting {name!r}")
        if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
            raise BoardFileError(f"{fields.where}.settings.{name}: {value!r}")
        settings[int(name)] = float(value)
    # Work zero at the front left of the table, half-way up, unless told.
    offset = fields.vector("work_offset_mm", (-x, -y, -z / 2), low=-10_000.0)
    usual_bytes = make().rx_bytes
    return make(
        settings=settings,
        offsets={"G54": offset},
        build=fields.get("build", str, ""),
        rx_bytes=int(fields.number("rx_bytes", usual_bytes, 16, 4096)),
        baud=int(fields.number("baud", 115200, 300, 4_000_000)),
    )


def _grblhal(fields: "_Fields") -> Board:
    return _grbl(fields, GrblHalBoard)


def _marlin(fields: "_Fields", make: type[MarlinBoard] = MarlinBoard) -> Board:
    standard = make()
    release = fields.get("release", str, "2.1")
    if release not in RELEASES:
        known = ", ".join(RELEASES)
        raise BoardFileError(f"{fields.where}.release: one of {known}, got {release!r}")
    return make(
        travel_mm=fields.vector("envelope_mm", standard.travel_mm),
        speed_max=fields.vector("speed_mm_per_s", standard.speed_max),
        acceleration=fields.vector("acceleration_mm_per_s2", standard.acceleration),
        uuid=fields.get("build", str, standard.uuid),
        name=fields.get("name", str),
        release=standard.release if make is RepRapBoard else RELEASES[release],
        rx_bytes=int(fields.number("rx_bytes", standard.rx_bytes, 16, 4096)),
        baud=int(fields.number("baud", 115200, 300, 4_000_000)),
        advanced_ok=fields.get("advanced_ok", bool, False),
        emergency_parser=fields.get("emergency_parser", bool, False),
    )


def _reprap(fields: "_Fields") -> Board:
    return _marlin(fields, RepRapBoard)


_MAKERS: dict[str, Callable[["_Fields"], Board]] = {
    "grbl": _grbl,
    "grblhal": _grblhal,
    "marlin": _marlin,
    "reprap": _reprap,
}


class _Fields:
    """An object of the file; unknown fields are refused, so typing errors show."""

    def __init__(self, content: object, where: str, known: frozenset[str]) -> None:
        if not isinstance(content, dict):
            raise BoardFileError(f"{where}: an object expected")
        self.where = where
        self._content = cast("dict[str, object]", content)
        for name in self._content:
            if name not in known:
                raise BoardFileError(f"{where}.{name}: no such field")

    def get[T](self, name: str, kind: type[T], otherwise: T | None = None) -> T:
        """A field of that type; without `otherwise` it must be there."""
        value = self._content.get(name, otherwise)
        if value is None:
            raise BoardFileError(f"{self.where}.{name}: missing")
        if not isinstance(value, kind):
            raise BoardFileError(f"{self.where}.{name}: {kind.__name__} expected")
        return value

    def number(self, name: str, otherwise: float, low: float, high: float) -> float:
        """A number within its range."""
        value = self._content.get(name, otherwise)
        return self._number(value, name, low, high)

    def vector(self, name: str, otherwise: Vector, low: float = 0.001) -> Vector:
        """Three numbers."""
        value = self._content.get(name, list(otherwise))
        if not isinstance(value, list) or len(value) != 3:
            raise BoardFileError(f"{self.where}.{name}: three numbers expected")
        x, y, z = (self._number(part, name, low, 100_000.0) for part in value)
        return (x, y, z)

    def _number(self, value: object, name: str, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BoardFileError(f"{self.where}.{name}: a number expected")
        if not low <= value <= high:
            raise BoardFileError(f"{self.where}.{name}: {value} not in {low}..{high}")
        return float(value)
