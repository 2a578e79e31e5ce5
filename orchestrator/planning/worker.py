"""A thread that answers wishes; kill it at any moment: the wishes are rows."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from orchestrator.foundation import changes
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.worker import Worker
from orchestrator.planning.lease import LEASE_S, give_back, kept, take
from orchestrator.planning.plan import TIME_PASSED, Pace, replan
from orchestrator.planning.scene import scene_of
from orchestrator.planning.sound import Solver
from orchestrator.planning.travel import RegionMap
from orchestrator.planning.wishes import TOPIC, is_wanted, unseen, wish

EPOCH: Final = timedelta(minutes=15)  # the plan is looked at anew at least so often
PAUSE_STEP_S: Final = 2.0
PAUSE_MAX_S: Final = 30.0


class PlanWorker:
    """Waits for a wish, then `debounce_s` of the wall for more of them, then plans.

    A planner that fails is logged and tried again after ever longer pauses. Where
    several processes plan one region, each needs a `holder` of its own: it plans only
    under the region's lease.
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
        self._pace, self._solver = pace, solver
        self._debounce_s = debounce_s
        self._holder, self._lease_s = holder, lease_s
        self._scene: str | None = None
        self._planned_at = clock.now()
        self._failures = 0
        self._stop = threading.Event()
        self._worker = Worker("planning", self.step)
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
        """Plan once if somebody wants it; whether a plan was made."""
        self._look_around()
        with self._reading() as session:
            wanted = is_wanted(session)
        if not wanted:
            return False
        pause_s = min(self._failures * PAUSE_STEP_S, PAUSE_MAX_S)
        self._stop.wait(self._debounce_s + pause_s)
        lease = take(self._sessions, self._holder, lease_s=self._lease_s)
        if lease is None:
            return False
        self._failures += 1
        with kept(self._sessions, lease, lease_s=self._lease_s):
            row = replan(
                self._sessions,
                self._reading,
                self._ground,
                self._clock,
                pace=self._pace,
                solver=self._solver,
                lease=lease,
            )
        give_back(self._sessions, lease)
        self._failures = 0
        self._planned_at = self._clock.now()
        return row is not None

    def _look_around(self) -> None:
        """Wish for what no fact tells: shifts, closed labs, orders, the passing time."""
        now = self._clock.now()
        with self._reading() as session:
            scene, new_orders = scene_of(session), unseen(session)
            waits = is_wanted(session)
        reasons = []
        if new_orders and not waits:
            reasons.append(f"{new_orders} new orders")
        if self._scene is not None and scene != self._scene:
            reasons.append("labs, machines or couriers changed")
        if now - self._planned_at > EPOCH:
            reasons.append(TIME_PASSED)
            self._planned_at = now
        if reasons:
            with self._sessions.begin() as session:
                for reason in reasons:
                    wish(session, reason, now)
        self._scene = scene
