"""Planners: threads of a node, or processes of their own beside it."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

from orchestrator.entry.ground import ground_of
from orchestrator.entry.settings import Settings
from orchestrator.foundation import migrate
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions, engine_of, readers, writers
from orchestrator.planning.travel import RegionMap
from orchestrator.planning.worker import PlanWorker


def planners(
    settings: Settings,
    sessions: Sessions,
    reading: Sessions,
    ground: RegionMap,
    clock: Clock,
    *,
    name: str,
) -> Iterator[PlanWorker]:
    """So many as are set; each plans cells that no other holds."""
    for number in range(settings.planners):
        yield PlanWorker(sessions, reading, ground, clock, holder=f"{name}-{number}")


def plan_until_told(settings: Settings) -> None:
    """Plan cells beside other processes on one database, until SIGTERM or SIGINT.

    Errors: FabcommonsError, OSError.
    """
    over = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: over.set())
    engine = engine_of(settings.database)
    migrate.upgrade(engine)
    name = f"{socket.gethostname()}-{os.getpid()}"  # of no other process that lives
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        for planner in planners(
            settings,
            writers(engine),
            readers(engine),
            ground_of(settings),
            settings.clock,
            name=name,
        ):
            planner.start()
            stack.callback(planner.stop)
        over.wait()
