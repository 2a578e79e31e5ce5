"""A line whose other end says anything, on a clock that passes at once."""

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

READS_MAX = 100_000  # of one machine's life: more is a hang

# What a line is when nothing was asked: real but out of place, damaged, else noise.
REAL, DAMAGED = 0.5, 0.85
ANSWERED, UNDISTURBED = 0.99, 0.93


class HangError(AssertionError):
    """A driver reads on and on, and its job does not end."""


@dataclass
class TurnedClock:
    """Time passes only by waiting."""

    at_s: float = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.at_s)

    def monotonic_s(self) -> float:
        return self.at_s

    def sleep(self, duration_s: float) -> None:
        self.at_s += max(0.0, duration_s)


def babble(real: Sequence[bytes], draw: random.Random) -> bytes:
    """A line: one of the dialect's, one of them damaged, or no line at all."""
    kind = draw.random()
    if kind > DAMAGED:
        return draw.randbytes(draw.randrange(1, 600)).replace(b"\n", b"?")
    line = draw.choice(real)
    if kind < REAL:
        return line
    harmed = bytearray(line)
    for _ in range(draw.randint(1, 4)):
        place = draw.randint(0, len(harmed))
        harmed[place : place + draw.randint(0, 3)] = draw.randbytes(draw.randint(0, 3))
    return bytes(harmed).replace(b"\n", b"?") or b"?"


@dataclass
class NoisyLink:
    """What a driver needs of a link. `answers`: what the board says to a question."""

    real: Sequence[bytes]
    draw: random.Random
    answers: Callable[[bytes], list[bytes]]
    wall: TurnedClock = field(default_factory=TurnedClock)
    port: str = "noise"
    baud: int = 115200
    lines_cut: int = 0
    said: int = 0
    _reads: int = 0
    _queue: deque[bytes] = field(default_factory=deque)

    def read_line(self, timeout_s: float) -> bytes | None:
        self._reads += 1
        if self._reads > READS_MAX:
            raise HangError(f"{self._reads} reads")
        said = self.draw.random() < UNDISTURBED
        if said and not self._queue:  # a board has nothing to say most of the time
            self.wall.at_s += max(0.001, timeout_s)
            return None
        self.wall.at_s += 0.001
        self.said += 1
        return self._queue.popleft() if said else babble(self.real, self.draw)

    def read_ready(self) -> bytes | None:
        return self.read_line(0.0) if self._queue else None

    def write(self, octets: bytes) -> None:
        if self.draw.random() < ANSWERED:
            self._queue.extend(self.answers(octets))

    def write_now(self, octet: bytes) -> None:
        self.write(octet)

    def wake(self) -> None:
        """Nobody waits here."""

    def drop_input(self) -> None:
        self._queue.clear()

    def reset_board(self) -> None:
        self.drop_input()

    def close(self) -> None:
        """Nothing is open."""
