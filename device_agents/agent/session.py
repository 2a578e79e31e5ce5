"""Keeping in touch with the network: birth, news, outbox, receipts, commands, fences.

Nothing here decides about a job; what must not be lost is the outbox's, and stays
there until the network's own receipt.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from device_agents.agent import outbox
from device_agents.agent.broker_link import BrokerAwayError, BrokerLink, Doorbell
from device_agents.agent.bulletin import Bulletin
from device_agents.agent.identity import Broker
from device_agents.agent.store import Store, lived_as
from device_agents.agent.window import Window
from device_agents.contract import codec, topics
from device_agents.contract.messages import (
    Birth,
    Death,
    JobCommand,
    JobControl,
    Notice,
    Receipt,
    UpEnvelope,
    Upward,
)
from firmware_bridge.clock import Clock

log = structlog.get_logger()

GREETING_S = 10.0
FAREWELL_S = 2.0
TURN_S = 0.5
TAKEOVERS_UNTIL_ALARM = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How the agent comes back to a broker that is away, in wall seconds."""

    first_s: float = 0.5
    longest_s: float = 30.0
    steady_s: float = 10.0  # a connection that lived so long was a good one
    takeover_s: float = 60.0  # rest when somebody else keeps taking our place


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Under which name, with which machines, in which life this agent speaks."""

    region: str
    device_id: str
    token: str = field(repr=False)
    broker: Broker
    epoch: int
    incarnation: UUID
    version: str
    machines: tuple[str, ...]
    local_page: str | None = None


@dataclass(slots=True)
class _Visit:
    """What is true of one connection only."""

    link: BrokerLink
    birth: Birth
    since_s: float
    greeted: bool = False
    seen: int = 0  # how much of the bulletin was told
    historical_up_to: int = 0


class Session:
    """Keeps the agent in touch with the network for as long as `run` runs."""

    def __init__(
        self,
        speaker: Speaker,
        *,
        store: Store,
        bulletin: Bulletin,
        clock: Clock,
        wall: Clock,
        on_command: Callable[[JobCommand | JobControl], None],
        fenced: threading.Event,
        draw: random.Random,
        patience: Patience | None = None,
        window: Window | None = None,
    ) -> None:
        """`on_command` keeps a command durably before it returns; `fenced` is set
        when the network shuts this agent out.
        """
        self._speaker = speaker
        self._store = store
        self._bulletin = bulletin
        self._clock = clock
        self._wall = wall
        self._on_command = on_command
        self._fence = fenced
        self._draw = draw
        self._patience = patience or Patience()
        self._window = window or Window()
        self._doorbell = Doorbell()
        self._ended = threading.Event()
        self._reborn = False
        self._short_lives = 0
        self.connected = False
        self.fenced: str | None = None  # why this agent may not speak any more
        self.refused_messages = 0

    def run(self) -> None:
        """Stay connected until `end`, or until the network fences this agent off."""
        attempt = 0
        while not self._over():
            lived_s = self._visit()
            attempt = 0 if lived_s >= self._patience.steady_s else attempt + 1
            self._watch_for_a_double(lived_s)
            if not self._over():
                self._rest(attempt)

    def end(self) -> None:
        """Say goodbye and let `run` return."""
        self._ended.set()
        self._doorbell.ring()

    def wake(self) -> None:
        """There is something to tell; may be called from any thread."""
        self._doorbell.ring()

    def _over(self) -> bool:
        return self._ended.is_set() or self.fenced is not None

    def _visit(self) -> float:
        """One connection; return for how many wall seconds it was an accepted one."""
        visit = self._knock()
        if visit is None:
            return 0.0
        try:
            while self._goes_on(visit):
                visit.link.turn(TURN_S)
                if visit.link.accepted and not visit.greeted:
                    self._greet(visit)
                if visit.link.subscribed:
                    self.connected = not visit.link.lost
                    self._tell(visit)
            self._part(visit)
        finally:
            self.connected = False
            visit.link.drop()
        return self._wall.monotonic_s() - visit.since_s if visit.greeted else 0.0

    def _knock(self) -> _Visit | None:
        speaker = self._speaker
        birth = Birth(
            agent_version=speaker.version,
            machines=speaker.machines,
            local_page=speaker.local_page,
            observed_at=self._clock.now(),
        )
        will = self._envelope(
            Death(reason="connection-lost", observed_at=birth.observed_at)
        )
        try:
            link = BrokerLink(
                speaker.broker,
                user=speaker.device_id,
                token=speaker.token,
                will=(codec.topic_of(speaker.region, will), codec.encode(will)),
                doorbell=self._doorbell,
                on_message=self._take,
            )
        except BrokerAwayError as error:
            log.info("broker-away", reason=str(error))
            return None
        return _Visit(link=link, birth=birth, since_s=self._wall.monotonic_s())

    def _goes_on(self, visit: _Visit) -> bool:
        if visit.link.refusal is not None:
            self._bulletin.alarm("broker-refused", visit.link.refusal)
            log.warning("broker-refused", reason=visit.link.refusal)
            return False
        age_s = self._wall.monotonic_s() - visit.since_s
        polite = visit.link.subscribed or age_s < GREETING_S
        return polite and not visit.link.lost and not self._over()

    def _greet(self, visit: _Visit) -> None:
        visit.greeted = True
        visit.link.subscribe(
            topics.every_down(self._speaker.region, self._speaker.device_id)
        )
        with self._store.reading() as reading:
            visit.historical_up_to = outbox.newest(reading)
        self._window.restart()
        self._publish(visit, visit.birth, retain=True)
        log.info("connected", epoch=self._speaker.epoch)

    def _tell(self, visit: _Visit) -> None:
        """States and capabilities first (only the newest counts), then the outbox."""
        if self.fenced is not None:
            return
        if self._reborn:
            self._reborn, visit.seen = False, 0
            self._publish(visit, visit.birth, retain=True)
        visit.seen, news = self._bulletin.since(visit.seen)
        for item in news:
            self._publish(visit, item, retain=True)
        now_s = self._wall.monotonic_s()
        for kept in [*self._late(now_s), *self._fresh()]:
            historical = kept.sequence <= visit.historical_up_to
            self._publish(
                visit, kept.body, sequence=kept.sequence, historical=historical
            )
            self._window.sent(kept.sequence, now_s)

    def _late(self, now_s: float) -> list[outbox.Kept]:
        """Messages whose receipt is overdue; the network drops the copies."""
        found = []
        with self._store.reading() as reading:
            for sequence in self._window.overdue(now_s):
                kept = outbox.one(reading, sequence)
                if kept is None:
                    self._window.settled(sequence)
                else:
                    found.append(kept)
        return found

    def _fresh(self) -> list[outbox.Kept]:
        room = max(0, self._window.room)
        with self._store.reading() as reading:
            return outbox.pending(reading, after=self._window.cursor, limit=room)

    def _publish(
        self,
        visit: _Visit,
        body: Upward,
        *,
        sequence: int | None = None,
        historical: bool = False,
        retain: bool = False,
    ) -> None:
        envelope = self._envelope(body, sequence=sequence, historical=historical)
        topic = codec.topic_of(self._speaker.region, envelope)
        visit.link.publish(topic, codec.encode(envelope), retain=retain)

    def _envelope(
        self, body: Upward, *, sequence: int | None = None, historical: bool = False
    ) -> UpEnvelope:
        return UpEnvelope(
            device_id=self._speaker.device_id,
            epoch=self._speaker.epoch,
            incarnation=self._speaker.incarnation,
            sequence=sequence,
            historical=historical,
            body=body,
        )

    def _take(self, topic: str, payload: bytes, retained: bool) -> None:
        """Judge one downward message; whatever it is, it never stops the session."""
        try:
            envelope = codec.decode_down(topic, payload)
        except codec.CodecError as error:
            self._refuse(topic, error.code, str(error))
            return
        if envelope.device_id != self._speaker.device_id:
            self._refuse(topic, "wrong-device", envelope.device_id)
            return
        if self.fenced is not None or not self._meant(envelope.incarnation):
            return
        match envelope.body:
            case Receipt() as receipt:
                self._settle(receipt)
            case Notice() as notice:
                self._obey(notice, envelope.incarnation)
            case JobCommand() | JobControl() as command:
                if retained:  # a command that waits for all comers is no command
                    self._refuse(topic, "retained-command", command.command_id)
                else:
                    self._on_command(command)

    def _meant(self, incarnation: UUID | None) -> bool:
        """To whoever listens, to this life, or to an earlier life of this folder."""
        if incarnation is None or incarnation == self._speaker.incarnation:
            return True
        with self._store.reading() as reading:
            return lived_as(reading, incarnation)

    def _settle(self, receipt: Receipt) -> None:
        with self._store.transaction() as writing:
            outbox.settle(writing, receipt, self._clock.now())
        for sequence in receipt.stored:
            self._window.settled(sequence)
        for refused in receipt.refused:
            self._window.settled(refused.sequence)
            text = f"message {refused.sequence}: {refused.code}: {refused.text}"
            self._bulletin.alarm("refused-by-network", text)

    def _obey(self, notice: Notice, incarnation: UUID | None) -> None:
        if notice.notice == "rebirth":
            self._reborn = True
            return
        if incarnation not in (None, self._speaker.incarnation):
            return  # an earlier life of ours was fenced off; this one is newer
        self.fenced = f"{notice.notice}: {notice.text or 'no reason was given'}"
        self._fence.set()
        self._bulletin.alarm(notice.notice, self.fenced)
        log.error("fenced", notice=notice.notice, text=notice.text)

    def _refuse(self, topic: str, code: str, text: str) -> None:
        self.refused_messages += 1
        self._bulletin.alarm("message-refused", f"{code} on {topic[:120]}: {text}")
        log.warning("message-refused", code=code, topic=topic[:120])

    def _watch_for_a_double(self, lived_s: float) -> None:
        """Accepted and thrown out at once, again and again: a double, or a bad broker."""
        if self._over():
            return
        short = 0 < lived_s < self._patience.steady_s
        self._short_lives = self._short_lives + 1 if short else 0
        if self._short_lives == TAKEOVERS_UNTIL_ALARM:
            text = (
                f"thrown out {TAKEOVERS_UNTIL_ALARM} times soon after it was accepted: "
                "another computer may use this device's identity, or the broker falls"
            )
            self._bulletin.alarm("thrown-out", text)
            log.error("thrown-out", device_id=self._speaker.device_id)

    def _rest(self, attempt: int) -> None:
        """Wait before the next attempt, longer each time, never in step with others."""
        patience = self._patience
        doubled_s = patience.first_s * 2 ** min(max(0, attempt - 1), 16)
        pause_s = min(patience.longest_s, doubled_s)
        if self._short_lives >= TAKEOVERS_UNTIL_ALARM:
            pause_s = max(pause_s, patience.takeover_s)
        self._ended.wait(pause_s * self._draw.uniform(0.5, 1.5))

    def _part(self, visit: _Visit) -> None:
        """Say our own death when we end; a fenced agent goes without touching it."""
        if visit.link.lost or not visit.greeted:
            return
        if self.fenced is not None or self._farewell(visit):
            visit.link.leave()

    def _farewell(self, visit: _Visit) -> bool:
        """Whether the broker has our last words; else its last will must speak."""
        if not self._ended.is_set() or not visit.link.subscribed:
            return False
        self._tell(visit)
        death = self._envelope(Death(reason="stopped", observed_at=self._clock.now()))
        topic = codec.topic_of(self._speaker.region, death)
        told = visit.link.publish(topic, codec.encode(death), retain=True)
        until_s = self._wall.monotonic_s() + FAREWELL_S
        while not told.is_published() and not visit.link.lost:
            if self._wall.monotonic_s() > until_s:
                return False
            visit.link.turn(0.1)
        return not visit.link.lost
