"""The node's web server: every room's API, the pages, and what tells them of changes."""

import json
import secrets
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import uvicorn
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.orm import Session

from orchestrator.catalogue.api import CatalogueSettings
from orchestrator.dispatch.access import program_was_sent
from orchestrator.dispatch.api import DispatchSettings
from orchestrator.doors.http.app import Wiring, api_app
from orchestrator.doors.web.access import may_follow, visitor_of
from orchestrator.doors.web.bridge import tell_pages
from orchestrator.doors.web.install import install
from orchestrator.doors.web.live import Feed
from orchestrator.doors.web.pages import PageSettings
from orchestrator.doors.web.screens.install import (
    DemoLogin,
    ScreenSettings,
    install_screens,
)
from orchestrator.doors.web.server import PageServer
from orchestrator.entry.ledger_command import origin_of
from orchestrator.entry.node import Running, Store, clerk_of
from orchestrator.ledger.api import LedgerSettings
from orchestrator.members.principal_api import BrokerAddress, MembersSettings
from orchestrator.network.wire import NetworkSettings
from orchestrator.orders.api import OrdersSettings
from orchestrator.planning.api import PlanningSettings
from orchestrator.planning.reserved import shortage
from orchestrator.planning.wishes import wish


def server_of(store: Store, running: Running) -> tuple[PageServer, Callable[[], None]]:
    """The server, ready to run, and the way to stop telling its pages."""
    feed = Feed(boot=secrets.token_hex(4))
    app = _app(store, running, feed)
    config = uvicorn.Config(
        app,
        host=store.settings.host,
        port=store.settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    return PageServer(config, feed), tell_pages(feed, store.readers)


def _app(store: Store, running: Running, feed: Feed) -> FastAPI:
    settings = store.settings
    app = api_app(
        Wiring(
            sessions=store.sessions,
            readers=store.readers,
            clock=store.clock,
            members=MembersSettings(
                region=settings.region,
                broker=_told(running),
                secure_cookies=(settings.public_url or "").startswith("https://"),
            ),
            ledger=LedgerSettings(
                origin=origin_of(settings.region), key=store.network_key
            ),
            catalogue=CatalogueSettings(
                files=store.files, device_may_fetch=program_was_sent
            ),
            network=NetworkSettings(replan=_replan),
            orders=OrdersSettings(
                replan=_replan, shortage=shortage, key=store.network_key
            ),
            planning=PlanningSettings(ground=store.ground),
            dispatch=DispatchSettings(
                ground=store.ground, network_key=store.network_key
            ),
            votes=clerk_of(store.network_key),
            probes={
                "database": lambda: _database_fault(store),
                "broker": lambda: _broker_fault(running),
            },
        )
    )
    region_tiles = store.region_folder / "map.pmtiles"
    pages = PageSettings(
        clock=store.clock,
        zone=ZoneInfo(settings.zone),
        network=f"Fabcommons {settings.region.title()}",
        region_map=region_tiles if region_tiles.exists() else None,
        visitor_of=visitor_of,
        may_follow=may_follow,
        show_styleguide=settings.demo,
    )
    install(app, settings=pages, feed=feed)
    install_screens(app, _screens(store))
    return app


def _told(running: Running) -> BrokerAddress:
    """What devices are told at their enrolment."""
    if running.broker is None:
        address = running.address
        return BrokerAddress(host=address.host, port=address.port, tls=address.tls)
    own = running.broker.device_endpoint
    return BrokerAddress(
        host=own.host,
        port=own.port,
        tls=own.authority_pem is not None,
        ca_pem=own.authority_pem,
    )


def _screens(store: Store) -> ScreenSettings:
    """In a demo everybody may see who can be signed in as."""
    cast = store.settings.home / "cast.json"
    mail_from = store.settings.mail_address or ""
    if not store.settings.demo or not cast.exists():
        return ScreenSettings(
            public_url=store.settings.public_url or "", mail_from=mail_from
        )
    told = json.loads(cast.read_text())
    return ScreenSettings(
        public_url=store.settings.public_url or "",
        demo_logins=tuple(DemoLogin(**login) for login in told["logins"]),
        demo_password=told["password"],
        mail_from=mail_from,
    )


def _replan(session: Session, reason: str, now: datetime, about: str) -> None:
    wish(session, reason, now, about=about)


def _database_fault(store: Store) -> str | None:
    try:
        with store.readers() as session:
            session.execute(text("SELECT 1"))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        return f"the database does not answer: {type(error).__name__}"
    return None


def _broker_fault(running: Running) -> str | None:
    if running.session.connected.is_set():
        return None
    return "the broker is away: agents go on and keep what they have to say"
