"""A thread that answers wishes; kill it at any moment: the wishes are rows."""

import threading
from collections.abc import Callable
from typing import Final

from orchestrator.foundation import changes
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.worker import Worker
from orchestrator.planning.lease import LEASE_S, give_back, kept, take
from orchestrator.planning.plan import Pace, plan_cell
from orchestrator.planning.regroup import prepare
from orchestrator.planning.scene import look_around
from orchestrator.planning.settle import is_settled
from orchestrator.planning.sound import Solver
from orchestrator.planning.travel import RegionMap
from orchestrator.planning.wishes import TOPIC, is_wanted, wanted_cells

PAUSE_STEP_S: Final = 2.0
PAUSE_MAX_S: Final = 30.0


class PlanWorker:
    """Waits for a wish, then `debounce_s` of the wall for more of them, then plans.

    It plans every cell that wants it and that no other holds, each under the cell's
    lease: where several plan one region, each needs a `holder` of its own. A cell
    whose planner fails is logged and tried again after the others, and after ever
    longer pauses.
    """

    def __init__(
        self,
        sessions: Sessions,
        reading: Sessions,
        ground: RegionMap,
        clock: Clock,
        *,
        pace: Pace | None = None,
        solver: Solver | None = None,
        debounce_s: float = 0.1,
        holder: str = "node",
        lease_s: float = LEASE_S,
    ) -> None:
        self._sessions, self._reading = sessions, reading
        self._ground, self._clock = ground, clock
        self._pace, self._solver = pace or Pace(), solver
        self._debounce_s = debounce_s
        self._holder, self._lease_s = holder, lease_s
        self._failures: dict[str, int] = {}  # in a row, by cell
        self._stop = threading.Event()
        self._worker = Worker(f"planning {holder}", self.step)
        self._forget: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin with the wishes that an earlier life left."""

        def hear(topics: frozenset[str]) -> None:
            if TOPIC in topics:
                self._worker.wake.set()

        self._forget = changes.listen(hear)
        self._worker.start()

    def stop(self) -> None:
        """Finish the plan at hand."""
        self._stop.set()
        if self._forget is not None:
            self._forget()
        self._worker.stop()

    def step(self) -> bool:
        """Plan once what somebody wants planned; whether a plan was made."""
        look_around(self._sessions, self._reading, now=self._clock.now())
        with self._reading() as session:
            if is_settled(session) and not is_wanted(session):
                return False
        self._stop.wait(self._debounce_s)
        made = [self._plan(cell) for cell in self._wanted()]
        return any(made)

    def _wanted(self) -> list[str]:
        """The cells to plan; of those that failed only one, after a pause if alone."""
        prepare(
            self._sessions,
            self._reading,
            self._ground,
            now=self._clock.now(),
            grouping=self._pace.grouping,
        )
        with self._reading() as session:
            cells = wanted_cells(session)
        failing = sorted(
            set(cells) & set(self._failures), key=self._failures.__getitem__
        )
        healthy = [cell for cell in cells if cell not in self._failures]
        if failing and not healthy:
            pause_s = self._failures[failing[0]] * PAUSE_STEP_S
            self._stop.wait(min(pause_s, PAUSE_MAX_S))
        return healthy + failing[:1]

    def _plan(self, cell: str) -> bool:
        lease = take(self._sessions, self._holder, cell=cell, lease_s=self._lease_s)
        if lease is None:
            return False
        self._failures[cell] = self._failures.get(cell, 0) + 1
        with kept(self._sessions, lease, lease_s=self._lease_s):
            row = plan_cell(
                self._sessions,
                self._reading,
                self._ground,
                self._clock,
                pace=self._pace,
                solver=self._solver,
                cell=cell,
                lease=lease,
            )
        give_back(self._sessions, lease)
        del self._failures[cell]
        return row is not None
