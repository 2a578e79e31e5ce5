"""The broker as a child: only who is known, only his own topics, up again after a fall."""

import os
import queue
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from cryptography import x509
from paho.mqtt.enums import CallbackAPIVersion

from orchestrator.doors.mqtt.broker import ChildBroker
from orchestrator.doors.mqtt.certificates import CertificateFiles, certificate_for
from orchestrator.doors.mqtt.session import WINDOW, Login, Session
from orchestrator.members.secrets import broker_hash
from tests.waiting import wait_until

ROOT = "fabcommons/v1/test-region"
WAIT_S = 30


def users(*names: str) -> list[str]:
    return [f"{name}:{broker_hash(f'token-of-{name}')}\n" for name in names]


@pytest.fixture
def broker(passable: Path) -> Iterator[ChildBroker]:
    child = ChildBroker(
        passable / "home" / "broker",
        region="test-region",
        port=0,
        listen="127.0.0.1",
        name="127.0.0.1",
    )
    child.start(users("hub", "device-aaa", "device-bbb"))
    yield child
    child.stop()


class Client:
    """A plain MQTT client of a test."""

    def __init__(self, broker: ChildBroker, name: str, password: str) -> None:
        self.inbox: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.refused = threading.Event()
        self.connected = threading.Event()
        self.gone = threading.Event()
        self.paho = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=name, reconnect_on_failure=False
        )
        self.paho.username_pw_set(name, password)
        self.paho.on_message = lambda _c, _u, m: self.inbox.put((m.topic, m.payload))
        self.paho.on_connect = lambda _c, _u, _f, reason, _p: (
            self.refused if reason.is_failure else self.connected
        ).set()
        self.paho.on_disconnect = lambda *_: self.gone.set()
        self.paho.connect(broker.endpoint.host, broker.endpoint.port)
        self.paho.loop_start()

    def listen(self, topics: str) -> None:
        """Until the broker has answered, be it yes or no."""
        answered = threading.Event()
        self.paho.on_subscribe = lambda *_: answered.set()
        self.paho.subscribe(topics, qos=1)
        assert answered.wait(WAIT_S)

    def close(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()


def device(broker: ChildBroker, name: str) -> Client:
    client = Client(broker, name, f"token-of-{name}")
    assert client.connected.wait(WAIT_S)
    return client


def test_a_stranger_is_refused(broker: ChildBroker) -> None:
    stranger = Client(broker, "device-aaa", "a guess")
    assert stranger.refused.wait(WAIT_S)
    stranger.close()


def test_nobody_without_a_name_gets_in(broker: ChildBroker) -> None:
    answers: queue.Queue[bool] = queue.Queue()
    nameless = paho.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
    nameless.on_connect = lambda _c, _u, _f, reason, _p: answers.put(reason.is_failure)
    nameless.connect(broker.endpoint.host, broker.endpoint.port)
    nameless.loop_start()
    assert answers.get(timeout=WAIT_S)
    nameless.loop_stop()


def test_a_device_writes_below_its_own_up_and_nowhere_else(broker: ChildBroker) -> None:
    hub = Session(_login(broker), filters=(f"{ROOT}/+/up/#",))
    hub.start()
    assert hub.connected.wait(WAIT_S)
    one = device(broker, "device-aaa")
    one.paho.publish(f"{ROOT}/device-bbb/up/life", b"forged", qos=1)
    one.paho.publish(f"{ROOT}/device-aaa/up/life", b"own", qos=1)
    first = hub.arrivals.get(timeout=WAIT_S)
    assert (first.topic, first.payload) == (f"{ROOT}/device-aaa/up/life", b"own")
    first.ack()
    one.close()
    hub.stop()


def test_a_device_does_not_hear_what_is_for_another(broker: ChildBroker) -> None:
    one, other = device(broker, "device-aaa"), device(broker, "device-bbb")
    one.listen("#")
    other.listen(f"{ROOT}/device-bbb/down/#")
    hub = device(broker, "hub")
    hub.paho.publish(f"{ROOT}/device-bbb/down/command", b"for b", qos=1)
    assert other.inbox.get(timeout=WAIT_S)[1] == b"for b"
    hub.paho.publish(f"{ROOT}/device-aaa/down/command", b"for a", qos=1)
    assert one.inbox.get(timeout=WAIT_S) == (
        f"{ROOT}/device-aaa/down/command",
        b"for a",
    )
    for client in (one, other, hub):
        client.close()


def test_a_revoked_device_is_put_off_at_once(broker: ChildBroker) -> None:
    one, other = device(broker, "device-aaa"), device(broker, "device-bbb")
    started = time.monotonic()
    broker.set_users(lambda: users("hub", "device-bbb"))
    assert one.gone.wait(5)
    print(f"revoked device off after {(time.monotonic() - started) * 1000:.0f} ms")
    assert not other.gone.wait(0.3)
    for client in (one, other):
        client.close()


def test_what_is_not_acknowledged_comes_again_after_the_broker_was_killed(
    broker: ChildBroker, passable: Path
) -> None:
    hub = Session(_login(broker), filters=(f"{ROOT}/+/up/#",))
    hub.start()
    assert hub.connected.wait(WAIT_S)
    one = device(broker, "device-aaa")
    one.paho.publish(f"{ROOT}/device-aaa/up/ack", b"kept", qos=1).wait_for_publish(5)
    assert hub.arrivals.get(timeout=WAIT_S).payload == b"kept"
    saved = passable / "home" / "broker" / "mosquitto.db"  # about once a second
    wait_until(lambda: saved.exists() and b"kept" in saved.read_bytes(), "it is saved")
    fallen = broker.process_id
    assert fallen is not None
    os.kill(fallen, signal.SIGKILL)
    again = hub.arrivals.get(timeout=20)
    assert again.payload == b"kept"
    again.ack()
    assert broker.process_id not in {None, fallen}
    one.close()
    hub.stop()


def test_whoever_asks_last_writes_last(broker: ChildBroker, passable: Path) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow() -> list[str]:
        asked.set()
        go_on.wait(WAIT_S)
        return users("hub", "device-aaa")

    first = threading.Thread(target=broker.set_users, args=(slow,))
    first.start()
    assert asked.wait(WAIT_S)
    newest = users("hub", "device-aaa", "device-ccc")
    second = threading.Thread(target=broker.set_users, args=(lambda: newest,))
    second.start()
    time.sleep(0.1)
    go_on.set()
    first.join(WAIT_S)
    second.join(WAIT_S)
    kept = (passable / "home" / "broker" / "users").read_text()
    assert kept == "".join(newest)


def test_a_broker_that_cannot_be_started_now_is_started_later(
    broker: ChildBroker, passable: Path
) -> None:
    log = passable / "home" / "broker" / "mosquitto.log"
    log.rename(log.with_suffix(".old"))
    log.mkdir()  # nothing can be written there: as on a full disk
    fallen = broker.process_id
    assert fallen is not None
    os.kill(fallen, signal.SIGKILL)
    time.sleep(0.5)
    assert broker.process_id is None
    log.rmdir()
    wait_until(lambda: broker.process_id is not None, "the broker is up again")


def test_a_flood_that_wants_no_answer_fills_no_memory(broker: ChildBroker) -> None:
    hub = Session(_login(broker), filters=(f"{ROOT}/+/up/#",))
    hub.start()
    assert hub.connected.wait(WAIT_S)
    one = device(broker, "device-aaa")
    for _ in range(6 * WINDOW):
        one.paho.publish(f"{ROOT}/device-aaa/up/life", b"noise", qos=0)
    last = one.paho.publish(f"{ROOT}/device-aaa/up/ack", b"counts", qos=1)
    last.wait_for_publish(WAIT_S)
    until_s = time.monotonic() + 6 * WAIT_S
    heard: list[bytes] = []
    time.sleep(1)
    assert hub.arrivals.qsize() <= 4 * WINDOW + 1
    while b"counts" not in heard and time.monotonic() < until_s:
        heard.append(hub.arrivals.get(timeout=WAIT_S).payload)
    assert heard[-1] == b"counts"
    one.close()
    hub.stop()


def _login(broker: ChildBroker) -> Login:
    return Login(
        host=broker.endpoint.host,
        port=broker.endpoint.port,
        user="hub",
        password="token-of-hub",
    )


def test_beyond_this_computer_only_tls_is_spoken(passable: Path) -> None:
    folder = passable / "home" / "broker"
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def outside() -> ChildBroker:
        return ChildBroker(
            folder,
            region="test-region",
            port=port,
            listen="0.0.0.0",  # noqa: S104
            name="localhost",
        )

    child = outside()
    told = child.device_endpoint
    child.start(users("hub", "device-aaa"))
    try:
        assert (told.host, told.port) == ("localhost", port)
        assert child.endpoint.host == "127.0.0.1"
        assert child.endpoint.port != port
        trusting = ssl.create_default_context(cadata=told.authority_pem)
        with (
            socket.create_connection((told.host, port), WAIT_S) as wire,
            trusting.wrap_socket(wire, server_hostname=told.host) as safe,
        ):
            assert safe.version() in {"TLSv1.2", "TLSv1.3"}
        with (
            socket.create_connection((told.host, port), WAIT_S) as wire,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            trusting.wrap_socket(wire, server_hostname="elsewhere.example")
        with (
            socket.create_connection((told.host, port), WAIT_S) as wire,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            ssl.create_default_context().wrap_socket(wire, server_hostname=told.host)
        hub = Session(_login(child))
        hub.start()
        assert hub.connected.wait(WAIT_S)
        hub.stop()
        plain = paho.Client(CallbackAPIVersion.VERSION2, client_id="device-aaa")
        plain.connect(told.host, port)
        plain.loop_start()
        time.sleep(0.5)
        assert not plain.is_connected()
        plain.loop_stop()
    finally:
        child.stop()
    kept = (folder / "certificate.pem").read_bytes()
    assert outside().device_endpoint == told  # devices keep what they were told
    assert (folder / "certificate.pem").read_bytes() == kept
    assert (
        folder.with_name("broker-authority") / "authority-key.pem"
    ).stat().st_mode & 0o077 == 0


def test_a_certificate_is_renewed_long_before_it_ends(tmp_path: Path) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)

    def made(name: str, days: int) -> CertificateFiles:
        return certificate_for(
            name,
            tmp_path / "broker",
            vouched_in=tmp_path / "authority",
            now=now + timedelta(days=days),
        )

    first = made("10.0.0.7", 0)
    before = first.certificate.read_bytes()
    soon = made("10.0.0.7", 365)
    assert soon.certificate.read_bytes() == before
    late = made("10.0.0.7", 3 * 365)
    assert late.certificate.read_bytes() != before
    assert late.authority_pem == first.authority_pem
    moved = made("lab.example", 0)
    kept = x509.load_pem_x509_certificate(moved.certificate.read_bytes())
    names = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == ["lab.example"]
