"""How long a planner may think: a count of steps, or a clock that the caller brings."""

import math
from collections.abc import Callable
from dataclasses import dataclass


def _no_clock() -> float:
    return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """At most `iterations` steps, and none begun after `until_s` of `clock`.

    Without a clock the same effort gives the same plan on every machine. With one
    (`time.process_time`, `time.monotonic`) the plan is as good as the time allows.
    """

    iterations: int
    until_s: float = math.inf
    clock: Callable[[], float] = _no_clock

    @property
    def is_counted(self) -> bool:
        """Whether only the count ends it."""
        return math.isinf(self.until_s)

    def left_s(self) -> float:
        """Seconds of the clock that are left; infinite without one."""
        return self.until_s - self.clock()
