"""Planner, sender, devices and couriers at the same time: nothing waits for ever or breaks."""

import threading
from collections.abc import Callable
from contextlib import suppress

from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.recovery import recover
from orchestrator.dispatch.referee import breaches
from orchestrator.foundation.errors import FabcommonsError
from orchestrator.planning.wishes import wish
from tests.unit.orchestrator.region import Region

ORDERS = 6
LIMIT_S = 60


class Together:
    """Runs steps again and again, each in a thread of its own, until told to stop."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self.stop = threading.Event()
        self.errors: list[Exception] = []
        self.threads = [threading.Thread(target=self._run, args=(s,)) for s in steps]

    def _run(self, step: Callable[[], object]) -> None:
        while not self.stop.wait(0.01):
            try:
                step()
            except Exception as error:  # noqa: BLE001 - shown at the end
                self.errors.append(error)
                self.stop.set()

    def until(self, is_done: Callable[[], bool]) -> None:
        for thread in self.threads:
            thread.start()
        for _ in range(LIMIT_S * 10):
            if self.stop.wait(0.1) or is_done():
                break
        self.stop.set()
        for thread in self.threads:
            thread.join(timeout=LIMIT_S)


def plan(region: Region) -> None:
    with region.sessions.begin() as session:
        wish(session, "again", region.clock.at)
    region.plan()


def make(region: Region) -> None:
    for command in region.send():
        if isinstance(command, StartJob):
            region.make(command, seconds=60)
    region.clock.turn(20)


def carry(region: Region, orders: list[str]) -> None:
    for order_id in orders:
        order = region.row(order_id)
        if order.state not in {"made", "on-the-way"} or order.courier_id is None:
            continue
        kind = "picked-up" if order.state == "made" else "delivered"
        code = order.pickup_code if kind == "picked-up" else order.delivery_code
        with suppress(FabcommonsError):  # the plan gave it to another courier meanwhile
            region.act(kind, order_id, order.courier_id, code=code)


def test_all_rooms_at_once(region: Region) -> None:
    orders = [region.order("clip", quantity=2, hours=20) for _ in range(ORDERS)]
    together = Together(
        lambda: plan(region),
        lambda: make(region),
        lambda: carry(region, orders),
        lambda: recover(region.sessions, region.clock, region.key),
    )
    together.until(lambda: all(region.row(one).state == "delivered" for one in orders))
    assert together.errors == []
    assert [region.row(one).state for one in orders] == ["delivered"] * ORDERS
    with region.reading() as session:
        assert breaches(session, settled=True) == []
