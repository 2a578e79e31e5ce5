"""An order from the quote to the shop's hands, through real planner, ledger, databases."""

from sqlalchemy import select

from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.referee import breaches
from orchestrator.ledger.rows import ACT, EVENT, EntryRow
from tests.unit.orchestrator.region import Region


def test_an_order_is_made_carried_handed_over_and_credited(region: Region) -> None:
    order_id = region.order("clip", quantity=3)
    plan = region.plan()
    assert plan is not None
    assert plan.order_count == 1
    assert region.row(order_id).state == "planned"
    tasks = region.tasks(order_id)
    assert [task.pieces for task in tasks] == [2, 1]

    made = []
    while len(made) < 2:
        region.clock.turn(30)
        for command in region.send():
            assert isinstance(command, StartJob)
            region.make(command)
            made.append(command.job_id)
    order = region.row(order_id)
    assert order.state == "made"

    region.plan()
    stops = region.stops(order_id)
    courier = stops["pickup"].courier_id
    region.act("picked-up", order_id, courier, code=order.pickup_code)
    assert region.row(order_id).state == "on-the-way"
    region.clock.turn(600)
    region.act("delivered", order_id, courier, code=order.delivery_code.lower())

    assert region.row(order_id).state == "delivered"
    with region.reading() as session:
        entries = session.scalars(
            select(EntryRow).where(EntryRow.order_id == order_id)
        ).all()
        found = breaches(session, settled=True)
    acts = [entry.action for entry in entries if entry.kind == ACT]
    assert acts == ["licence-gate-answered"]  # at the hand-over
    actions = sorted(entry.action for entry in entries if entry.kind == EVENT)
    assert actions == sorted(
        ["use", "work", "produce"] * 2
        + ["cite", "transferCustody", "pickup"]
        + ["transferCustody", "dropoff", "transfer", "deliverService"]
    )
    assert found == []
