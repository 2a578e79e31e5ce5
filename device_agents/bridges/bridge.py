"""One voice at one broker: connects, tells what the agent's board shows, comes back."""

import threading
from collections.abc import Callable

import structlog

from device_agents.agent.broker_link import BrokerAwayError, BrokerLink, Doorbell
from device_agents.agent.bulletin import Bulletin
from device_agents.agent.identity import Broker
from device_agents.bridges.voice import Letter, Voice
from firmware_bridge.clock import Clock

log = structlog.get_logger()

TURN_S = 0.5
GREETING_S = 10.0
FAREWELL_S = 2.0
RESTS_S = (1.0, 2.0, 5.0, 15.0, 60.0)


class Bridge:
    """Runs beside the machines until `end`. A bridge that fails stops nothing else."""

    def __init__(
        self,
        voice: Voice,
        *,
        name: str,
        broker: Broker,
        user: str,
        password: str,
        bulletin: Bulletin,
        listen: Callable[[Callable[[], None]], None],
        wall: Clock,
    ) -> None:
        """`listen` takes what is to be called when there is news."""
        self._voice, self._name = voice, name
        self._broker, self._user, self._password = broker, user, password
        self._bulletin, self._wall = bulletin, wall
        self._doorbell = Doorbell()
        self._ended = threading.Event()
        self._link: BrokerLink | None = None
        self._last: Callable[[], bool] | None = None  # whether our last word is out
        self._again = False  # all news are to be told
        listen(self._doorbell.ring)

    def run(self) -> None:
        """Speak until `end`, or until there is nothing left to say."""
        tries = 0
        while not self._ended.is_set() and not self._voice.is_over():
            try:
                greeted = self._visit()
            except Exception:  # no machine stops for what a lab's broker says
                log.exception("bridge-failed", bridge=self._name)
                greeted = False
            tries = 0 if greeted else min(tries + 1, len(RESTS_S) - 1)
            if not self._voice.is_over():
                self._ended.wait(RESTS_S[tries])

    def end(self) -> None:
        """Let `run` return."""
        self._ended.set()
        self._doorbell.ring()

    def _visit(self) -> bool:
        """One connection; whether the broker heard us."""
        will = self._voice.will()
        try:
            self._link = link = BrokerLink(
                self._broker,
                user=self._user,
                token=self._password,
                client_id=f"fabcommons-{self._name}-{will.topic}"[-60:],
                will=(will.topic, will.payload),
                keep_will=will.retain,
                keep_session=False,
                doorbell=self._doorbell,
                on_message=self._heard,
            )
        except BrokerAwayError as error:
            log.info("bridge-away", bridge=self._name, reason=str(error))
            return False
        try:
            return self._talk(link)
        finally:
            link.drop()

    def _talk(self, link: BrokerLink) -> bool:
        since_s = self._wall.monotonic_s()
        asked = greeted = False
        seen = 0
        while not (link.lost or self._ended.is_set() or self._voice.wants_to_leave()):
            link.turn(TURN_S)
            if link.refusal is not None:
                log.warning("bridge-refused", bridge=self._name, reason=link.refusal)
                return False
            if not greeted and self._wall.monotonic_s() - since_s > GREETING_S:
                return False
            if link.accepted and not asked:
                asked = True
                for topic_filter in self._voice.ears():
                    link.subscribe(topic_filter)
            if link.subscribed and not greeted:
                greeted = True
                self._again |= self._voice.greet(self._say)
                log.info("bridge-connected", bridge=self._name)
            if greeted:
                seen = self._tell(0 if self._again else seen)
        if greeted and not link.lost:
            self._voice.farewell(self._say)
            self._leave(link)
        return greeted

    def _tell(self, seen: int) -> int:
        self._again = False
        seen, news = self._bulletin.since(seen)
        for one in news:
            self._voice.tell(one, self._say)
        return seen

    def _leave(self, link: BrokerLink) -> None:
        """End by the protocol, when the last words are out."""
        until_s = self._wall.monotonic_s() + FAREWELL_S
        while self._last is not None and not self._last() and not link.lost:
            if self._wall.monotonic_s() > until_s:
                return
            link.turn(0.05)
        if not link.lost:
            link.leave()

    def _say(self, letter: Letter) -> None:
        if self._link is not None:
            self._last = self._link.publish(
                letter.topic, letter.payload, retain=letter.retain, qos=letter.qos
            ).is_published

    def _heard(self, topic: str, payload: bytes, retained: bool) -> None:
        letter = Letter(topic=topic, payload=payload, retain=retained)
        self._again |= self._voice.heard(letter, self._say)
