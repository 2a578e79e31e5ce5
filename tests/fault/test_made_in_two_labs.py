"""Orders made in several labs, through real parts, while processes lose their plug.

Boards, agents, broker, server: one lab mills, a courier rides, another lab plots; or two
labs mill and cut at the same time, and a third one goes on with both.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from orchestrator.dispatch.rows import JobRow
from orchestrator.dispatch.witness import designer_of
from orchestrator.entry.demo.shops import Wish, place
from orchestrator.ledger.rows import EntryRow
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import TaskRow
from tests.fault.people import People, at_work
from tests.fault.region import KINDS, FaultRegion, passable_folder, running
from tests.fault.tally import settle, tally
from tests.two_steps import Shelf, publish_chart_tray, publish_lidded_tray

FACTOR = 120.0
STATES = ("making", "on-the-way", "delivered")  # of the part, when a plug is pulled


def test_two_labs_and_a_ride_make_one_order(tmp_path: Path) -> None:
    with (
        passable_folder() as folder,
        running(folder, labs=("kruununhaka", "kluuvi"), factor=FACTOR) as region,
        at_work(region, designs=(), open_orders_max=0) as people,
    ):
        whole_id = _ordered(region, people, publish_chart_tray)
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


def test_two_labs_make_a_part_each_and_a_third_goes_on_with_both(
    tmp_path: Path,
) -> None:
    """Each part is credited once; nothing of the rest begins before both are there."""
    labs = ("kruununhaka", "kaisaniemi", "kluuvi")
    with (
        passable_folder() as folder,
        running(folder, labs=labs, factor=FACTOR) as region,
        at_work(region, designs=(), open_orders_max=0) as people,
    ):
        whole_id = _ordered(region, people, publish_lidded_tray)
        region.wait(
            "both parts are being made or further",
            lambda: all(
                one.made_at or one.state == "making" for one in _parts(region, whole_id)
            ),
            wait_s=300,
        )
        region.kill("server")
        settle(people)
        judged = tally(people, tmp_path / "ledger.jsonl")
        assert judged.lost == judged.doubled == judged.broken == []
        with region.store.readers() as session:
            whole = session.get_one(OrderRow, whole_id)
            entries = session.scalars(select(EntryRow)).all()
            begun_at = session.scalars(
                select(JobRow.started_at)
                .join(TaskRow, TaskRow.id == JobRow.id)
                .where(TaskRow.order_id == whole_id, JobRow.started_at.is_not(None))
            ).all()
        parts = _parts(region, whole_id)
        assert [one.state for one in (*parts, whole)] == ["delivered"] * 3
        assert [one.steps for one in (*parts, whole)] == [[0], [1], [2]]
        assert {one.goes_into for one in parts} == {whole_id}
        assert {one.to_facility_id for one in parts} == {whole.facility_id}
        assert len({one.facility_id for one in (*parts, whole)}) == 3
        brought_at = [one.delivered_at for one in parts if one.delivered_at]
        assert min(at for at in begun_at if at) >= max(brought_at)
        actions = Counter((row.order_id, row.action) for row in entries)
        for one in (*parts, whole):
            for action in ("produce", "use", "pickup", "dropoff", "deliverService"):
                assert actions[one.id, action] == 1, (action, actions)
            assert actions[one.id, "cite"] == (1 if one is whole else 0)


def _parts(region: FaultRegion, whole_id: str) -> list[OrderRow]:
    with region.store.readers() as session:
        rows = select(OrderRow).where(OrderRow.part_of == whole_id)
        return list(session.scalars(rows.order_by(OrderRow.number)))


def _part(region: FaultRegion, whole_id: str) -> OrderRow:
    (part,) = _parts(region, whole_id)
    return part


def _ordered(
    region: FaultRegion, people: People, publish: Callable[[Shelf], str]
) -> str:
    with region.store.sessions.begin() as session:
        shelf = Shelf(
            session=session,
            files=region.store.files,
            designer_id=designer_of(session, region.cast.version_of["tray"]),
            now=region.store.clock.now(),
        )
        version_id = publish(shelf)
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
