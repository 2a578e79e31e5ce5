"""The stage's application: rooms and screens wired together, with a still clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from sqlalchemy.orm import Session

from orchestrator.catalogue.api import CatalogueSettings
from orchestrator.dispatch.access import program_was_sent
from orchestrator.dispatch.api import DispatchSettings
from orchestrator.doors.http.app import Wiring, api_app
from orchestrator.doors.web.access import may_follow, visitor_of
from orchestrator.doors.web.install import install
from orchestrator.doors.web.live import Feed
from orchestrator.doors.web.pages import PageSettings
from orchestrator.doors.web.screens.install import (
    DemoLogin,
    ScreenSettings,
    install_screens,
)
from orchestrator.entry.demo import seed as demo
from orchestrator.ledger.api import LedgerSettings
from orchestrator.members.principal_api import BrokerAddress, MembersSettings
from orchestrator.network.wire import NetworkSettings
from orchestrator.orders.api import OrdersSettings
from orchestrator.planning.api import PlanningSettings
from orchestrator.planning.reserved import shortage
from orchestrator.planning.wishes import wish
from orchestrator.votes.clerk import Clerk
from tests.unit.orchestrator.region import HELSINKI, Region

PASSWORD = "demo password"
ORIGIN = "helsinki.example"
ZONE = ZoneInfo("Europe/Helsinki")


def _replan(session: Session, reason: str, now: datetime, about: str) -> None:
    wish(session, reason, now, about=about)


def app_of(
    play: Region, feed: Feed, cast: demo.Cast, *, show_styleguide: bool
) -> FastAPI:
    """Every room's API and every screen, wired as a node wires them."""
    app = api_app(
        Wiring(
            sessions=play.sessions,
            readers=play.reading,
            clock=play.clock,
            members=MembersSettings(
                region="helsinki",
                broker=BrokerAddress(host="127.0.0.1", port=1),
                secure_cookies=False,
            ),
            ledger=LedgerSettings(origin=ORIGIN, key=play.key),
            catalogue=CatalogueSettings(
                files=play.folder, device_may_fetch=program_was_sent
            ),
            network=NetworkSettings(replan=_replan),
            orders=OrdersSettings(replan=_replan, shortage=shortage, key=play.key),
            planning=PlanningSettings(ground=play.ground),
            dispatch=DispatchSettings(ground=play.ground, network_key=play.key),
            votes=Clerk(key=play.key),
            probes={},
        )
    )
    settings = PageSettings(
        clock=play.clock,
        zone=ZONE,
        network="Fabcommons Helsinki",
        region_map=HELSINKI / "map.pmtiles",
        visitor_of=visitor_of,
        may_follow=may_follow,
        show_styleguide=show_styleguide,
    )
    install(app, settings=settings, feed=feed)
    install_screens(
        app,
        ScreenSettings(
            demo_logins=tuple(
                DemoLogin(words=f"{person.name}, {role}", email=person.email)
                for person, role in (
                    (cast.shops[0].person, "shop"),
                    (cast.labs[0].operator, "lab operator"),
                    (cast.couriers[0], "courier"),
                    (cast.steward, "steward"),
                )
            ),
            demo_password=PASSWORD,
        ),
    )
    return app
