"""Tabu search on the plain flexible job shop: the start that CP-SAT has to beat.

Neighbourhood: a critical operation is taken out and put back, on any machine that
can do it, where no circle can arise (Mastrolilli and Gambardella 2000,
doi:10.1002/(SICI)1099-1425(200001/02)3:1<3::AID-JOS32>3.0.CO;2-Y). A move is priced by
the longest path through the operation after it; heads and tails without the operation
are exact.
"""

from dataclasses import dataclass

import numpy as np

from routing.effort import Effort
from routing.scheduling import path_kernels, tabu_kernels
from routing.scheduling.shop import Ints, Shop

# Between two looks at the clock: about as long for large shops as for small ones.
OPERATIONS_A_LOOK = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequences:
    """A schedule of a shop: `machine_of` and `start_s` (n,), and its last end."""

    machine_of: Ints
    start_s: Ints
    makespan_s: int


def tabu_schedule(shop: Shop, *, seed: int, effort: Effort) -> Sequences:
    """Return the best schedule seen in `effort` moves, at least that of its start.

    It ends early only where it meets a bound of the shop.
    """
    walk = Walk(shop, seed=seed)
    least_s = shop.least_makespan_s()
    a_look = max(1, OPERATIONS_A_LOOK // shop.job_of.size)
    left = effort.iterations
    while left > 0 and effort.left_s() > 0 and walk.makespan_s > least_s:
        moves = min(left, a_look)
        walk.go(moves, least_s=least_s)
        left -= moves
    return walk.best()


class Walk:
    """One tabu walk that can be continued; the same calls give the same schedules."""

    def __init__(self, shop: Shop, *, seed: int) -> None:
        """Start with most work remaining, each operation where it ends first."""
        count, machines = shop.duration_s.shape
        self._duration = np.ascontiguousarray(shop.duration_s)
        self._job_of = shop.job_of
        state = (2 * seed + 1) * 0x9E3779B97F4A7C15 % 2**64  # odd, so never zero
        self._random = np.array([state], dtype=np.uint64)
        self._line = np.full((machines, count), -1, dtype=np.int64)
        self._length = np.zeros(machines, dtype=np.int64)
        self._machine = np.zeros(count, dtype=np.int64)
        path_kernels.first_schedule(
            self._duration, self._job_of, self._line, self._length, self._machine
        )
        self._best_line = self._line.copy()
        self._best_length = self._length.copy()
        self._best_machine = self._machine.copy()
        self._tabu = np.zeros((count, machines), dtype=np.int64)
        self._pairs = np.zeros((count, count), dtype=np.int64)
        self._counters = np.array([0, 0, self.best().makespan_s], dtype=np.int64)

    @property
    def makespan_s(self) -> int:
        """The last end of the best schedule seen."""
        return int(self._counters[tabu_kernels.BEST])

    def go(self, moves: int, *, least_s: int) -> None:
        """Make at most `moves` moves, fewer once the makespan is `least_s`."""
        tabu_kernels.walk(
            self._duration,
            self._job_of,
            self._line,
            self._length,
            self._machine,
            self._best_line,
            self._best_length,
            self._best_machine,
            self._tabu,
            self._pairs,
            self._counters,
            self._random,
            moves,
            least_s,
        )

    def best(self) -> Sequences:
        """Return the best schedule seen, every operation as early as can be."""
        start_s = np.zeros(self._job_of.size, dtype=np.int64)
        last_s = path_kernels.paths(
            self._duration,
            self._job_of,
            self._best_line,
            self._best_length,
            self._best_machine,
            start_s,
            *(np.zeros_like(start_s) for _ in range(4)),
        )
        return Sequences(
            machine_of=self._best_machine.copy(),
            start_s=start_s,
            makespan_s=int(last_s),
        )
