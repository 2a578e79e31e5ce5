"""An order made in two labs, through real parts, while each process loses its plug once.

Boards, agents, broker, server: one lab mills, a courier rides, another lab plots.
"""

from pathlib import Path

from sqlalchemy import select

from orchestrator.dispatch.witness import designer_of
from orchestrator.entry.demo.shops import Wish, place
from orchestrator.ledger.rows import EntryRow
from orchestrator.orders.rows import OrderRow
from tests.fault.people import People, at_work
from tests.fault.region import KINDS, FaultRegion, passable_folder, running
from tests.fault.tally import settle, tally
from tests.two_steps import Shelf, publish_chart_tray

FACTOR = 120.0
STATES = ("making", "on-the-way", "delivered")  # of the part, when a plug is pulled


def test_two_labs_and_a_ride_make_one_order(tmp_path: Path) -> None:
    with (
        passable_folder() as folder,
        running(folder, labs=("kruununhaka", "kluuvi"), factor=FACTOR) as region,
        at_work(region, designs=(), open_orders_max=0) as people,
    ):
        whole_id = _ordered(region, people)
        for state, kind in zip(STATES, KINDS, strict=True):
            region.wait(
                f"the part is {state}",
                lambda state=state: _part(region, whole_id).state == state,
                wait_s=120,
            )
            region.kill(kind)
        settle(people)
        judged = tally(people, tmp_path / "ledger.jsonl")
        assert judged.lost == judged.doubled == judged.broken == []
        with region.store.readers() as session:
            whole = session.get_one(OrderRow, whole_id)
            entries = session.scalars(select(EntryRow)).all()
        part = _part(region, whole_id)
        assert (part.state, whole.state) == ("delivered", "delivered")
        assert part.to_facility_id == whole.facility_id != part.facility_id
        by_order = {
            name: [row.action for row in entries if row.order_id == name]
            for name in (part.id, whole.id)
        }
        for actions in by_order.values():
            for action in ("produce", "use", "pickup", "dropoff", "deliverService"):
                assert actions.count(action) == 1, (action, by_order)
        assert by_order[whole.id].count("cite") == 1
        assert by_order[part.id].count("cite") == 0


def _part(region: FaultRegion, whole_id: str) -> OrderRow:
    with region.store.readers() as session:
        return session.scalars(
            select(OrderRow).where(OrderRow.part_of == whole_id)
        ).one()


def _ordered(region: FaultRegion, people: People) -> str:
    with region.store.sessions.begin() as session:
        shelf = Shelf(
            session=session,
            files=region.store.files,
            designer_id=designer_of(session, region.cast.version_of["tray"]),
            now=region.store.clock.now(),
        )
        version_id = publish_chart_tray(shelf)
    shop = region.cast.shops[0]
    wish = Wish(
        number=1,
        shop=shop,
        design_key="chart-tray",
        version_id=version_id,
        quantity=1,
    )
    placed = place(
        people.client(shop.person.key), wish, region.store.clock, again=lambda: True
    )
    assert placed.order_id is not None, placed.refusal
    people.placed.append(placed)
    return placed.order_id
