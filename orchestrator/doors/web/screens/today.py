"""Screen 1, Today: what needs me now? One answer for each role."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.doors.web import today
from orchestrator.doors.web.access import (
    ALARMS_CHANGED,
    DESIGNS_CHANGED,
    Asker,
    AskerDep,
    StewardDep,
    topic_of,
)
from orchestrator.doors.web.awaited import awaited_of
from orchestrator.doors.web.listing import Reader, Wanted, listed
from orchestrator.doors.web.live import (
    LEDGER_GREW,
    MAP_CHANGED,
    ORDERS_CHANGED,
    PLAN_CHANGED,
)
from orchestrator.doors.web.navigation import Role
from orchestrator.doors.web.order_words import points
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.screens.designs import reader_of
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.members.attestations import attestations_of, state_of
from orchestrator.members.attestations import waiting as waiting_attestations
from orchestrator.network.alarms import mark_seen
from orchestrator.network.handing_over import offers_to
from orchestrator.network.rows import CourierRow
from orchestrator.orders.data_agreements import standing as data_agreements
from orchestrator.orders.duties import open_count, told_count, unchecked
from orchestrator.orders.reciprocity import asked_of

router = APIRouter()

NEWEST_SHOWN: Final = 4  # a row of them on a wide screen


@router.get("/")
def today_page(
    request: Request, asker: AskerDep, session: ReaderDep, clock: ClockDep
) -> Response:
    """What the role that is worn must do next."""
    name, topics, context = _day(session, asker, clock) or _region_day(
        session, reader_of(request, asker, clock.now())
    )
    me = asker.principal.agent_id if asker.principal else ""
    return render(
        request,
        f"today_{name}.html",
        page=Page(title="Today", topics=topics),
        points=points,
        visitor_id=me,
        offered=offers_to(session, me) if me else (),
        awaited=awaited_of(session, asker.principal, clock.now())
        if asker.principal
        else None,
        **context,
    )


@router.post("/alarms/{alarm_id}/seen")
def alarm_seen(
    alarm_id: Id, _steward: StewardDep, session: SessionDep, clock: ClockDep
) -> Response:
    """A steward looked at it."""
    mark_seen(session, alarm_id, now=clock.now())
    return RedirectResponse("/", status_code=303)


def _day(
    session: Session, asker: Asker, clock: ClockDep
) -> tuple[str, tuple[str, ...], dict[str, Any]] | None:
    """(template, topics, context) of the role's own day; None: they have none."""
    principal, now = asker.principal, clock.now()
    role = asker.visitor.role
    if principal is None:
        return None
    agent_id = principal.agent_id
    if role is Role.SHOP:
        waiting, done = today.shop_orders(session, principal, now)
        renew = any(
            state_of(row, now) == "ending" for row in attestations_of(session, agent_id)
        )
        own_orders: dict[str, Any] = {"waiting": waiting, "done": done, "renew": renew}
        own_orders["duty_count"] = open_count(session, agent_id)
        return "shop", (topic_of("shop", agent_id),), own_orders
    if role is Role.OPERATOR:
        topics = tuple(topic_of("lab", name) for name in sorted(principal.facility_ids))
        labs = today.boards(session, principal, now)
        return "operator", (*topics, PLAN_CHANGED), {"labs": labs}
    if role is Role.COURIER and session.get(CourierRow, agent_id) is not None:
        topics = (topic_of("ride", agent_id), topic_of("courier", agent_id))
        own = today.own_ride(session, principal)
        return "courier", (*topics, PLAN_CHANGED), {"ride": own}
    if role is Role.DESIGNER:
        designs, total = today.own_designs(session, agent_id)
        asked = asked_of(session, agent_id)
        context: dict[str, Any] = {
            "designs": designs,
            "milli_points": total,
            "asked_count": sum(not row.agreed_at and not row.ended_at for row in asked),
            "told_count": told_count(session, agent_id),
        }
        return "designer", (DESIGNS_CHANGED, LEDGER_GREW), context
    if role is Role.STEWARD:
        day = today.steward_day(session, principal, now)
        topics = (ALARMS_CHANGED, ORDERS_CHANGED, PLAN_CHANGED, MAP_CHANGED)
        figures = today.region_figures(session)
        context = {
            "day": day,
            "figures": figures,
            "attestation_count": len(waiting_attestations(session, now)),
            "data_count": sum(
                row.granted_at is None for row in data_agreements(session, now)
            ),
            "told_count": len(unchecked(session)),
        }
        return "steward", topics, context
    return None


def _region_day(
    session: Session, reader: Reader
) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    context = {
        "figures": today.region_figures(session),
        "newest": listed(session, Wanted(), reader, limit=NEWEST_SHOWN),
    }
    return "guest", (MAP_CHANGED, LEDGER_GREW, DESIGNS_CHANGED), context
