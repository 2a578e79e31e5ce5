"""A scaled clock passes faster and stays in step between processes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from firmware_bridge.clock import ScaledClock, WallClock

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
SHOWN = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass
class TurnedWall:
    """A wall clock that a test turns."""

    passed_s: float = 0.0
    slept_s: float = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed_s)

    def monotonic_s(self) -> float:
        return 100 + self.passed_s

    def sleep(self, duration_s: float) -> None:
        self.slept_s += duration_s


def test_sixty_times_as_fast() -> None:
    wall = TurnedWall()
    clock = ScaledClock(factor=60, wall_origin=START, simulated_origin=SHOWN, wall=wall)
    assert clock.now() == SHOWN
    before_s = clock.monotonic_s()
    wall.passed_s = 10
    assert clock.now() == SHOWN + timedelta(minutes=10)
    assert clock.monotonic_s() - before_s == pytest.approx(600)
    clock.sleep(120)
    assert wall.slept_s == pytest.approx(2)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="factor"):
        ScaledClock(factor=0, wall_origin=START, simulated_origin=SHOWN)
    with pytest.raises(ValueError, match="time zone"):
        ScaledClock(
            factor=1, wall_origin=START.replace(tzinfo=None), simulated_origin=SHOWN
        )


def test_wall_clock_is_aware_and_sleeps() -> None:
    clock = WallClock()
    before_s = clock.monotonic_s()
    clock.sleep(0.01)
    clock.sleep(-1)
    assert clock.monotonic_s() - before_s >= 0.01
    assert clock.now().utcoffset() == timedelta(0)
