"""Two planners while people and devices do what they like: nothing twice, nothing lost."""

import random
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from orchestrator.dispatch.commands import StartJob
from orchestrator.foundation.errors import FabcommonsError
from orchestrator.network.couriers import mark_back, mark_out
from orchestrator.network.facilities import close_facility, open_facility
from orchestrator.orders.life import cancel, held_order
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import CellMemberRow
from orchestrator.planning.wishes import is_wanted, wish
from orchestrator.planning.worker import PlanWorker
from tests.unit.orchestrator.planning.cells import (
    SMALL_PACE,
    a_courier_in_kallio,
    near,
    planned_in,
    sound,
    split,
)
from tests.unit.orchestrator.region import Region

EVENTS = 24


def open_orders(region: Region) -> list[OrderRow]:
    with region.reading() as session:
        over = ("delivered", "cancelled", "refused")
        return list(
            session.scalars(
                select(OrderRow)
                .where(OrderRow.state.not_in(over))
                .order_by(OrderRow.id)
            )
        )


class Day:
    """What happens, drawn from a seed. Refusals are answers: nothing happened then."""

    def __init__(self, region: Region, seed: int) -> None:
        self.region, self.draw = region, random.Random(seed)
        self.happenings = (
            self.order,
            self.order,
            self.make,
            self.make,
            self.carry,
            self.carry,
            self.lab_closes_or_opens,
            self.device_dies_or_returns,
            self.courier_is_out_or_back,
            self.cancels,
        )
        self.dead: set[int] = set()

    def goes_on(self) -> None:
        self.region.clock.turn(self.draw.choice([20, 120, 1_000]))
        try:
            self.draw.choice(self.happenings)()
        except FabcommonsError as refusal:
            print(refusal)

    def order(self) -> None:
        near(self.region, self.draw.randrange(2))

    def make(self) -> None:
        for command in self.region.send():
            if isinstance(command, StartJob):
                self.region.make(command, seconds=60)

    def carry(self) -> None:
        """Whoever is there takes or brings it, whatever was planned."""
        for order in open_orders(self.region):
            if order.state == "made":
                courier = self.draw.choice(self.region.couriers)
                code = order.pickup_code
                self.region.act("picked-up", order.id, courier, code=code)
            elif order.state == "on-the-way":
                courier = order.courier_id or ""
                code = order.delivery_code
                self.region.act("delivered", order.id, courier, code=code)

    def lab_closes_or_opens(self) -> None:
        lab = self.draw.choice(self.region.labs).facility_id
        now = self.region.clock.at
        with self.region.sessions.begin() as session:
            until = now + timedelta(hours=3)
            if not close_facility(session, lab, until=until, now=now):
                open_facility(session, lab)
            wish(session, "doors", now, about=lab)

    def device_dies_or_returns(self) -> None:
        number = self.draw.randrange(2)
        lab = self.region.labs[number]
        if number in self.dead:
            self.region.tell(self.region.birth(lab))
            for machine in lab.machines:
                self.region.tell(self.region.state(machine, "idle"))
        else:
            self.region.tell(self.region.death(lab))
        self.dead ^= {number}

    def courier_is_out_or_back(self) -> None:
        courier, now = self.draw.choice(self.region.couriers), self.region.clock.at
        with self.region.sessions.begin() as session:
            if not mark_back(session, courier, now=now):
                mark_out(session, courier)

    def cancels(self) -> None:
        orders = open_orders(self.region)
        if not orders:
            return
        order = self.draw.choice(orders)
        with self.region.sessions.begin() as session:
            held = held_order(session, order.id)
            cancel(session, held, now=self.region.clock.at)
            wish(session, "cancelled", self.region.clock.at, about=order.id)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_two_planners_keep_the_invariants(
    region: Region, seed: int
) -> None:
    a_courier_in_kallio(region)
    cells = split(region)
    planners = [
        PlanWorker(
            region.sessions,
            region.reading,
            region.ground,
            region.clock,
            pace=SMALL_PACE,
            debounce_s=0,
            holder=name,
        )
        for name in ("one", "two")
    ]
    day = Day(region, seed)
    with ThreadPoolExecutor(3) as pool:
        for _ in range(EVENTS):
            steps = [pool.submit(planner.step) for planner in planners]
            happens: Future[Any] = pool.submit(day.goes_on)
            for one in (happens, *steps):
                one.result()
            sound(region)
    for _ in range(20):
        for planner in planners:
            planner.step()
        with region.reading() as session:
            if not is_wanted(session):
                break
    else:
        raise AssertionError("planning never comes to rest")
    sound(region)
    assert planned_in(region) >= set(cells)
    with region.reading() as session:
        owned = set(session.scalars(select(CellMemberRow.subject_id)))
    assert {order.id for order in open_orders(region)} <= owned
    rows = open_orders(region)
    assert all(row.facility_id or row.reason_code for row in rows), rows
