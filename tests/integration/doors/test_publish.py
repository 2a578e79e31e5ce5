"""What waits in the outbox leaves, whatever lies before it."""

from orchestrator.dispatch.commands import StartJob
from orchestrator.doors.mqtt.publish import DESTINATION, publish_batch
from orchestrator.foundation import outbox
from tests.integration.doors.conftest import REGION, WAIT_S, Door


def test_a_command_that_cannot_be_spelled_holds_up_no_other(door: Door) -> None:
    region = door.region
    region.order("clip", quantity=2)
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    assert isinstance(command, StartJob)
    with region.sessions.begin() as session:
        for row_id, key, payload in ((0, "kind", {"kind": "?"}), (-1, "shape", None)):
            row = outbox.put(
                session,
                message_key=key,
                destination=DESTINATION,
                topic="command",
                payload=payload,
                order_key="device-x",
                now=region.clock.now(),
            )
            row.id = row_id  # before all others
    device = door.device(region.lab_of(command.machine_id))
    region.clock.turn(31)  # the region itself held the first copy for sent
    for sent in (1, 0):
        count = publish_batch(door.hub, region.sessions, region.clock, region=REGION)
        assert count == sent
    heard = device.heard.get(timeout=WAIT_S)
    assert getattr(heard.body, "command_id", None) == command.command_id
    assert door.alarms() == {("unsendable", "kind"), ("unsendable", "shape")}
