"""fabnode as it is spoken: framed, checksummed lines to replies, commands to bytes."""

import re
from dataclasses import dataclass
from typing import Literal, cast, get_args
from uuid import UUID

from firmware_bridge.dialects.dialect import shown
from firmware_bridge.dialects.fabnode_frame import SEQUENCE_MAX, command, unframe
from firmware_bridge.dialects.fabnode_settings import NAME_MAX, MachineKind
from firmware_bridge.facts import DialectName

NAME: DialectName = "fabnode"
VERSION = "2"  # of the line; another one is not spoken
BAUDS = (115200,)

HEARTBEAT_S = 2.0  # the board says its state this often, unasked
PIECES_MAX = 1_000_000

_JOB = re.compile(r"[A-Za-z0-9-]{1,36}\Z")
_NUMBER_MAX = 2**32 - 1

type Activity = Literal["unknown", "idle", "running"]
type Phase = Literal["none", "armed", "started", "ended"]
type End = Literal["none", "done", "fault", "cancelled"]
type IdentityState = Literal["ok", "blank", "corrupt", "mended"]
type EventKind = Literal[
    "unknown",
    "idle",
    "running",
    "pieces",
    "done",
    "fault",
    "cleared",
    "paused",
    "resumed",
    "called",
    "answered",
    "ready",
    "started",
    "ended",
]

REFUSALS = {
    "form": "the command's words are wrong",
    "verb": "no such command",
    "range": "a value is outside its range",
    "identity": "the board has no identity yet: adopt it first",
    "named": "the board has another identity already",
    "busy": "another job is armed",
    "ended": "this job has ended already",
    "fault": "a fault is latched: somebody at the machine must press 'done'",
    "running": "the machine draws current: it must stand still to be armed",
    "sensor": "the current sensor can't be read",
    "unread": "events of an earlier job aren't acknowledged yet",
    "other": "the board holds another job",
    "wear": "its settings were changed too often: wait some minutes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Who the board is. `boot` counts starts with empty memory since adoption."""

    uuid: UUID
    identity: IdentityState
    boot: int
    memory_kept: bool  # job and events outlived the last reset
    reset_cause: int  # MCUSR: 1 power, 2 reset line, 4 brown-out, 8 watchdog
    on_mv: int
    off_mv: int
    zero_mv: int
    mv_per_a: int
    has_counter: bool
    hot_c: int  # 0: no thermocouple is fitted
    cold_c: int
    kind: MachineKind
    name: str
    has_display: bool
    free_stack_bytes: int  # never used since the last reset

    @property
    def is_adopted(self) -> bool:
        """Whether the uuid may be believed."""
        return self.identity in {"ok", "mended"}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """The job that the board holds; an ended one stays until the next is armed."""

    id: str
    phase: Phase
    why: End
    goal: int
    made: int
    run_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One look at the machine."""

    boot: int
    up_s: int
    activity: Activity
    rms_mv: int
    mean_mv: int
    pieces: int  # since the memory was empty
    celsius: int | None  # None: no thermocouple, or
    is_heat_broken: bool  # it can't be read
    fault: bool
    paused: bool
    called: bool  # somebody at the machine wants help
    job: JobState | None
    unread: int  # events that wait for an acknowledgement
    missed: int  # changes that found no place among them
    bad: int  # damaged lines that the board has seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, told until acknowledged.

    (boot, sequence) names it for good. `pieces`: the job's, if it has one,
    else the machine's.
    """

    boot: int
    sequence: int
    kind: EventKind
    age_s: int
    pieces: int
    job: str | None = None
    run_s: int = 0
    why: End = "none"


@dataclass(frozen=True, slots=True)
class Banner:
    """The board has just started."""

    hello: Hello


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The state, unasked; numbers with a gap tell of lost lines."""

    number: int
    state: State


@dataclass(frozen=True, slots=True)
class Ok:
    """The command was carried out, or had been before."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The command was understood and not carried out."""

    reason: str

    @property
    def text(self) -> str:
        """The refusal in words."""
        return REFUSALS.get(self.reason, f"refused: {self.reason}")


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply to the command with this number."""

    request: int
    content: Hello | State | Ok | Refused


@dataclass(frozen=True, slots=True)
class Unknown:
    """Damaged on the way, or not from a fabnode."""

    text: str


type Reply = Banner | Heartbeat | Answer | Event | Unknown


def parse(line: bytes) -> Reply:
    """What the board said. Never fails: what isn't intact is `Unknown`."""
    body = unframe(line.strip())
    if body is None:
        return Unknown(shown(line))
    try:
        return _reply(body.split(" "))
    except (KeyError, ValueError, IndexError):
        return Unknown(shown(line))


def recognises(line: bytes) -> bool:
    """See `Dialect.recognises`."""
    reply = parse(line)
    return isinstance(reply, Banner | Heartbeat) or (
        isinstance(reply, Answer) and isinstance(reply.content, Hello)
    )


def hello(request: int) -> bytes:
    """Ask who it is."""
    return command(request, "hello")


def status(request: int) -> bytes:
    """Ask how it stands."""
    return command(request, "status")


def arm(request: int, job: str, pieces: int) -> bytes:
    """Arm one job: letters, digits and '-', at most 36; pieces 0: not counted.

    Said again for the same open job it changes nothing. Errors: ValueError.
    """
    if not 0 <= pieces <= PIECES_MAX:
        raise ValueError(f"pieces must be in 0..{PIECES_MAX}, got {pieces}")
    return command(request, f"arm {_job(job)} {pieces}")


def disarm(request: int, job: str) -> bytes:
    """End an open job as cancelled; an ended one keeps its end. Errors: ValueError."""
    return command(request, f"disarm {_job(job)}")


def acknowledge(request: int, event: Event) -> bytes:
    """Let the board forget an event. It doesn't answer: a lost one shows by the repeat."""
    return command(request, f"ack {event.boot} {event.sequence}")


class EventInbox:
    """Tells an event from its repeats.

    The board tells one event at a time, the oldest, so the last one is enough.
    """

    def __init__(self) -> None:
        self._last: tuple[int, int] | None = None

    def is_new(self, event: Event) -> bool:
        """Whether this is the first time; acknowledge it either way."""
        key = (event.boot, event.sequence)
        if key == self._last:
            return False
        self._last = key
        return True


def _job(job: str) -> str:
    if not _JOB.match(job):
        raise ValueError(f"a job id is letters, digits and '-', 1 to 36: {job[:50]!r}")
    return job


def _reply(words: list[str]) -> Reply:
    kind, *rest = words
    if kind == "b":
        return Banner(_hello(_fields(rest)))
    number = _number(rest[0], SEQUENCE_MAX)
    if kind == "h":
        return Heartbeat(number, _state(_fields(rest[1:])))
    if kind == "e":
        return _event(number, _fields(rest[1:]))
    if kind == "r":
        return Answer(number, _content(rest[1], rest[2:]))
    raise ValueError(kind)


def _content(word: str, rest: list[str]) -> Hello | State | Ok | Refused:
    if word == "ok" and not rest:
        return Ok()
    if word == "refused" and len(rest) == 1:
        return Refused(rest[0])
    if word == "hello":
        return _hello(_fields(rest))
    if word == "state":
        return _state(_fields(rest))
    raise ValueError(word)


def _hello(field_of: dict[str, str]) -> Hello:
    if field_of["fabnode"] != VERSION:
        raise ValueError(field_of["fabnode"])
    return Hello(
        uuid=UUID(field_of["uuid"]),
        identity=cast("IdentityState", _one_of(IdentityState, field_of["id"])),
        boot=_number(field_of["boot"], SEQUENCE_MAX),
        memory_kept=_flag(field_of["kept"]),
        reset_cause=_number(field_of["cause"], 255),
        on_mv=_number(field_of["on"], SEQUENCE_MAX),
        off_mv=_number(field_of["off"], SEQUENCE_MAX),
        zero_mv=_number(field_of["zero"], SEQUENCE_MAX),
        mv_per_a=_number(field_of["scale"], SEQUENCE_MAX),
        has_counter=_flag(field_of["counter"]),
        hot_c=_number(field_of.get("hot", "0"), SEQUENCE_MAX),
        cold_c=_number(field_of.get("cold", "0"), SEQUENCE_MAX),
        kind=cast("MachineKind", _one_of(MachineKind, field_of["kind"])),
        name=field_of["name"][:NAME_MAX].replace("_", " "),
        has_display=_flag(field_of.get("display", "0")),
        free_stack_bytes=_number(field_of["free"], SEQUENCE_MAX),
    )


def _state(field_of: dict[str, str]) -> State:
    return State(
        boot=_number(field_of["boot"], SEQUENCE_MAX),
        up_s=_number(field_of["up"]),
        activity=cast("Activity", _one_of(Activity, field_of["act"])),
        rms_mv=_number(field_of["mv"], SEQUENCE_MAX),
        mean_mv=_number(field_of["mean"], SEQUENCE_MAX),
        pieces=_number(field_of["pieces"]),
        celsius=_celsius(field_of),
        is_heat_broken=field_of.get("temp") == "x",
        fault=_flag(field_of["fault"]),
        paused=_flag(field_of.get("paused", "0")),
        called=_flag(field_of.get("called", "0")),
        job=_job_state(field_of),
        unread=_number(field_of["unread"], 255),
        missed=_number(field_of["missed"], SEQUENCE_MAX),
        bad=_number(field_of["bad"], SEQUENCE_MAX),
    )


def _job_state(field_of: dict[str, str]) -> JobState | None:
    phase = cast("Phase", _one_of(Phase, field_of["phase"]))
    if phase == "none":
        return None
    return JobState(
        id=_job(field_of["job"]),
        phase=phase,
        why=cast("End", _one_of(End, field_of["why"])),
        goal=_number(field_of["goal"], PIECES_MAX),
        made=_number(field_of["made"]),
        run_s=_number(field_of["run"]),
    )


def _event(sequence: int, field_of: dict[str, str]) -> Event:
    of_job = "job" in field_of
    return Event(
        boot=_number(field_of["boot"], SEQUENCE_MAX),
        sequence=sequence,
        kind=cast("EventKind", _one_of(EventKind, field_of["kind"])),
        age_s=_number(field_of["age"]),
        pieces=_number(field_of["pieces"]),
        job=_job(field_of["job"]) if of_job else None,
        run_s=_number(field_of["run"]) if of_job else 0,
        why=cast("End", _one_of(End, field_of["why"])) if of_job else "none",
    )


def _fields(words: list[str]) -> dict[str, str]:
    field_of: dict[str, str] = {}
    for word in words:
        name, mark, value = word.partition("=")
        if not mark or name in field_of:
            raise ValueError(word)
        field_of[name] = value
    return field_of


def _one_of(words: object, value: str) -> str:
    if value not in get_args(getattr(words, "__value__", words)):
        raise ValueError(value)
    return value


def _number(text: str, most: int = _NUMBER_MAX) -> int:
    if not text.isdecimal() or len(text) > 10 or int(text) > most:
        raise ValueError(text)
    return int(text)


def _celsius(field_of: dict[str, str]) -> int | None:
    text = field_of.get("temp", "x")
    if text == "x":
        return None
    size = _number(text.removeprefix("-"), SEQUENCE_MAX)
    return -size if text.startswith("-") else size


def _flag(text: str) -> bool:
    return _number(text, 1) == 1


PROBE = b"\n" + hello(0)
