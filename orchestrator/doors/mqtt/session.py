"""The hub's conversation with the broker: the one place here that speaks MQTT."""

import queue
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from orchestrator.foundation.errors import InvalidInputError

WINDOW = 1_000
WAITING_MAX = 4 * WINDOW
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where the broker is and as whom we speak to it."""

    host: str
    port: int
    user: str
    password: str
    tls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message as it came; `ack` may be called from any thread, once it is stored."""

    topic: str
    payload: bytes
    retained: bool
    ack: Callable[[], None]


class Session:
    """A persistent MQTT session whose messages wait in `arrivals` until acknowledged.

    Unacknowledged messages come again after a lost connection or a crash. `connected`:
    the broker lets us in and hears whom we listen to.
    """

    def __init__(self, login: Login, *, filters: tuple[str, ...] = ()) -> None:
        self.arrivals: queue.Queue[Arrival] = queue.Queue()
        self.connected = threading.Event()
        self._filters = filters
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=login.user,
            clean_session=False,
            protocol=paho.MQTTv311,
            manual_ack=True,
        )
        self._client.username_pw_set(login.user, login.password)
        if login.tls:
            self._client.tls_set_context(ssl.create_default_context())
        self._client.max_inflight_messages_set(WINDOW)
        self._client.reconnect_delay_set(min_delay=1, max_delay=4)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._login = login

    def start(self) -> None:
        """Connect in the background and stay connected."""
        self._client.connect_async(self._login.host, self._login.port, keepalive=15)
        self._client.loop_start()

    def stop(self) -> None:
        """Leave the broker; the session stays there for the next start."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, wait_s: float = 5
    ) -> bool:
        """Send at least once; True when the broker has taken it."""
        sent = self._client.publish(topic, payload, qos=1, retain=retain)
        try:
            sent.wait_for_publish(timeout=wait_s)
        except (RuntimeError, ValueError):
            return False
        return sent.is_published()

    def _on_connect(
        self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _props: Any
    ) -> None:
        if reason.is_failure:
            log.warning("the broker refused us", reason=str(reason))
            return
        if self._filters:
            client.subscribe([(each, 1) for each in self._filters])
        else:
            self.connected.set()

    def _on_subscribe(
        self, _client: paho.Client, _data: Any, _mid: int, reasons: Any, _props: Any
    ) -> None:
        """Only now is nothing missed: what came before this answer was not for us."""
        if any(reason.is_failure for reason in reasons):
            log.warning("the broker lets us not hear all", reasons=str(reasons))
            return
        self.connected.set()

    def _on_disconnect(
        self, _client: paho.Client, _data: Any, _flags: Any, reason: Any, _props: Any
    ) -> None:
        self.connected.clear()
        log.info("the broker is gone", reason=str(reason))

    def _on_message(
        self, client: paho.Client, _data: Any, message: paho.MQTTMessage
    ) -> None:
        mid, qos = message.mid, message.qos
        if qos == 0 and self.arrivals.qsize() >= WAITING_MAX:
            return  # the broker holds back what wants an answer, but not this
        self.arrivals.put(
            Arrival(
                topic=message.topic,
                payload=bytes(message.payload),
                retained=message.retain,
                ack=lambda: _acknowledge(client, mid, qos),
            )
        )


def login_of(url: str, *, user: str, password: str) -> Login:
    """Take `mqtt://host:port` or `mqtts://…` apart. Errors: InvalidInputError."""
    parts = urlsplit(url)
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise InvalidInputError(
            "FABCOMMONS_BROKER_URL must look like mqtt://host:1883 or mqtts://host:8883",
            field="FABCOMMONS_BROKER_URL",
        )
    tls = parts.scheme == "mqtts"
    return Login(
        host=parts.hostname,
        port=parts.port or (8883 if tls else 1883),
        user=unquote(parts.username) if parts.username else user,
        password=unquote(parts.password) if parts.password else password,
        tls=tls,
    )


def _acknowledge(client: paho.Client, mid: int, qos: int) -> None:
    if qos:
        client.ack(mid, qos)
