"""An order and its parts are planned in one cell, whoever carries which of them."""

from orchestrator.dispatch.commands import StartJob
from orchestrator.network.rows import CourierRow
from orchestrator.planning.cells import cell_of
from orchestrator.planning.rows import CellMemberRow
from tests.unit.orchestrator.planning.cells import (
    a_courier_in_kallio,
    plan_all,
    settled,
    sound,
    split,
)
from tests.unit.orchestrator.region import Region


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


def test_a_quote_asks_several_labs_of_the_cell(region: Region) -> None:
    split(region)
    plan_all(region)
    region.share_out()
    row = region.asked("lamp", quantity=2, hours=6)
    assert row.refusal is None
    assert row.first_step == 1
    assert row.price_cents == sum(row.price_parts.values()) > 0
