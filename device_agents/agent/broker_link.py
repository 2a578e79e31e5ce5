"""One connection to the broker: the only file of this package that knows paho.

All callbacks come in the thread that calls `turn`. A message counts as taken when
`on_message` has returned; a crash before that makes the broker send it again.
"""

import contextlib
import os
import select
import ssl
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTMessageInfo, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from device_agents.agent.identity import Broker
from device_agents.errors import DeviceAgentError
from firmware_bridge.clock import WallClock

CONNECT_TIMEOUT_S = 10.0
KEEPALIVE_S = 20
UNDER_WAY_MAX = 200

type TakeMessage = Callable[[str, bytes, bool], None]  # topic, payload, retained


class BrokerAwayError(DeviceAgentError):
    """The broker can't be reached now; it may come back."""

    code = "broker-away"


class Doorbell:
    """Wakes the one thread that waits in `turn`, from any other."""

    def __init__(self) -> None:
        self.read_end, self._write_end = os.pipe()
        os.set_blocking(self.read_end, False)
        os.set_blocking(self._write_end, False)

    def ring(self) -> None:
        """Never blocks; many rings are one."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._write_end, b"!")

    def answer(self) -> None:
        """Forget the rings so far."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.read_end, 4096)


class BrokerLink:
    """A persistent session under the device's own name, for one connection's life."""

    def __init__(
        self,
        broker: Broker,
        *,
        user: str,
        token: str,
        will: tuple[str, bytes] | None,
        doorbell: Doorbell,
        on_message: TakeMessage,
        client_id: str | None = None,
        keep_session: bool = True,
        keep_will: bool = True,
    ) -> None:
        """Connect. `will` is (topic, payload), retained if `keep_will`.

        `client_id` None: the user's name. Errors: BrokerAwayError.
        """
        self.accepted = False
        self.subscribed = False
        self.lost = False
        self.refusal: str | None = None
        self._doorbell = doorbell
        self._on_message = on_message
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id or user,
            clean_session=not keep_session,
            protocol=MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        if user:
            self._client.username_pw_set(user, token)
        self._client.max_inflight_messages_set(UNDER_WAY_MAX)
        self._client.connect_timeout = CONNECT_TIMEOUT_S
        if will is not None:
            self._client.will_set(will[0], will[1], qos=1, retain=keep_will)
        self._listen()
        try:
            if broker.tls:
                context = ssl.create_default_context(cadata=broker.ca_pem)
                self._client.tls_set_context(context)
            self._client.connect(broker.host, broker.port, keepalive=KEEPALIVE_S)
        except (OSError, ValueError) as error:
            raise BrokerAwayError(f"{broker.host}:{broker.port}: {error}") from error

    def subscribe(self, topic_filter: str) -> None:
        """Ask to hear; `subscribed` turns true when the broker grants it."""
        self._client.subscribe(topic_filter, qos=1)

    def publish(
        self, topic: str, payload: bytes, *, retain: bool, qos: int = 1
    ) -> MQTTMessageInfo:
        """Send; `is_published()` of the answer: the broker has it (QoS 0: it is out)."""
        return self._client.publish(topic, payload, qos=qos, retain=retain)

    def turn(self, timeout_s: float) -> None:
        """Let the wire move: wait for news, read, write, keep alive."""
        wire = self._client.socket()
        if wire is None:
            self.lost = True
            return
        pending = isinstance(wire, ssl.SSLSocket) and wire.pending() > 0
        writers = [wire] if self._client.want_write() else []
        readers: list[Any]  # paho's own word for a socket is private
        readers = [wire, self._doorbell.read_end]
        try:
            readable, writable, _ = select.select(
                readers, writers, [], 0.0 if pending else timeout_s
            )
        except (OSError, ValueError):
            self.lost = True
            return
        self._doorbell.answer()
        codes = [self._client.loop_misc()]
        if pending or wire in readable:
            codes.append(self._client.loop_read())
        if writable or self._client.want_write():
            codes.append(self._client.loop_write())
        self.lost |= any(code != MQTTErrorCode.MQTT_ERR_SUCCESS for code in codes)

    def leave(self) -> None:
        """Disconnect by the protocol: the broker forgets the last will."""
        self._client.disconnect()
        self._client.loop_write()
        self.drop()

    def drop(self) -> None:
        """Let go without a word: the broker tells the last will."""
        wire = self._client.socket()
        if wire is not None:
            wire.close()

    def _listen(self) -> None:
        def on_connect(
            _client: Client,
            _data: object,
            _flags: object,
            reason: ReasonCode,
            _properties: Properties | None,
        ) -> None:
            self.accepted = not reason.is_failure
            if reason.is_failure:
                self.refusal = str(reason)

        def on_subscribe(
            _client: Client,
            _data: object,
            _mid: int,
            reasons: list[ReasonCode],
            _properties: Properties | None,
        ) -> None:
            self.subscribed = not any(reason.is_failure for reason in reasons)
            if not self.subscribed:
                self.refusal = "this device may not hear its own topics"

        def on_disconnect(*_what: object) -> None:
            self.lost = True

        def on_message(client: Client, _data: object, message: MQTTMessage) -> None:
            self._on_message(message.topic, bytes(message.payload), message.retain)
            client.ack(message.mid, message.qos)

        self._client.on_connect = on_connect
        self._client.on_subscribe = on_subscribe
        self._client.on_disconnect = on_disconnect
        self._client.on_message = on_message


def try_broker(broker: Broker, *, user: str, token: str) -> None:
    """Whether the broker lets this device in. Errors: BrokerAwayError.

    It leaves at the broker's first word, so what waits for the device goes on waiting.
    """
    link = BrokerLink(
        broker,
        user=user,
        token=token,
        will=None,
        doorbell=Doorbell(),
        on_message=lambda *_: None,
    )
    place = f"{broker.host}:{broker.port}"
    wall = WallClock()
    until_s = wall.monotonic_s() + CONNECT_TIMEOUT_S
    try:
        while not link.accepted and link.refusal is None and not link.lost:
            if wall.monotonic_s() > until_s:
                raise BrokerAwayError(f"{place} does not answer")
            link.turn(0.2)
    finally:
        (link.leave if link.accepted else link.drop)()
    if link.refusal is not None:
        raise BrokerAwayError(f"{place} refuses this device: {link.refusal}")
    if not link.accepted:
        raise BrokerAwayError(f"{place} closed the connection")
