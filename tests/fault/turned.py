"""A bench whose time is turned by hand: real ports, real bytes, and no waiting.

Driver and boards share one thread and one clock. Whenever the driver would wait for the
wire, the boards live on to their next event instead; a busy computer changes nothing.
"""

import heapq
import select
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from firmware_bridge.link import Link

STEP_S = 0.005  # the shortest leap: what happens within one comes over together
SLICE_S = 0.02  # the longest leap, so that a driver's own deadlines are met
ORIGIN_S = 1000.0
LONGEST_S = 600.0  # no job of the tests takes so long
BLINK_S = 0.01  # of the wall
ORIGIN = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


class Boards(Protocol):
    """What a turned clock drives: `Host`, or a chip in simavr."""

    def step(self) -> float:
        """Live until now; seconds until more is due."""
        ...

    def plugged(self) -> Collection[str]: ...

    def traffic(self, name: str) -> tuple[int, int]:
        """Bytes taken from the port and given to it."""
        ...

    def await_bytes(self, name: str, timeout_s: float) -> None: ...


class TurnedClock[Driven: Boards]:
    """See `Clock`. Time passes in `leap` and `sleep` only, and the boards live with it."""

    def __init__(self, boards: Callable[["TurnedClock[Driven]"], Driven]) -> None:
        self._now_s = ORIGIN_S
        self._acts: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self.host = boards(self)

    def now(self) -> datetime:
        return ORIGIN + timedelta(seconds=self._now_s)

    def monotonic_s(self) -> float:
        return self._now_s

    def sleep(self, duration_s: float) -> None:
        until_s = self._now_s + duration_s
        while self._now_s < until_s:
            self.leap(until_s - self._now_s)

    def leap(self, longest_s: float = SLICE_S) -> None:
        """Let the boards do what is due, then pass on to what is due next."""
        rest_s = min(max(self.host.step(), STEP_S), longest_s, SLICE_S)
        if self._acts:
            rest_s = min(rest_s, max(0.0, self._acts[0][0] - self._now_s))
        self._now_s += rest_s
        assert self._now_s < ORIGIN_S + LONGEST_S, "it never ends"
        while self._acts and self._acts[0][0] <= self._now_s:
            heapq.heappop(self._acts)[2]()
        self.host.step()

    def after(self, duration_s: float, act: Callable[[], None]) -> None:
        """Let `act` happen in so many seconds."""
        moment = (self._now_s + duration_s, next(self._numbers), act)
        heapq.heappush(self._acts, moment)


class TurnedLink(Link):
    """The real link; instead of waiting for the wire it lets the boards live on.

    The system carries a port's bytes in its own time, so both ends wait for it here.
    """

    def __init__(self, path: Path, baud: int, clock: TurnedClock[Any]) -> None:
        self._turned = clock
        self._name = path.name
        super().__init__(str(path), baud, wall=clock)
        self._mark()

    def write(self, octets: bytes) -> None:
        super().write(octets)
        self._written += len(octets)
        while self._plugged() and self._traffic()[0] < self._written:
            self._turned.host.await_bytes(self._name, BLINK_S)

    def drop_input(self) -> None:
        self._settle()
        super().drop_input()
        self._taken = self._traffic()[1]

    def _reopen(self) -> None:
        super()._reopen()
        self._mark()

    def _mark(self) -> None:
        self._written, self._taken = self._traffic()

    def _take_in(self, wait_s: float) -> bool:
        self._turned.leap(max(wait_s, STEP_S))
        waiting = self._settle()
        woken = super()._take_in(0.0)
        self._taken += max(0, waiting)
        return woken

    def _settle(self) -> int:
        """Wait for what is on its way; how much came in, -1 where the port is gone."""
        try:
            while self._serial.is_open and self._plugged():
                waiting = int(self._serial.in_waiting)
                if self._taken + waiting >= self._traffic()[1]:
                    return waiting
                select.select([self._serial.fileno()], [], [], BLINK_S)
        except OSError:
            pass
        return -1  # reading says so in the link's own words

    def _plugged(self) -> bool:
        return self._name in self._turned.host.plugged()

    def _traffic(self) -> tuple[int, int]:
        return self._turned.host.traffic(self._name)
