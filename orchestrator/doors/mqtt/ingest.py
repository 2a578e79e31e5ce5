"""What devices say goes into the inbox first; only then does the broker hear 'taken'."""

import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from prometheus_client import Counter
from sqlalchemy.orm import Session as DatabaseSession

from device_agents.contract import topics
from device_agents.contract.codec import CodecError, decode_up, encode
from device_agents.contract.messages import (
    Birth,
    DownEnvelope,
    Notice,
    Receipt,
    Refused,
    UpEnvelope,
)
from orchestrator.doors.mqtt.session import Arrival, Session
from orchestrator.foundation import inbox
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import FabcommonsError
from orchestrator.members import devices
from orchestrator.network.alarms import raise_alarm

BATCH_MAX = 500
BATCH_WAIT_S = 0.1
SOURCE = "mqtt"
log = structlog.get_logger()
arrived = Counter("fabcommons_mqtt_messages", "Messages from devices", ["outcome"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One arrival and what is to become of it; `envelope` None: unreadable."""

    arrival: Arrival
    envelope: UpEnvelope | None
    code: str | None = None
    reason: str = ""


class Ingest:
    """A thread that stores arrivals in batches and tells devices what is stored."""

    def __init__(
        self, session: Session, sessions: Sessions, clock: Clock, *, region: str
    ) -> None:
        self._session = session
        self._sessions = sessions
        self._clock = clock
        self._region = region
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt-ingest")
        self.stored = threading.Event()  # set after each batch: wakes who handles it

    def start(self) -> None:
        """Begin to take in."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch at hand."""
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.is_set():
            batch = self._next_batch()
            while batch and not self._stop.is_set():
                try:
                    self._take(batch)
                    break
                except Exception:
                    log.exception("a batch could not be stored")
                    self._stop.wait(1)

    def _next_batch(self) -> list[Arrival]:
        batch: list[Arrival] = []
        wait_s = 0.5
        while len(batch) < BATCH_MAX:
            try:
                batch.append(self._session.arrivals.get(timeout=wait_s))
            except queue.Empty:
                break
            wait_s = BATCH_WAIT_S
        return batch

    def _take(self, batch: Sequence[Arrival]) -> None:
        with self._sessions.begin() as session:
            judged = [self._judge(session, arrival) for arrival in _newest(batch)]
            answers = self._store(session, judged)
        for arrival in batch:
            arrival.ack()
        self.stored.set()
        for device_id, answer in answers:
            self._tell(device_id, answer)

    def _judge(self, session: DatabaseSession, arrival: Arrival) -> Judged:
        try:
            envelope = decode_up(arrival.topic, arrival.payload)
        except CodecError as error:
            return Judged(
                arrival=arrival, envelope=None, code=error.code, reason=str(error)
            )
        try:
            devices.check_incarnation(
                session,
                envelope.device_id,
                epoch=envelope.epoch,
                incarnation=str(envelope.incarnation),
                is_birth=isinstance(envelope.body, Birth),
                now=self._clock.now(),
            )
        except FabcommonsError as error:
            return Judged(
                arrival=arrival, envelope=envelope, code=error.code, reason=str(error)
            )
        return Judged(arrival=arrival, envelope=envelope)

    def _store(
        self, session: DatabaseSession, judged: Sequence[Judged]
    ) -> list[tuple[str, Receipt | Notice]]:
        now = self._clock.now()
        answers: list[tuple[str, Receipt | Notice]] = []
        good: list[tuple[UpEnvelope, inbox.Arrival]] = []
        for one in judged:
            envelope = one.envelope
            row = inbox.Arrival(
                source=SOURCE,
                topic=one.arrival.topic,
                body=one.arrival.payload,
                device_id=envelope.device_id if envelope else None,
                sequence=envelope.sequence if envelope else None,
                received_at=now,
            )
            if one.code is None and envelope is not None:
                good.append((envelope, row))
                continue
            arrived.labels(outcome=one.code).inc()
            inbox.refuse(session, row, code=one.code or "invalid", reason=one.reason)
            answers += self._refusal(session, one)
        outcomes = inbox.store(session, [row for _, row in good])
        for (envelope, _), outcome in zip(good, outcomes, strict=True):
            arrived.labels(outcome=outcome).inc()
            if envelope.sequence is None:
                continue
            if outcome == "conflict":
                self._alarm(session, envelope.device_id, "sequence-conflict")
            answers.append((envelope.device_id, _receipt(envelope.sequence, outcome)))
        return answers

    def _refusal(
        self, session: DatabaseSession, one: Judged
    ) -> list[tuple[str, Receipt | Notice]]:
        if one.envelope is None:
            return []
        device_id = one.envelope.device_id
        self._alarm(session, device_id, one.code or "refused")
        if one.code == "device-cloned":
            return [(device_id, Notice(notice="fenced", text=one.reason[:500]))]
        if one.code == "device-revoked":
            return [(device_id, Notice(notice="revoked", text=one.reason[:500]))]
        return []

    def _alarm(self, session: DatabaseSession, device_id: str, code: str) -> None:
        raise_alarm(
            session,
            code=code,
            subject=device_id,
            text=f"Device {device_id}: a message was refused ({code}). "
            "Look at the quarantine; if its credentials leaked, revoke the device.",
            now=self._clock.now(),
        )

    def _tell(self, device_id: str, answer: Receipt | Notice) -> None:
        envelope = DownEnvelope(device_id=device_id, body=answer)
        self._session.publish(
            topics.receipt(self._region, device_id), encode(envelope), wait_s=0
        )


def _newest(batch: Sequence[Arrival]) -> list[Arrival]:
    """Of a machine's states in one batch only the newest counts; all else stays."""
    last = {arrival.topic: arrival for arrival in batch}
    return [
        arrival
        for arrival in batch
        if not arrival.topic.endswith("/state") or last[arrival.topic] is arrival
    ]


def _receipt(sequence: int, outcome: inbox.Outcome) -> Receipt:
    if outcome == "conflict":
        text = "other bytes were stored under this number"
        return Receipt(
            refused=(Refused(sequence=sequence, code="sequence-conflict", text=text),)
        )
    return Receipt(stored=(sequence,))
