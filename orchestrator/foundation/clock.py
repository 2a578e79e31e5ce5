"""The only place that asks the machine what time it is."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Time as the network lives it; a demo's clock may run faster than the wall's."""

    def now(self) -> datetime:
        """The time in UTC."""

    def monotonic_s(self) -> float:
        """Seconds that never step back, from an arbitrary start."""

    def sleep(self, duration_s: float) -> None:
        """Wait `duration_s` seconds of this clock."""


@dataclass(frozen=True, slots=True)
class WallClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return time.monotonic()

    def sleep(self, duration_s: float) -> None:
        time.sleep(duration_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledClock:
    """Runs `factor` times as fast as the wall since `origin`, when both agreed."""

    factor: float
    origin: datetime

    def now(self) -> datetime:
        elapsed_s = (datetime.now(UTC) - self.origin).total_seconds()
        return self.origin + timedelta(seconds=elapsed_s * self.factor)

    def monotonic_s(self) -> float:
        return time.monotonic() * self.factor

    def sleep(self, duration_s: float) -> None:
        time.sleep(duration_s / self.factor)


def stamp(moment: datetime) -> str:
    """A moment as sentences hold it, `2026-11-28T09:41Z`: pages show it in their zone.

    Errors: ValueError for a moment without a time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a moment in a sentence needs a zone, got {moment!r}")
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def clock_of(factor: float, origin: datetime | None) -> Clock:
    """The wall clock for factor 1, else one that runs `factor` times as fast."""
    if factor == 1 or origin is None:
        return WallClock()
    return ScaledClock(factor=factor, origin=origin)
