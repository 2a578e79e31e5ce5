"""The MQTT door between a real broker and a region that is kept in a real database."""

import base64
import json
import queue
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine, select

from device_agents.contract import codec, topics
from device_agents.contract.messages import (
    Acknowledgement,
    Birth,
    DownEnvelope,
    JobEvent,
    SignedContribution,
    UpEnvelope,
    Upward,
)
from orchestrator.dispatch.commands import StartJob
from orchestrator.doors.mqtt.broker import ChildBroker
from orchestrator.doors.mqtt.handle import handle_batch
from orchestrator.doors.mqtt.ingest import SOURCE, Ingest, arrived, listening_session
from orchestrator.doors.mqtt.session import Login, Session
from orchestrator.foundation import changes, inbox
from orchestrator.foundation.database import Base, engine_of, readers, writers
from orchestrator.ledger.append import Signed
from orchestrator.members import devices
from orchestrator.members.rows import DeviceRow
from orchestrator.members.secrets import broker_hash
from orchestrator.network.alarms import open_alarms
from tests.unit.orchestrator.region import Lab, Region, TurnedClock, a_region

REGION = "helsinki"
WAIT_S = 30
FIRST_LIFE = UUID(int=1)
BUILT: dict[str, Region] = {}


@pytest.fixture
def passable() -> Iterator[Path]:
    """A folder that the broker's own user may pass, which pytest's folders forbid."""
    with tempfile.TemporaryDirectory(
        prefix="fabcommons-broker-", ignore_cleanup_errors=True
    ) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@dataclass(kw_only=True)
class Device:
    """A lab's device as raw as one likes: bytes on topics, and what comes down."""

    lab: Lab
    client: paho.Client
    heard: "queue.Queue[DownEnvelope]" = field(default_factory=queue.Queue)
    connected: threading.Event = field(default_factory=threading.Event)
    refused: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def id(self) -> str:
        return self.lab.device_id

    def envelope(self, body: Upward, **told: Any) -> UpEnvelope:
        """In its first life, with the next number where it needs one."""
        if body.kind in {"ack", "job-event"}:
            told.setdefault("sequence", next(self.numbers))
        told = {"epoch": 1, "incarnation": FIRST_LIFE, **told}
        return UpEnvelope(device_id=self.id, body=body, **told)

    def tell(self, body: Upward, *, retain: bool = False, **told: Any) -> UpEnvelope:
        envelope = self.envelope(body, **told)
        topic = codec.topic_of(REGION, envelope)
        self.shout(topic, codec.encode(envelope), retain=retain)
        return envelope

    def shout(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Any bytes on any topic; returns when the broker has them."""
        sent = self.client.publish(topic, payload, qos=1, retain=retain)
        sent.wait_for_publish(WAIT_S)

    def said(self, topic_end: str, payload: bytes) -> None:
        self.shout(f"{topics.ROOT}/{REGION}/{self.id}/up/{topic_end}", payload)

    def birth(self, door: "Door") -> Birth:
        return Birth(
            agent_version="1",
            machines=self.lab.machines,
            observed_at=door.region.clock.now(),
        )


@dataclass(kw_only=True)
class Door:
    """Broker, ingest and inbox, one step at a time."""

    region: Region
    broker: ChildBroker
    hub: Session
    ingest: Ingest
    open_devices: list[Device] = field(default_factory=list)

    def device(self, lab: Lab, *, name: str | None = None) -> Device:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=name or lab.device_id,
            reconnect_on_failure=False,
        )
        device = Device(lab=lab, client=client)
        client.username_pw_set(lab.device_id, token_of(lab))
        client.on_connect = lambda _c, _u, _f, reason, _p: (
            device.refused if reason.is_failure else device.connected
        ).set()
        client.on_disconnect = lambda *_: device.gone.set()
        client.on_message = lambda _c, _u, message: device.heard.put(
            codec.decode_down(message.topic, message.payload)
        )
        client.connect(self.broker.endpoint.host, self.broker.endpoint.port)
        client.loop_start()
        self.open_devices.append(device)
        while not device.connected.wait(0.05):
            if device.refused.is_set():
                return device
        listens = threading.Event()
        client.on_subscribe = lambda *_: listens.set()
        client.subscribe(topics.every_down(REGION, lab.device_id), qos=1)
        assert listens.wait(WAIT_S)
        return device

    def work(self) -> None:
        """Take in and handle all that has come so far."""
        while self.ingest.step():
            pass
        region = self.region
        while handle_batch(region.sessions, region.clock, region.key):
            pass

    def counts(self) -> dict[str, int]:
        """How many were refused ever, by code."""
        with self.region.reading() as session:
            return {code: n for (_, code), n in inbox.counts(session).items()}

    def kept(self, state: str = "quarantined") -> list[inbox.InboxRow]:
        with self.region.reading() as session:
            chosen = select(inbox.InboxRow).where(
                inbox.InboxRow.state == state, inbox.InboxRow.source == SOURCE
            )
            return list(session.scalars(chosen.order_by(inbox.InboxRow.id)))

    def alarms(self) -> set[tuple[str, str]]:
        with self.region.reading() as session:
            return {(alarm.code, alarm.subject) for alarm in open_alarms(session)}

    def users(self) -> list[str]:
        with self.region.reading() as session:
            lines = devices.broker_lines(session)
        return [f"hub:{broker_hash('hub token')}\n", *lines]


def metric(outcome: str) -> float:
    """What `/metrics` would say of messages with this outcome."""
    return arrived.labels(outcome=outcome)._value.get()


def token_of(lab: Lab) -> str:
    return f"token of {lab.device_id}"


def happened(region: Region, command: StartJob, event: str, **told: Any) -> JobEvent:
    """What the command's own device tells, in the wire's words."""
    fact = region.happened(command, event)
    contributions = told.pop("contributions", fact.contributions)
    body = {
        "job_id": fact.job_id,
        "machine_id": fact.machine_id,
        "fence": fact.fence,
        "event": event,
        "evidence": fact.evidence,
        "observed_at": fact.observed_at,
        "contributions": tuple(signed(one) for one in contributions),
        **told,
    }
    return JobEvent.model_validate(body)


def accepted(region: Region, command: StartJob) -> Acknowledgement:
    return Acknowledgement(
        command_id=command.command_id,
        job_id=command.job_id,
        verdict="accepted",
        observed_at=region.clock.now(),
    )


def signed(contributed: Signed) -> SignedContribution:
    return SignedContribution(
        body=contributed.body.decode(),
        key_id=contributed.key_id,
        signature=base64.b64encode(contributed.signature).decode(),
    )


def changed(envelope: UpEnvelope, **told: Any) -> bytes:
    """The message's JSON with other values; None takes a field away."""
    document = json.loads(codec.encode(envelope))
    for name, value in told.items():
        if value is None:
            document.pop(name)
        else:
            document[name] = value
    return json.dumps(document).encode()


@pytest.fixture
def door(region: Region, passable: Path) -> Iterator[Door]:
    """A broker that lets in the region's devices, and nobody has spoken yet."""
    with region.sessions.begin() as session:
        for lab in region.labs:
            row = session.get_one(DeviceRow, lab.device_id)
            row.broker_hash = broker_hash(token_of(lab))
    broker = ChildBroker(
        passable / "home" / "broker",
        region=REGION,
        port=0,
        listen="127.0.0.1",
        name="127.0.0.1",
    )
    login = Login(
        host=broker.endpoint.host,
        port=broker.endpoint.port,
        user="hub",
        password="hub token",
    )
    hub = listening_session(login, region=REGION)
    ingest = Ingest(hub, region.sessions, region.clock, region=REGION)
    made = Door(region=region, broker=broker, hub=hub, ingest=ingest)
    broker.start(made.users())

    def refresh(topics_changed: frozenset[str]) -> None:
        if devices.BROKER_TOPIC in topics_changed:
            broker.set_users(made.users)

    forget = changes.listen(refresh)
    hub.start()
    assert hub.connected.wait(WAIT_S)
    yield made
    for device in made.open_devices:
        device.client.disconnect()
        device.client.loop_stop()
    hub.stop()
    forget()
    broker.stop()


def _built(url: str, folder: Path) -> Engine:
    engine = engine_of(url)
    Base.metadata.create_all(engine)
    region = a_region(writers(engine), readers(engine), folder)
    BUILT[engine.dialect.name] = region
    return engine


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory, _tables: None) -> Path:
    folder = tmp_path_factory.mktemp("doors-sqlite")
    engine = _built(f"sqlite:///{folder / 'region.db'}", folder / "files")
    with engine.connect() as connection:
        connection.connection.driver_connection.execute(  # type: ignore[union-attr]
            "PRAGMA wal_checkpoint(TRUNCATE)"
        )
    engine.dispose()
    return folder / "region.db"


@pytest.fixture(scope="session")
def _postgresql_template(
    cluster: Any, tmp_path_factory: pytest.TempPathFactory, _tables: None
) -> str:
    cluster.run("CREATE DATABASE region_of_doors")
    folder = tmp_path_factory.mktemp("doors-postgresql")
    _built(cluster.url("region_of_doors"), folder / "files").dispose()
    return "region_of_doors"


@pytest.fixture
def region(database: Engine) -> Region:
    """Two labs, a shop, two couriers, on each kind of database."""
    return replace(
        BUILT[database.dialect.name],
        sessions=writers(database),
        reading=readers(database),
        clock=TurnedClock(),
        numbers=count(1),
    )
