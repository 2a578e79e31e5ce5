"""Tabu search on the plain flexible job shop: the start that CP-SAT has to beat.

Neighbourhood: a critical operation is taken out and put back, on any machine that
can do it, where no circle can arise (Mastrolilli and Gambardella 2000,
doi:10.1002/(SICI)1099-1425(200001/02)3:1<3::AID-JOS32>3.0.CO;2-Y). A move is priced by
the longest path after it; heads and tails without the operation are exact. What walks
found is kept, as far as it differs, and the next walk begins between two of those.
"""

import numpy as np

from routing.effort import Effort
from routing.scheduling import path_kernels, tabu_kernels
from routing.scheduling.relinking import Sequences, apart, between, by_chance
from routing.scheduling.shop import Shop

# Between two looks at the clock: about as long for large shops as for small ones.
OPERATIONS_A_LOOK = 20_000
ELITE = 8  # schedules that are kept to walk from between them
PATIENCE = 2_000  # moves without a better schedule that end a walk
ALIKE = 10  # one in so many operations differs: two schedules are as good as the same


def tabu_schedule(shop: Shop, *, seed: int, effort: Effort) -> Sequences:
    """Return the best schedule seen in `effort` moves, at least that of its start.

    It ends early only where it meets a bound of the shop.
    """
    rng = np.random.default_rng(seed % 2**64)
    walk = Walk(shop, seed=seed)
    least_s = shop.least_makespan_s()
    a_look = max(1, OPERATIONS_A_LOOK // shop.job_of.size)
    left = effort.iterations
    elite: list[Sequences] = []
    best = walk.best()
    while left > 0 and effort.left_s() > 0 and best.makespan_s > least_s:
        left -= walk.go(min(left, a_look), least_s=least_s)
        found = walk.best()
        best = min(best, found, key=lambda schedule: schedule.makespan_s)
        if not walk.is_over:
            continue
        elite = _kept(elite, found)
        if len(elite) < ELITE:
            walk.begin(by_chance(shop, rng))
        else:
            one, other = rng.choice(ELITE, size=2, replace=False)
            walk.begin(between(elite[one], elite[other], rng))
    return best


def _kept(elite: list[Sequences], found: Sequences) -> list[Sequences]:
    """Return the elite with what was found, if it is better than another like it."""
    like = [s for s in elite if ALIKE * apart(s, found) < found.start_s.size]
    if not like and len(elite) == ELITE:
        like = [max(elite, key=lambda schedule: schedule.makespan_s)]
    if any(schedule.makespan_s < found.makespan_s for schedule in like):
        return elite
    return [*(s for s in elite if not any(s is t for t in like)), found]


class Walk:
    """Tabu walks, one after the other; the same calls give the same schedules."""

    def __init__(self, shop: Shop, *, seed: int) -> None:
        """Start with most work remaining, each operation where it ends first."""
        count, machines = shop.duration_s.shape
        self._duration = np.ascontiguousarray(shop.duration_s)
        self._job_of = shop.job_of
        state = (2 * seed + 1) * 0x9E3779B97F4A7C15 % 2**64  # odd, so never zero
        self._random = np.array([state], dtype=np.uint64)
        self._machine = np.zeros(count, dtype=np.int64)
        self._start = np.zeros(count, dtype=np.int64)
        path_kernels.first_schedule(
            self._duration, self._job_of, self._machine, self._start
        )
        self._best_machine, self._best_start = self._machine.copy(), self._start.copy()
        self._tabu = np.zeros((count, machines), dtype=np.int64)
        self._to_left = np.zeros((count, count), dtype=np.int32)
        self._to_right = np.zeros((count, count), dtype=np.int32)
        ends = self._start + self._duration[np.arange(count), self._machine]
        self._counters = np.array([0, 0, ends.max()], dtype=np.int64)

    @property
    def is_over(self) -> bool:
        """Whether it is long since a better schedule was seen."""
        return bool(self._counters[tabu_kernels.SINCE_BEST] >= PATIENCE)

    def begin(self, schedule: Sequences) -> None:
        """Walk from there, whatever was seen before."""
        self._machine[:], self._start[:] = schedule.machine_of, schedule.start_s
        for room in (self._tabu, self._to_left, self._to_right, self._counters):
            room[:] = 0
        self._counters[tabu_kernels.BEST] = path_kernels.FAR

    def go(self, moves: int, *, least_s: int) -> int:
        """Make at most `moves` moves, fewer once the makespan is `least_s`; return how many."""
        before = int(self._counters[tabu_kernels.NOW])
        tabu_kernels.walk(
            self._duration,
            self._job_of,
            self._machine,
            self._start,
            self._best_machine,
            self._best_start,
            self._tabu,
            self._to_left,
            self._to_right,
            self._counters,
            self._random,
            moves,
            PATIENCE,
            least_s,
        )
        return int(self._counters[tabu_kernels.NOW]) - before

    def best(self) -> Sequences:
        """Return the best schedule of this walk, every operation as early as can be."""
        return Sequences(
            machine_of=self._best_machine.copy(),
            start_s=self._best_start.copy(),
            makespan_s=int(self._counters[tabu_kernels.BEST]),
        )
