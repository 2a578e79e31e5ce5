"""A board's queue of moves, executed in time: a planner's second half.

Speeds are planned over what is in the queue, backwards from a stand-still at its end
and forwards as moves begin, as GRBL 1.1 (planner.c: planner_recalculate) and Marlin
(planner.cpp: recalculate) do. A queue that runs low plans short, so arrival counts.
"""

import math
from collections import deque

from firmware_bridge.gcode.kinematics import Block


class Planner:
    """Times are the machine's own seconds, from its first line on."""

    def __init__(self, capacity: int, rest_s: float = 0.0) -> None:
        self._capacity = capacity
        self._rest_s = rest_s  # lost whenever motion ends
        self._queue: deque[Block] = deque()
        self._now_s = 0.0  # when the block in front began
        self._entry2 = 0.0  # and how fast

    def add(self, block: Block, ready_s: float) -> float:
        """Queue a block that is at the board at `ready_s`; when it was taken in."""
        queue = self._queue
        taken_s = ready_s
        if len(queue) >= self._capacity:
            self._finish()
            taken_s = max(ready_s, self._now_s)
        while queue and self._now_s <= ready_s:
            took_s, leaving2 = self._plan()
            if self._now_s + took_s > ready_s:
                break
            self._leave(took_s, leaving2)
        if not queue:
            self._now_s = max(self._now_s, ready_s)
            self._entry2 = 0.0
        queue.append(block)
        self._replan()
        return taken_s

    def rest(self, ready_s: float) -> float:
        """Let the queue run empty; when all motion is over, `ready_s` at the earliest."""
        if self._queue:
            while self._queue:
                self._finish()
            self._now_s += self._rest_s
        self._now_s = max(self._now_s, ready_s)
        return self._now_s

    def wait(self, pause_s: float) -> float:
        """Stand still for so long, the queue being empty; when that is over."""
        self._now_s += pause_s
        return self._now_s

    def _replan(self) -> None:
        """Backwards from a stand-still, as far as anything changes."""
        following2 = 0.0
        queue = self._queue
        newest = len(queue) - 1
        for place in range(newest, 0, -1):
            block = queue[place]
            entry2 = following2 + 2.0 * block.acceleration * block.length
            entry2 = min(entry2, block.entry_max2)
            if entry2 == block.entry2 and place < newest:
                return
            block.entry2 = following2 = entry2

    def _finish(self) -> None:
        self._leave(*self._plan())

    def _leave(self, took_s: float, leaving2: float) -> None:
        self._queue.popleft()
        self._now_s += took_s
        self._entry2 = leaving2

    def _plan(self) -> tuple[float, float]:
        """(seconds, squared speed at its end) of the block in front."""
        queue = self._queue
        block = queue[0]
        wanted2 = queue[1].entry2 if len(queue) > 1 else 0.0
        entry2 = self._entry2
        twice = 2.0 * block.acceleration
        leaving2 = min(wanted2, entry2 + twice * block.length)
        return trapezoid_s(block, entry2, leaving2), leaving2


def trapezoid_s(block: Block, entry2: float, leaving2: float) -> float:
    """Seconds for a block between two squared speeds, within its limits."""
    twice = 2.0 * block.acceleration
    peak2 = 0.5 * (twice * block.length + entry2 + leaving2)
    entry, leaving = math.sqrt(entry2), math.sqrt(leaving2)
    if peak2 <= block.nominal2:
        top = math.sqrt(max(peak2, entry2, leaving2))
        return (2.0 * top - entry - leaving) / block.acceleration
    top2 = max(block.nominal2, entry2, leaving2)
    top = math.sqrt(top2)
    cruise = max(0.0, block.length - (2.0 * top2 - entry2 - leaving2) / twice)
    return (2.0 * top - entry - leaving) / block.acceleration + cruise / top
