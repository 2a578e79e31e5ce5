"""Sends what waits in the outbox; may repeat itself, receivers drop copies by id."""

import json
import threading
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

DESTINATION = "mqtt"
BATCH_MAX = 100
POLL_S = 0.2
RESEND_AFTER = timedelta(seconds=30)
log = structlog.get_logger()


def publish_batch(
    session: Session, sessions: Sessions, clock: Clock, *, region: str
) -> int:
    """Send the oldest waiting commands; returns how many the broker has taken."""
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


class Publisher:
    """A thread that empties the outbox while the broker is there."""

    def __init__(
        self, session: Session, sessions: Sessions, clock: Clock, *, region: str
    ) -> None:
        self._session, self._sessions, self._clock = session, sessions, clock
        self._region = region
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt-outbox")

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the message at hand."""
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.wait(POLL_S):
            if not self._session.connected.is_set():
                continue
            try:
                publish_batch(
                    self._session, self._sessions, self._clock, region=self._region
                )
            except Exception:
                log.exception("the outbox could not be emptied")
