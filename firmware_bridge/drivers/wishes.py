"""What other threads want of a running job, seen by the thread that runs it."""

import threading
from dataclasses import dataclass, field
from enum import IntEnum

from firmware_bridge.facts import Outcome, OutcomeKind


class End(IntEnum):
    """How a job should end before its end; the higher wish wins."""

    NONE = 0
    CANCEL = 1  # at a safe place, as soon as there is one
    STOP = 2  # at once, whatever it costs; not an emergency stop


class GivenUpError(Exception):
    """The end was asked for before anything was sent."""


@dataclass(slots=True)
class Wishes:
    """Flags of one machine; `running` guards that one job runs at a time."""

    running: threading.Lock = field(default_factory=threading.Lock)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _end: End = End.NONE
    _paused: bool = False

    @property
    def end(self) -> End:
        """The strongest end asked for since the job began."""
        return self._end

    @property
    def paused(self) -> bool:
        """Whether the job should stand still."""
        return self._paused

    def begin(self) -> None:
        """A new job: old wishes are void."""
        with self._lock:
            self._end = End.NONE
            self._paused = False

    def heed(self) -> None:
        """Go no further where an end is asked for. Errors: GivenUpError."""
        if self._end is not End.NONE:
            raise GivenUpError

    def ask_end(self, end: End) -> None:
        """Ask for an end; a weaker wish never replaces a stronger one."""
        with self._lock:
            self._end = max(self._end, end)

    def ask_pause(self, *, paused: bool) -> None:
        """Ask to stand still, or to go on."""
        with self._lock:
            self._paused = paused


def given_up() -> Outcome:
    """A job that was ended before it began."""
    return Outcome(
        kind=OutcomeKind.CANCELLED,
        reason="cancelled before anything was sent",
        lines_sent=0,
        lines_acknowledged=0,
        lines_total=0,
    )
