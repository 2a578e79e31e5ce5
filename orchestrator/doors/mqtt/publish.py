"""Sends what waits in the outbox; may repeat itself, receivers drop copies by id."""

import json
from datetime import timedelta

import structlog

from device_agents.contract import topics
from device_agents.contract.codec import encode
from orchestrator.dispatch.commands import command_of
from orchestrator.doors.mqtt.session import Session
from orchestrator.doors.mqtt.translate import envelope_of
from orchestrator.foundation import outbox
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.network.alarms import raise_alarm

DESTINATION = "mqtt"
BATCH_MAX = 100
RESEND_AFTER = timedelta(seconds=30)
UNSENDABLE = "unsendable"
log = structlog.get_logger()


def publish_batch(
    session: Session, sessions: Sessions, clock: Clock, *, region: str
) -> int:
    """Send the oldest waiting commands; returns how many the broker has taken.

    A command that the wire has no words for is withdrawn with an alarm: the others go.
    """
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
    taken, unsendable = [], []
    for row in rows:
        try:
            topic, payload = _spelled(row, region)
        except Exception as error:
            log.exception("a command cannot be sent", message_key=row.message_key)
            unsendable.append((row.message_key, repr(error)))
            continue
        if not session.publish(topic, payload):
            break
        taken.append(row)
    if taken or unsendable:
        with sessions.begin() as database:
            outbox.mark_sent(database, taken, now=clock.now())
            for key, reason in unsendable:
                outbox.withdraw(database, key)
                text = f"The command {key} cannot be sent: {reason}"
                raise_alarm(
                    database, code=UNSENDABLE, subject=key, text=text, now=clock.now()
                )
    return len(taken)


def _spelled(row: outbox.OutboxRow, region: str) -> tuple[str, bytes]:
    envelope = envelope_of(command_of(json.loads(row.payload)))
    return topics.command(region, envelope.device_id), encode(envelope)
