"""Gives a solver that only knows the wall clock its full CPU time on a shared machine."""

import time
from collections.abc import Callable

ATTEMPTS = 3
ENOUGH = 0.95


def until_spent[T](run: Callable[[float], T], cpu_s: float) -> tuple[T, float]:
    """Call `run(wall_s)` until it got its CPU seconds; return its answer and CPU time.

    A run that ended well before its wall limit had nothing left to do.
    """
    wall_s = cpu_s
    for attempt in range(ATTEMPTS):
        begun_s, wall_begun_s = time.process_time(), time.perf_counter()
        answer = run(wall_s)
        spent_s = time.process_time() - begun_s
        took_s = time.perf_counter() - wall_begun_s
        if spent_s >= ENOUGH * cpu_s or took_s < ENOUGH * wall_s:
            break
        if attempt < ATTEMPTS - 1:
            wall_s *= cpu_s / max(spent_s, 0.1 * cpu_s)
    return answer, spent_s
