"""What time it is, and how fast it passes, for a bridge or an agent."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of time that can be turned."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that never run backwards; only differences have a meaning."""
        ...

    def sleep(self, duration_s: float) -> None:
        """Block the calling thread until `duration_s` have passed on this clock."""
        ...


class WallClock:
    """The computer's own time."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """See `Clock.monotonic_s`."""
        return time.monotonic()

    def sleep(self, duration_s: float) -> None:
        """See `Clock.sleep`."""
        time.sleep(max(0.0, duration_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledClock:
    """Time that passes `factor` times as fast as the wall's.

    `wall_origin` (aware) is the wall's moment at which this clock showed
    `simulated_origin`; processes given the same three values agree.
    """

    factor: float
    wall_origin: datetime
    simulated_origin: datetime
    wall: Clock = field(default_factory=WallClock)

    def __post_init__(self) -> None:
        if not 0.001 <= self.factor <= 10_000:
            raise ValueError(f"factor must be in 0.001..10000, got {self.factor}")
        if self.wall_origin.tzinfo is None or self.simulated_origin.tzinfo is None:
            raise ValueError("wall_origin and simulated_origin need a time zone")

    def now(self) -> datetime:
        """See `Clock.now`."""
        elapsed_s = (self.wall.now() - self.wall_origin).total_seconds()
        shown = self.simulated_origin + timedelta(seconds=elapsed_s * self.factor)
        return shown.astimezone(UTC)

    def monotonic_s(self) -> float:
        """See `Clock.monotonic_s`."""
        return self.wall.monotonic_s() * self.factor

    def sleep(self, duration_s: float) -> None:
        """See `Clock.sleep`."""
        self.wall.sleep(duration_s / self.factor)
