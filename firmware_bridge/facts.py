"""What a machine says of itself and of a job, in the same words for every firmware."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from firmware_bridge.gcode.motion import Motion
from firmware_bridge.space import Box, Point, minus

type DialectName = Literal["grbl", "marlin", "reprap", "fabnode"]


class MachineState(StrEnum):
    """What a machine is doing."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    ALARM = "alarm"  # the board refuses work until `unlock` or a reset
    OFFLINE = "offline"  # the port is gone
    UNKNOWN = "unknown"  # the port is there, the board doesn't answer or can't know


class OutcomeKind(StrEnum):
    """How a job ended. Only COMPLETED says that the end was seen."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"  # somebody asked for it
    INTERRUPTED = "interrupted"  # it surely did not reach its end
    UNKNOWN = "unknown"  # it may have reached its end; a person must look


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which board this is and what it can do. None: the firmware doesn't say."""

    firmware: str
    version: str
    dialect: Literal["grbl", "marlin", "fabnode"]  # of the programs that it takes
    model: str | None = None  # the machine's name, where its maker built it in
    uuid: str | None = None
    envelope_mm: Box | None = None  # machine coordinates
    work_offset_mm: Point = (0.0, 0.0, 0.0)  # work zero, in machine coordinates
    motion: Motion | None = None
    resolution_mm: float | None = None  # the coarsest axis' step
    rx_buffer_bytes: int | None = None
    planner_blocks: int | None = None
    spindle_max: float | None = None  # highest S word
    laser: bool = False
    homing: bool = False
    hotend_count: int = 0
    heated_bed: bool = False
    inputs: tuple[str, ...] = ()  # fabnode: sensors and buttons it has
    options: tuple[str, ...] = ()  # the firmware's own words, sorted

    @property
    def work_envelope_mm(self) -> Box | None:
        """The envelope in a program's coordinates."""
        if self.envelope_mm is None:
            return None
        return self.envelope_mm.moved_by(minus((0.0, 0.0, 0.0), self.work_offset_mm))


# How a note begins with which a machine stands still until somebody comes.
WAITS = "waits for a person: "
RUN_OUT = f"{WAITS}the filament has run out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One look at a machine. Temperatures by name: `nozzle`, `nozzle_target`, `bed`…"""

    state: MachineState
    position_mm: Point | None = None  # work coordinates
    temperatures_c: dict[str, float] = field(default_factory=dict)
    alarm: str | None = None
    note: str | None = None  # what else a person far away should know
    pieces: int | None = None  # fabnode: pieces counted since the job began
    current_a: float | None = None  # fabnode: what the machine draws


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A job's standing. A piece count uses pieces where a program uses lines."""

    status: Status
    lines_sent: int
    lines_acknowledged: int
    lines_total: int
    done_ratio: float  # 0..1, by planned time where the program tells it
    remaining_s: float | None = None  # machine time, from the machine's own limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a job ended, with what is certain about it."""

    kind: OutcomeKind
    reason: str  # for people; never empty
    lines_sent: int
    lines_acknowledged: int
    lines_total: int
    last_position_mm: Point | None = None  # last confirmed, work coordinates
    pieces: int | None = None
    resend_count: int = 0
    incidents: tuple[str, ...] = ()  # survived faults, in order; bounded


type ProgressCallback = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceCount:
    """A job for a machine that takes no program: the operator ends it.

    `job_id`: letters, digits and '-', at most 36 (a UUID fits). The board keeps it:
    run again with the same id, a job goes on, or tells how it ended.
    """

    pieces_expected: int
    job_id: str | None = None  # None: a fresh one each time

    def __post_init__(self) -> None:
        if not 1 <= self.pieces_expected <= 1_000_000:
            raise ValueError(
                f"pieces_expected must be in 1..1000000, got {self.pieces_expected}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the bridge waits, in wall seconds: no clock can speed up a wire."""

    boot_s: float = 3.0  # a board's boot loader and banner
    wake_s: float = 15.0  # a printer's first answer: it looks for its card before
    answer_s: float = 2.0  # an answer to a question
    stall_s: float = 8.0  # silence in a job before it's called a stall
    repeat_s: float = 3.0  # silence before an unanswered, numbered line is said again
    home_s: float = 120.0  # a homing cycle
    poll_s: float = 0.2  # between two looks at a running machine
    safe_end_s: float = 20.0  # for buffers to empty and a motion to stop
    look_s: float = 1.0  # between two looks at a server, which is slower than a wire
    upload_s: float = 60.0  # for a server to put a program away
    away_s: float = 600.0  # a server out of reach; its machine may work on meanwhile
