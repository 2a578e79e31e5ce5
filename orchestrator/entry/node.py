"""One node put together: database, keys, broker, workers, web. Everything stops in order."""

import secrets
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session as DatabaseSession

from orchestrator.belongings.erasing import Eraser
from orchestrator.belongings.leaving import erase_due
from orchestrator.catalogue.search import remember_all
from orchestrator.catalogue.waste import remove_waste
from orchestrator.commons.charter import CHARTER
from orchestrator.commons.rulebook import RuleKind, found
from orchestrator.commons.rules import VALUE_EQUATION
from orchestrator.commons.weights import PLAN_WEIGHTS
from orchestrator.dispatch.worker import DispatchWorker
from orchestrator.doors import witnessing
from orchestrator.doors.mail.deliver import Sender, deliver
from orchestrator.doors.mail.smtp import MailServer
from orchestrator.doors.mqtt.broker import ChildBroker
from orchestrator.doors.mqtt.handle import handle_batch
from orchestrator.doors.mqtt.ingest import Ingest, listening_session
from orchestrator.doors.mqtt.publish import publish_batch
from orchestrator.doors.mqtt.session import Login, Session, login_of
from orchestrator.entry.ground import ground_of, region_folder
from orchestrator.entry.ledger_command import NETWORK_KEY, origin_of
from orchestrator.entry.planners import planners
from orchestrator.entry.settings import Settings
from orchestrator.entry.tidy import EVERY_S, KEPT_FOR, tidy
from orchestrator.foundation import changes, migrate
from orchestrator.foundation.clock import Clock, WallClock
from orchestrator.foundation.database import (
    Sessions,
    engine_of,
    forget_log,
    readers,
    writers,
)
from orchestrator.foundation.signing import SigningKey, key_from_file
from orchestrator.foundation.worker import Worker
from orchestrator.ledger.checkpoint import sign_checkpoint
from orchestrator.ledger.sequencer import sequence
from orchestrator.members import devices
from orchestrator.members.secrets import broker_hash
from orchestrator.members.signing_keys import register_network_key
from orchestrator.orders.gate_rules import LICENCE_GATE
from orchestrator.orders.tariff import TARIFF
from orchestrator.orders.terms import MONEY_TERMS
from orchestrator.periods.book import PERIOD_RULES
from orchestrator.planning.travel import RegionMap
from orchestrator.planning.what_if import answer_next
from orchestrator.planning.wishes import wish
from orchestrator.planning.worker import PlanWorker
from orchestrator.votes.clerk import Clerk
from orchestrator.votes.due import close_due
from orchestrator.votes.funding_rules import FUNDING_RULES
from orchestrator.votes.voting_rules import VOTING_RULES

HUB = "hub"
MAIL_EVERY_S = 5.0
CLOSE_EVERY_S = 5.0
LEAVE_EVERY_S = 60.0
RULES: Final[tuple[RuleKind[Any], ...]] = (
    VALUE_EQUATION,
    PLAN_WEIGHTS,
    CHARTER,
    VOTING_RULES,
    FUNDING_RULES,
    MONEY_TERMS,
    LICENCE_GATE,
    TARIFF,
    PERIOD_RULES,
)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """What a node keeps, and by which clock."""

    settings: Settings
    engine: Engine
    sessions: Sessions
    readers: Sessions
    clock: Clock
    network_key: SigningKey
    ground: RegionMap
    region_folder: Path

    @property
    def files(self) -> Path:
        """Where designs' files are kept by their hash."""
        return self.settings.home / "files"


def open_store(settings: Settings) -> Store:
    """Open (or make) everything that is kept. Errors: FabcommonsError, OSError."""
    settings.home.mkdir(parents=True, exist_ok=True)
    engine = engine_of(settings.database)
    migrate.upgrade(engine)
    sessions = writers(engine)
    key = key_from_file(settings.home / NETWORK_KEY)
    clock = settings.clock
    with sessions.begin() as session:
        register_network_key(session, key, now=clock.now())
        for kind in RULES:
            found(session, kind, now=clock.now())
        remember_all(session)
    return Store(
        settings=settings,
        engine=engine,
        sessions=sessions,
        readers=readers(engine),
        clock=clock,
        network_key=key,
        ground=ground_of(settings),
        region_folder=region_folder(settings),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A node's background: `address` is where we ourselves find the broker."""

    address: Login
    broker: ChildBroker | None
    session: Session
    stack: ExitStack

    def stop(self) -> None:
        """Stop all, the last started first."""
        self.stack.close()


def start(store: Store) -> Running:
    """Start broker, doors and workers. Errors: BrokerUnavailableError."""
    with ExitStack() as stack:
        broker, login = _start_broker(store, stack)
        session = listening_session(login, region=store.settings.region)
        session.start()
        stack.callback(session.stop)
        for worker in _workers(store, session):
            worker.start()
            stack.callback(worker.stop)
        return Running(
            address=login, broker=broker, session=session, stack=stack.pop_all()
        )


def _workers(
    store: Store, session: Session
) -> Iterable[Worker | DispatchWorker | PlanWorker]:
    region = store.settings.region
    sessions, clock, key = store.sessions, store.clock, store.network_key
    ingest = Ingest(session, sessions, clock, region=region)
    inbox = Worker("inbox", lambda: handle_batch(sessions, clock, key) > 0, pause_s=0.2)
    outbox = Worker(
        "mqtt-outbox",
        lambda: publish_batch(session, sessions, clock, region=region) > 0,
        pause_s=0.2,
    )

    def take_in() -> bool:
        stored = ingest.step()
        if stored:
            inbox.wake.set()
        return stored

    def close_polls() -> bool:
        with sessions.begin() as database:
            return close_due(database, clerk=clerk_of(key), now=clock.now()) > 0

    def forget() -> bool:
        tidy(sessions, now=clock.now())
        _remove_waste(store)
        return False

    def let_go() -> bool:
        eraser = Eraser(files=store.files, key=key, now=clock.now())
        if erase_due(sessions, eraser):
            _remove_waste(store)
            forget_log(store.engine)
        return False

    yield from _ledger(store)
    yield Worker("tidy", forget, pause_s=EVERY_S)
    yield Worker("leaving", let_go, pause_s=LEAVE_EVERY_S)
    yield Worker("votes", close_polls, pause_s=CLOSE_EVERY_S)
    yield inbox
    yield outbox
    yield DispatchWorker(sessions, clock, key)
    yield from planners(
        store.settings,
        sessions,
        store.readers,
        store.ground,
        clock,
        name=store.settings.node,
    )
    yield Worker(
        "what-if",
        lambda: answer_next(sessions, store.readers, store.ground, clock),
    )
    yield from _mail(store)
    yield Worker("mqtt-ingest", take_in, pause_s=0.05)


def _remove_waste(store: Store) -> None:
    """By the wall's clock, as files have their times by it."""
    before = WallClock().now() - KEPT_FOR
    remove_waste(store.readers, store.files, before=before)


def clerk_of(key: SigningKey) -> Clerk:
    """The network's clerk: when the plan's weights change, a new plan is wished for."""

    def enacted(session: DatabaseSession, version: str, now: datetime) -> None:
        if version.startswith(PLAN_WEIGHTS.name):
            wish(session, f"{version} was decided", now)

    return Clerk(key=key, enacted=enacted)


def _ledger(store: Store) -> Iterable[Worker]:
    """What gives entries their positions, signs the tree, and has it witnessed."""
    sessions, clock, key = store.sessions, store.clock, store.network_key
    origin = origin_of(store.settings.region)

    def keep_ledger() -> bool:
        with sessions.begin() as database:
            grown = sequence(database)
            if grown:
                sign_checkpoint(database, origin=origin, key=key, now=clock.now())
        return grown > 0

    def ask() -> bool:
        witnessing.ask_witnesses(sessions)
        return False

    yield Worker("ledger", keep_ledger)
    yield Worker("witnesses", ask, pause_s=witnessing.EVERY_S)


def _mail(store: Store) -> Iterable[Worker]:
    """What hands mails in, where a mail server is named."""
    settings = store.settings
    if settings.smtp_url is None or settings.mail_address is None:
        return
    server = MailServer.of(settings.smtp_url)
    sender = Sender(
        site=settings.site,
        address=settings.mail_address,
        network=f"Fabcommons {settings.region.title()}",
        key=store.network_key,
    )
    yield Worker(
        "mail",
        lambda: deliver(store.sessions, store.clock, sender, server.send),
        pause_s=MAIL_EVERY_S,
    )


def _start_broker(store: Store, stack: ExitStack) -> tuple[ChildBroker | None, Login]:
    settings = store.settings
    if settings.broker_url is not None:
        return None, login_of(settings.broker_url, user=HUB, password="")
    password = secrets.token_urlsafe(32)
    broker = ChildBroker(
        settings.home / "broker",
        region=settings.region,
        port=settings.broker_port,
        listen=settings.broker_listen,
        name=settings.broker_name,
    )
    own_line = f"{HUB}:{broker_hash(password)}\n"

    def users() -> list[str]:
        with store.readers() as session:
            return [own_line, *devices.broker_lines(session)]

    def refresh(changed: frozenset[str]) -> None:
        if devices.BROKER_TOPIC in changed:
            broker.set_users(users)

    broker.start(users())
    stack.callback(broker.stop)
    stack.callback(changes.listen(refresh))
    return broker, Login(
        host=broker.endpoint.host,
        port=broker.endpoint.port,
        user=HUB,
        password=password,
    )
