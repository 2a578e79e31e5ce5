"""Sends what waits in the outbox; may repeat itself, receivers drop copies by id."""

import json
from datetime import timedelta

from device_agents.contract import topics
from device_agents.contract.codec import encode
from orchestrator.dispatch.commands import command_of
from orchestrator.doors.mqtt.session import Session
from orchestrator.doors.mqtt.translate import envelope_of
from orchestrator.foundation import outbox
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions

DESTINATION = "mqtt"
BATCH_MAX = 100
RESEND_AFTER = timedelta(seconds=30)


def publish_batch(
    session: Session, sessions: Sessions, clock: Clock, *, region: str
) -> int:
    """Send the oldest waiting commands; returns how many the broker has taken."""
    if not session.connected.is_set():
        return 0
    with sessions.begin() as database:
        rows = outbox.claim(
            database,
            destination=DESTINATION,
            limit=BATCH_MAX,
            now=clock.now(),
            resend_after=RESEND_AFTER,
        )
    taken = []
    for row in rows:
        envelope = envelope_of(command_of(json.loads(row.payload)))
        topic = topics.command(region, envelope.device_id)
        if not session.publish(topic, encode(envelope)):
            break
        taken.append(row)
    if taken:
        with sessions.begin() as database:
            outbox.mark_sent(database, taken, now=clock.now())
    return len(taken)
