"""The rooms' APIs assembled into one application."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import FastAPI

from orchestrator.catalogue import api as catalogue_api
from orchestrator.catalogue import looks_api
from orchestrator.catalogue.api import CatalogueSettings
from orchestrator.commons import api as commons_api
from orchestrator.dispatch import api as dispatch_api
from orchestrator.dispatch.api import DispatchSettings
from orchestrator.doors.http import fair_platform, problems
from orchestrator.doors.http.guard import Guard
from orchestrator.doors.http.health import Probe, health_router
from orchestrator.doors.http.recording import record
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.ledger import api as ledger_api
from orchestrator.ledger.api import LedgerSettings
from orchestrator.members import api as members_api
from orchestrator.members.principal_api import MembersSettings
from orchestrator.network import api as network_api
from orchestrator.network.wire import NetworkSettings
from orchestrator.orders import api as orders_api
from orchestrator.orders import data_api, payouts_api, treasury_api
from orchestrator.orders.api import OrdersSettings
from orchestrator.periods import api as periods_api
from orchestrator.planning import api as planning_api
from orchestrator.planning.api import PlanningSettings
from orchestrator.votes import api as votes_api
from orchestrator.votes import challenges_api, funding_api
from orchestrator.votes.clerk import Clerk

ROUTERS = (
    members_api.router,
    ledger_api.router,
    catalogue_api.router,
    looks_api.router,
    network_api.router,
    commons_api.router,
    votes_api.router,
    funding_api.router,
    challenges_api.router,
    periods_api.router,
    fair_platform.router,
    orders_api.router,
    data_api.router,
    treasury_api.router,
    payouts_api.router,
    planning_api.router,
    dispatch_api.router,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What the rooms' endpoints are given: each finds its own in `app.state`."""

    sessions: Sessions
    readers: Sessions
    clock: Clock
    members: MembersSettings
    ledger: LedgerSettings
    catalogue: CatalogueSettings
    network: NetworkSettings
    orders: OrdersSettings
    planning: PlanningSettings
    dispatch: DispatchSettings
    votes: Clerk
    probes: Mapping[str, Probe]


def api_app(wiring: Wiring) -> FastAPI:
    """The application with every room's API; pages are added by doors/web."""
    app = FastAPI(
        title="Fabcommons",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    for name in Wiring.__slots__:
        setattr(app.state, name, getattr(wiring, name))
    app.state.record = record
    problems.install(app)
    app.add_middleware(Guard)
    app.include_router(health_router(wiring.probes))
    for router in ROUTERS:
        app.include_router(router)
    return app
