"""What devices say goes into the inbox first; only then does the broker hear 'taken'."""

import queue
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

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
from orchestrator.doors.mqtt.session import Arrival, Login, Session
from orchestrator.foundation import inbox
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import FabcommonsError
from orchestrator.members import devices
from orchestrator.network.alarms import raise_alarm

BATCH_MAX = 500
BATCH_WAIT_S = 0.1
SOURCE = "mqtt"
CLONED = "device-cloned"
STALE = "stale-life"
arrived = Counter("fabcommons_mqtt_messages", "Messages from devices", ["outcome"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One arrival and what is to become of it; `envelope` None: unreadable."""

    arrival: Arrival
    envelope: UpEnvelope | None
    code: str | None = None
    reason: str = ""


def listening_session(login: Login, *, region: str) -> Session:
    """A session that hears every device of the region."""
    return Session(login, filters=(topics.every_up(region),))


class Ingest:
    """Stores arrivals in batches and tells devices what is stored."""

    def __init__(
        self, session: Session, sessions: Sessions, clock: Clock, *, region: str
    ) -> None:
        self._session = session
        self._sessions = sessions
        self._clock = clock
        self._region = region
        self._batch: list[Arrival] = []

    def step(self) -> bool:
        """Store one batch, if anything came; what fails is the next step's batch."""
        self._batch = self._batch or self._next_batch()
        if self._batch:
            self._take(self._batch)
        stored, self._batch = bool(self._batch), []
        return stored

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
        for answer in answers:
            topic = topics.receipt(self._region, answer.device_id)
            self._session.publish(topic, encode(answer), wait_s=0)

    def _judge(self, session: DatabaseSession, arrival: Arrival) -> Judged:
        try:
            envelope = decode_up(arrival.topic, arrival.payload)
        except CodecError as error:
            return Judged(
                arrival=arrival, envelope=None, code=error.code, reason=str(error)
            )
        try:
            life = devices.note_life(
                session,
                envelope.device_id,
                epoch=envelope.epoch,
                incarnation=str(envelope.incarnation),
            )
        except FabcommonsError as error:
            return Judged(
                arrival=arrival, envelope=envelope, code=error.code, reason=str(error)
            )
        late_birth = isinstance(envelope.body, Birth) and not arrival.retained
        if life == "twin" or (life == "stale" and late_birth):
            reason = f"a second agent speaks as {envelope.device_id}"
            return Judged(
                arrival=arrival, envelope=envelope, code=CLONED, reason=reason
            )
        if life == "stale":  # said before a restart: the new life says it again
            return Judged(arrival=arrival, envelope=envelope, code=STALE)
        return Judged(arrival=arrival, envelope=envelope)

    def _store(
        self, session: DatabaseSession, judged: Sequence[Judged]
    ) -> list[DownEnvelope]:
        now = self._clock.now()
        refused: list[Judged] = []
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
                good.append(
                    (envelope, replace(row, body=_same_in_every_life(envelope)))
                )
                continue
            arrived.labels(outcome=one.code).inc()
            inbox.refuse(session, row, code=one.code or "invalid", reason=one.reason)
            if one.code != STALE:
                refused.append(one)
        answers = self._refusals(session, refused)
        outcomes = inbox.store(session, [row for _, row in good])
        for (envelope, _), outcome in zip(good, outcomes, strict=True):
            arrived.labels(outcome=outcome).inc()
            if envelope.sequence is None:
                continue
            if outcome == "conflict":
                self._alarm(session, envelope.device_id, "sequence-conflict")
            answers.append(_receipt(envelope, outcome))
        return answers

    def _refusals(
        self, session: DatabaseSession, refused: Sequence[Judged]
    ) -> list[DownEnvelope]:
        """One alarm for each trouble; who can be spoken to is told that he is out."""
        # the broker's access list lets nobody but the device write to its topics
        troubles = {(one.arrival.topic.split("/")[3], one.code) for one in refused}
        for speaker, code in sorted(troubles):
            self._alarm(session, speaker, code or "invalid")
        return [
            DownEnvelope(
                device_id=one.envelope.device_id,
                incarnation=one.envelope.incarnation,
                body=Notice(
                    notice="fenced" if one.code == CLONED else "revoked",
                    text=one.reason[:500],
                ),
            )
            for one in refused
            if one.envelope is not None
        ]

    def _alarm(self, session: DatabaseSession, device_id: str, code: str) -> None:
        raise_alarm(
            session,
            code=code,
            subject=device_id,
            text=f"Device {device_id}: a message was refused ({code}). "
            "Look at the quarantine; if its credentials leaked, revoke the device.",
            now=self._clock.now(),
        )


def _same_in_every_life(envelope: UpEnvelope) -> bytes:
    """The message without the life that sent it: sent again after a restart, a copy."""
    plain = {"epoch": 1, "incarnation": UUID(int=0), "historical": False}
    return encode(envelope.model_copy(update=plain))


def _newest(batch: Sequence[Arrival]) -> list[Arrival]:
    """Of a machine's states in one batch only the newest counts; all else stays."""
    last = {arrival.topic: arrival for arrival in batch}
    return [
        arrival
        for arrival in batch
        if not arrival.topic.endswith("/state") or last[arrival.topic] is arrival
    ]


def _receipt(envelope: UpEnvelope, outcome: inbox.Outcome) -> DownEnvelope:
    sequence = envelope.sequence or 0
    if outcome == "conflict":
        text = "other bytes were stored under this number"
        refused = Refused(sequence=sequence, code="sequence-conflict", text=text)
        return DownEnvelope(
            device_id=envelope.device_id, body=Receipt(refused=(refused,))
        )
    return DownEnvelope(device_id=envelope.device_id, body=Receipt(stored=(sequence,)))
