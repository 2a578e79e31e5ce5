"""An order and its parts are planned in one cell, whoever carries which of them."""

from orchestrator.dispatch.commands import StartJob
from orchestrator.network.rows import CourierRow
from orchestrator.planning.cells import cell_of
from orchestrator.planning.rows import CellMemberRow
from orchestrator.planning.settle import new_cell, settle
from tests.unit.orchestrator.planning.cells import (
    a_courier_in_kallio,
    plan,
    plan_all,
    settled,
    sound,
    split,
)
from tests.unit.orchestrator.region import PACE, Region


def cells_of(region: Region, *names: str) -> set[str | None]:
    with region.reading() as session:
        return {cell_of(session, name) for name in names}


def test_a_part_is_planned_with_its_order(region: Region) -> None:
    """Also once a courier of the other cell has it: both go there."""
    rider = a_courier_in_kallio(region)
    split(region)
    plan_all(region)
    region.share_out()
    whole_id = region.order("lamp", hours=8)
    (part,) = region.parts(whole_id)
    plan_all(region)
    (cell,) = cells_of(region, whole_id, part.id)
    for _ in range(60):
        region.clock.turn(60)
        for command in region.send():
            if isinstance(command, StartJob):
                region.make(command)
        if region.row(part.id).state == "made":
            break
    with region.reading() as session:
        riders = {
            name: session.get_one(CellMemberRow, name).cell
            for name in region.couriers
            if session.get_one(CourierRow, name).status == "on-shift"
        }
    assert len(set(riders.values())) == 2, riders
    other = next(name for name, own in riders.items() if own != cell)
    assert rider in riders
    code = region.row(part.id).pickup_code
    region.act("picked-up", part.id, other, code=code)
    settled(region)
    assert cells_of(region, whole_id, part.id) == {riders[other]}
    plan_all(region)
    assert region.row(whole_id).reason_code is None
    sound(region)


def test_two_parts_under_way_in_two_cells_each_stay_with_their_bearer(
    region: Region,
) -> None:
    """The order is planned where one of them is, and nobody pulls it to and fro."""
    region.share_out_among_three()
    region.publish_table()
    whole_id = region.order("table", hours=12)
    parts = [part.id for part in region.parts(whole_id)]
    region.plan()
    for _ in range(90):
        region.clock.turn(60)
        for command in region.send():
            if isinstance(command, StartJob):
                region.make(command)
        if all(region.row(part).state == "made" for part in parts):
            break
    riders = dict(zip(parts, region.couriers, strict=True))
    (here,) = cells_of(region, whole_id)
    with region.sessions.begin() as session:  # the second one is lent to another cell
        session.add(new_cell("there"))
        session.get_one(CellMemberRow, region.couriers[1]).cell = "there"
    for part, rider in riders.items():
        code = region.row(part).pickup_code
        region.act("picked-up", part, rider, code=code)
    for _ in range(2):
        with region.sessions.begin() as session:
            settle(session, now=region.clock.at)
        assert cells_of(region, whole_id, parts[0]) == {here}
        assert cells_of(region, parts[1]) == {"there"}
    for cell, part in ((here, parts[0]), ("there", parts[1])):
        plan(region, cell, pace=PACE)
        assert region.stops(part)["dropoff"].courier_id == riders[part]
    order = region.row(whole_id)
    assert order.reason_code == "waits-for-part"
    sound(region)
    for part, rider in riders.items():
        code = region.row(part).delivery_code
        region.act("delivered", part, rider, code=code)
    with region.sessions.begin() as session:
        settle(session, now=region.clock.at)
    assert cells_of(region, *parts, whole_id) == {here}
    plan(region, here, pace=PACE)
    assert region.row(whole_id).reason_code is None
    sound(region)


def test_a_quote_asks_several_labs_of_the_cell(region: Region) -> None:
    split(region)
    plan_all(region)
    region.share_out()
    row = region.asked("lamp", quantity=2, hours=6)
    assert row.refusal is None
    assert row.steps == [1]
    assert row.price_cents == sum(row.price_parts.values()) > 0
