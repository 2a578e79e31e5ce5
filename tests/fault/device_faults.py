"""The faults of a job's life on a board: how each is put in, and what is true after it.

Every request is one of `firmware_bridge.simulators.control`; it happens when a seeded
byte of the job passes the wire.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from firmware_bridge.facts import OutcomeKind

type Request = dict[str, object]

COMPLETED, INTERRUPTED = OutcomeKind.COMPLETED, OutcomeKind.INTERRUPTED
UNKNOWN = OutcomeKind.UNKNOWN

NOT_DONE = frozenset({INTERRUPTED, UNKNOWN})
ANY = frozenset({COMPLETED, INTERRUPTED, UNKNOWN})
HEALED = frozenset({COMPLETED})
TOLD = frozenset({COMPLETED, INTERRUPTED})  # as the person at the machine ended it
DOUBTED = HEALED | {UNKNOWN}  # where relative lines got lost, they may be done twice


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One row of the table.

    `ends`: what may be reported, by dialect; that the report is true is the oracle's to
    say. `then`: requests that follow by themselves, so many seconds after it happened.
    `deaf`: the board can't be reached from then on, so nobody can switch it off.
    """

    name: str
    put_in: Callable[[Random], list[Request]]
    ends: dict[str, frozenset[OutcomeKind]]
    then: Callable[[Random], list[tuple[float, Request]]] = field(
        default=lambda _: [], repr=False
    )
    deaf: bool = False
    alters: bool = False  # bytes on their way to the board become others, or none


def _one(do: str, **how: object) -> Callable[[Random], list[Request]]:
    return lambda _: [{"do": do, **how}]


def _flip(direction: str) -> Callable[[Random], list[Request]]:
    return lambda draw: [
        {"do": "flip", "direction": direction, "bit": draw.randrange(7)}
    ]


def _lose(direction: str) -> Callable[[Random], list[Request]]:
    return lambda draw: [
        {"do": "drop", "direction": direction, "count": draw.randint(1, 40)}
    ]


def _garbage(direction: str) -> Callable[[Random], list[Request]]:
    return lambda draw: [
        {"do": "garbage", "direction": direction, "count": draw.randint(1, 200)}
    ]


def _unheard_resend(_: Random) -> list[Request]:
    """A damaged line, and the board's request for it is lost as well."""
    return [
        {"do": "hurt_lines", "direction": "to_board", "count": 1},
        {"do": "drop_lines", "direction": "to_host", "count": 6},
    ]


def _later(
    do: str, low_s: float, high_s: float
) -> Callable[[Random], list[tuple[float, Request]]]:
    return lambda draw: [(draw.uniform(low_s, high_s), {"do": do})]


FAULTS = (
    Fault(
        name="lost ok",
        put_in=_one("drop_ok", count=1),
        ends={"grbl": NOT_DONE, "marlin": HEALED, "fabnode": TOLD, "reprap": ANY},
    ),
    Fault(
        name="several lost oks",
        put_in=lambda draw: [{"do": "drop_ok", "count": draw.randint(2, 12)}],
        ends={"grbl": NOT_DONE, "marlin": HEALED, "fabnode": TOLD, "reprap": ANY},
    ),
    Fault(
        name="lost line",
        put_in=_one("drop_lines", direction="to_board", count=1),
        ends={"grbl": NOT_DONE, "marlin": DOUBTED, "fabnode": TOLD, "reprap": ANY},
    ),
    Fault(
        name="bytes lost to the board",
        put_in=_lose("to_board"),
        ends={"grbl": ANY, "marlin": ANY, "fabnode": TOLD, "reprap": ANY},
        alters=True,
    ),
    Fault(
        name="bytes lost to the host",
        put_in=_lose("to_host"),
        ends={"grbl": ANY, "marlin": ANY, "fabnode": TOLD, "reprap": ANY},
    ),
    Fault(
        name="flipped bit to the board",
        put_in=_flip("to_board"),
        ends={"grbl": ANY, "marlin": ANY, "fabnode": TOLD, "reprap": ANY},
        alters=True,
    ),
    Fault(
        name="flipped bit to the host",
        put_in=_flip("to_host"),
        ends={"grbl": ANY, "marlin": ANY, "fabnode": TOLD, "reprap": ANY},
    ),
    Fault(
        name="resend storm",
        put_in=lambda draw: [
            {"do": "hurt_lines", "direction": "to_board", "count": draw.randint(5, 30)}
        ],
        ends={"marlin": DOUBTED},
    ),
    Fault(
        name="missing line number",
        put_in=_one("drop", direction="to_board", count=6, of_a_line=True),
        ends={"marlin": ANY},
    ),
    Fault(
        name="resend with time-out",
        put_in=_unheard_resend,
        ends={"marlin": DOUBTED},
    ),
    Fault(
        name="frozen board",
        put_in=_one("freeze"),
        ends={"grbl": NOT_DONE, "marlin": NOT_DONE, "fabnode": ANY, "reprap": NOT_DONE},
        deaf=True,
    ),
    Fault(
        name="frozen for a while",
        put_in=_one("freeze"),
        then=_later("thaw", 0.1, 4.0),
        ends={"grbl": ANY, "marlin": ANY, "fabnode": ANY, "reprap": ANY},
        alters=True,
    ),
    Fault(
        name="reset",
        put_in=_one("reset"),
        ends={
            "grbl": NOT_DONE,
            "marlin": NOT_DONE,
            "fabnode": TOLD,
            "reprap": NOT_DONE,
        },
    ),
    Fault(
        name="power cut",
        put_in=_one("power_cut"),
        ends={"grbl": NOT_DONE, "marlin": NOT_DONE, "fabnode": ANY, "reprap": NOT_DONE},
    ),
    Fault(
        name="unplugged",
        put_in=_one("unplug"),
        ends={"grbl": NOT_DONE, "marlin": NOT_DONE, "fabnode": ANY, "reprap": NOT_DONE},
        deaf=True,
    ),
    Fault(
        name="unplugged and back",
        put_in=_one("unplug"),
        then=_later("plug", 0.02, 3.0),
        ends={"grbl": NOT_DONE, "marlin": NOT_DONE, "fabnode": ANY, "reprap": NOT_DONE},
        deaf=True,
    ),
    Fault(
        name="wrong baud in mid-job",
        put_in=_one("off_rate"),
        ends={"grbl": NOT_DONE, "marlin": NOT_DONE, "fabnode": ANY, "reprap": NOT_DONE},
        deaf=True,
    ),
    Fault(
        name="wrong baud for a while",
        put_in=_one("off_rate"),
        then=_later("on_rate", 0.1, 3.0),
        ends={"grbl": ANY, "marlin": ANY, "fabnode": ANY, "reprap": ANY},
        alters=True,
    ),
    Fault(
        name="garbage to the host",
        put_in=_garbage("to_host"),
        ends={"grbl": ANY, "marlin": ANY, "fabnode": TOLD, "reprap": ANY},
    ),
    Fault(
        name="garbage to the board",
        put_in=_garbage("to_board"),
        ends={"grbl": ANY, "marlin": ANY, "fabnode": TOLD, "reprap": ANY},
        alters=True,
    ),
    Fault(
        name="alarm",
        put_in=_one("alarm", code=5),
        ends={"grbl": NOT_DONE},
    ),
    Fault(
        name="limit switch",
        put_in=_one("limit"),
        ends={"grbl": NOT_DONE},
    ),
    Fault(
        name="thermal halt",
        put_in=_one("run_away"),
        ends={"marlin": NOT_DONE, "reprap": NOT_DONE},
    ),
    Fault(
        name="filament runout",
        put_in=_one("run_out"),
        then=_later("filament_back", 1.0, 90.0),
        ends={"marlin": HEALED, "reprap": HEALED},
    ),
)

type Case = tuple[Fault, str]  # with its dialect

CASES: list[Case] = [(fault, dialect) for fault in FAULTS for dialect in fault.ends]
