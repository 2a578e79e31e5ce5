"""Which firmware answers on a port, and at which baud rate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from firmware_bridge.clock import Clock, WallClock
from firmware_bridge.dialects import fabnode, grbl, marlin, reprap
from firmware_bridge.dialects.dialect import Dialect
from firmware_bridge.errors import UnknownFirmwareError
from firmware_bridge.facts import DialectName, Patience
from firmware_bridge.link import Link, Port, ports

DIALECTS: tuple[Dialect, ...] = (grbl, marlin, reprap, fabnode)

# Whose programs a firmware takes: who asks for one of these gets either.
_PROGRAMS_OF: dict[DialectName, DialectName] = {"reprap": "marlin"}

_LINES_PER_QUESTION_MAX = 200

# A port that is closed for a moment drops DTR, so the board starts afresh.
_BETWEEN_RATES_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What answers on a port."""

    port: str
    dialect: DialectName
    baud: int


def list_ports() -> list[Port]:
    """The serial ports of this computer, sorted by path."""
    return ports()


def detect(
    port: str, *, patience: Patience | None = None, wall: Clock | None = None
) -> Found:
    """Ask the port in every dialect at every usual rate. Most boards reset.

    Errors: UnknownFirmwareError, LinkBusyError, LinkLostError.
    """
    link, dialect = open_recognised(port, patience=patience, wall=wall)
    with link:
        return Found(port=port, dialect=dialect, baud=link.baud)


def open_recognised(
    port: str,
    *,
    dialect: DialectName | None = None,
    baud: int | None = None,
    patience: Patience | None = None,
    wall: Clock | None = None,
) -> tuple[Link, DialectName]:
    """An open link on which a firmware was recognised; the caller closes it.

    `dialect` and `baud` narrow the search. Errors: as `detect`.
    """
    patience, wall = patience or Patience(), wall or WallClock()
    wanted = [
        known
        for known in DIALECTS
        if dialect in (None, known.NAME, _PROGRAMS_OF.get(known.NAME))
    ]
    tried = [baud] if baud is not None else list(_bauds(wanted))
    if port.startswith("socket://"):
        del tried[1:]  # the rate is set at its other end alone
    for rate in tried:
        link = Link(port, rate, wall=wall)
        try:
            name = _recognise(link, wanted, patience, wall)
        except BaseException:
            link.close()
            raise
        if name is not None:
            return link, name
        link.close()
        wall.sleep(_BETWEEN_RATES_S)
    names = ", ".join(known.NAME for known in wanted)
    rates = ", ".join(str(rate) for rate in tried)
    raise UnknownFirmwareError(f"{port}: no answer in {names} at {rates} baud")


def _bauds(dialects: Sequence[Dialect]) -> Iterator[int]:
    """Every rate once, those that most dialects try first in front."""
    longest = max((len(known.BAUDS) for known in dialects), default=0)
    seen: set[int] = set()
    for place in range(longest):
        for known in dialects:
            if place < len(known.BAUDS) and known.BAUDS[place] not in seen:
                seen.add(known.BAUDS[place])
                yield known.BAUDS[place]


def _recognise(
    link: Link, dialects: Sequence[Dialect], patience: Patience, wall: Clock
) -> DialectName | None:
    name = _heard(link, dialects, patience.boot_s, wall)
    for known in dialects:
        if name is not None:
            return name
        link.write(known.PROBE)
        name = _heard(link, dialects, patience.answer_s, wall)
    return name


def _heard(
    link: Link, dialects: Sequence[Dialect], timeout_s: float, wall: Clock
) -> DialectName | None:
    until_s = wall.monotonic_s() + timeout_s
    for _ in range(_LINES_PER_QUESTION_MAX):
        line = link.read_line(until_s - wall.monotonic_s())
        if line is None:
            return None
        for known in dialects:
            if known.recognises(line):
                return known.NAME
    return None
