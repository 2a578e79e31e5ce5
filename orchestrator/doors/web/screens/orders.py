"""Screens 15 and 16: where is my order, and which of mine are late?"""

from datetime import datetime, tzinfo
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.doors.web.access import SignedInDep, topic_of
from orchestrator.doors.web.geography import order_view
from orchestrator.doors.web.licence_words import licence_name, sentences_of
from orchestrator.doors.web.live import MAP_MOVED, ORDERS_CHANGED, PLAN_CHANGED
from orchestrator.doors.web.map_view import MapView
from orchestrator.doors.web.order_parts import instead_of
from orchestrator.doors.web.order_view import story_of
from orchestrator.doors.web.order_words import PRICE_WORDS, order_told, points
from orchestrator.doors.web.pages import Page, render, zone_of
from orchestrator.doors.web.plan_reasons import bound_of, replans_told, whys_of
from orchestrator.doors.web.today import OrderCard, order_cards
from orchestrator.doors.web.words import N_
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import NotFoundError
from orchestrator.members.principals import Principal
from orchestrator.network.alarms import raise_alarm
from orchestrator.orders.again import order_again
from orchestrator.orders.answers import detail_of
from orchestrator.orders.api import OrdersSettings
from orchestrator.orders.life import MOVES, OPEN, cancel, held_order, tell
from orchestrator.orders.rows import OrderRow
from orchestrator.orders.views import find_orders, order_for, order_shown, sides_of
from orchestrator.planning.api import PlanningSettings

router = APIRouter()

LIST_MAX: Final = 200
PROBLEMS: Final = {
    "missing": N_("Pieces are missing"),
    "broken": N_("It is broken"),
    "wrong": N_("It is the wrong thing"),
    "late": N_("It comes too late"),
    "not-here": N_("It is not here, but was called delivered"),
    "other": N_("Something else"),
}
Problem = Literal["missing", "broken", "wrong", "late", "not-here", "other"]


@router.get("/orders")
def order_list(
    request: Request,
    principal: SignedInDep,
    session: ReaderDep,
    clock: ClockDep,
    q: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Late, today, later, and what is over."""
    now = clock.now()
    found = order_cards(session, _rows(session, principal), now)
    wanted = [one for one in found if _fits(one, q)]
    return render(
        request,
        "orders.html",
        page=Page(title="Orders", topics=_list_topics(principal)),
        q=q,
        groups=_groups(wanted, now, zone_of(request)),
        late=sum(one.late_s >= 60 and one.order.state in OPEN for one in wanted),
        open_count=sum(one.order.state in OPEN for one in wanted),
        can_order="shop" in principal.roles,
        sees_prices=bool(principal.roles & {"shop", "steward"}),
    )


@router.get("/orders/{order_id}")
def order_page(
    request: Request,
    order_id: Id,
    principal: SignedInDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """One order, for who has to do with it; a part's shop is shown the whole."""
    order = order_shown(session, principal, order_id)
    if order.id != order_id:
        return RedirectResponse(f"/orders/{order.id}", status_code=303)
    sides = sides_of(order, principal)
    now = clock.now()
    story = story_of(session, order, now)
    topics = [topic_of("order", order.id)]
    if order.courier_id and order.state == "on-the-way":
        topics.append(
            MAP_MOVED if "steward" in sides else topic_of("courier", order.courier_id)
        )
    return render(
        request,
        "order.html",
        page=Page(
            title=f"Order {order.number}",
            topics=(*topics, PLAN_CHANGED),
            with_map=order.state in OPEN and bool(sides - {"lab"}),
        ),
        order=detail_of(session, order, sides),
        sides=sides,
        told=order_told(order, now),
        story=story,
        instead=instead_of(session, order),
        whys=whys_of(session, order, story.reasons.why),
        bound=bound_of(order),
        replans=replans_told(session, story.reasons.changes),
        view=_view(request, session, principal, order, now),
        licence=licence_name(order.licence),
        licence_sentences=sentences_of(order.licence),
        price_words=PRICE_WORDS,
        problems=PROBLEMS,
        points=points,
        is_open=order.state in OPEN,
        can_cancel="cancelled" in MOVES[order.state] and order.part_of is None,
        whole_is_theirs=bool(story.whole and sides_of(story.whole, principal)),
        map_topics=[topic for topic in topics if topic != MAP_MOVED],
        again_url=_again_url(session, order, now) if "shop" in sides else None,
        told_problem="problem" in request.query_params,
    )


@router.get("/orders/{order_id}/map.json")
def order_map(
    request: Request,
    order_id: Id,
    principal: SignedInDep,
    session: ReaderDep,
    clock: ClockDep,
) -> MapView:
    """The order's way for the map's script."""
    order = order_for(session, principal, order_id)
    return _view(request, session, principal, order, clock.now())


@router.post("/orders/{order_id}/cancel")
def cancel_order(
    request: Request,
    order_id: Id,
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Take the order back, before anybody began to make it."""
    order = _own(session, principal, order_id)
    settings: OrdersSettings = request.app.state.orders
    if cancel(session, order, now=clock.now()):
        settings.replan(
            session, f"Order {order.number} was cancelled.", clock.now(), order.id
        )
    return RedirectResponse(f"/orders/{order_id}", status_code=303)


@router.post("/orders/{order_id}/problem")
def tell_problem(
    *,
    order_id: Id,
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
    reason: Annotated[Problem, Form()],
    note: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Say what is wrong: it stands on the order, and a steward is told."""
    order = _own(session, principal, order_id)
    words = PROBLEMS[reason].lower()
    text = f"The shop says: {words}. {note.strip()}".strip()
    tell(session, order, "problem", text, now=clock.now())
    raise_alarm(
        session,
        code="order-problem",
        subject=order.id,
        text=f"Order {order.number}: {words}.",
        now=clock.now(),
    )
    return RedirectResponse(f"/orders/{order_id}?problem", status_code=303)


def _rows(session: Session, principal: Principal) -> list[OrderRow]:
    """The person's orders and those of the labs where they work, newest first."""
    found = list(find_orders(session, principal, limit=LIST_MAX))
    if "operator" in principal.roles and "steward" not in principal.roles:
        for facility_id in principal.facility_ids:
            found += find_orders(
                session, principal, facility_id=facility_id, limit=LIST_MAX
            )
    return sorted({row.id: row for row in found}.values(), key=lambda row: -row.number)


def _own(session: Session, principal: Principal, order_id: str) -> OrderRow:
    """The order, held, when the asker is its shop or a steward."""
    sides = sides_of(order_for(session, principal, order_id), principal)
    if not sides & {"shop", "steward"}:
        raise NotFoundError(f"you have no order {order_id!r}", field="order_id")
    return held_order(session, order_id)


def _view(
    request: Request,
    session: Session,
    principal: Principal,
    order: OrderRow,
    now: datetime,
) -> MapView:
    planning: PlanningSettings = request.app.state.planning
    return order_view(session, principal, order, planning.ground, now)


def _again_url(session: Session, order: OrderRow, now: datetime) -> str:
    again = order_again(session, order, now=now)
    asked = {
        "design": again.version_id,
        "quantity": again.quantity,
        "place": again.place_id,
    }
    return f"/orders/new?{urlencode(asked)}"


def _list_topics(principal: Principal) -> tuple[str, ...]:
    if principal.is_steward:
        return (ORDERS_CHANGED,)
    labs = sorted(principal.facility_ids)
    return (
        topic_of("shop", principal.agent_id),
        *(topic_of("lab", name) for name in labs),
        PLAN_CHANGED,
    )


def _fits(one: OrderCard, q: str) -> bool:
    words = f"{one.order.number} {one.title} {one.told.word}".casefold()
    return all(part in words for part in q.casefold().split())


def _groups(
    found: list[OrderCard], now: datetime, zone: tzinfo
) -> list[tuple[str, str, list[OrderCard]]]:
    """(id, words, orders): what is late first, then by the day of its promise."""
    today = now.astimezone(zone).date()
    groups: dict[str, list[OrderCard]] = {
        "late": [],
        "today": [],
        "later": [],
        "over": [],
    }
    for one in found:
        promised_on = one.order.promised_to_at.astimezone(zone).date()
        if one.order.state not in OPEN:
            groups["over"].append(one)
        elif one.late_s >= 60:
            groups["late"].append(one)
        else:
            groups["today" if promised_on <= today else "later"].append(one)
    words = {
        "late": N_("Late"),
        "today": N_("Today"),
        "later": N_("Later"),
        "over": N_("Over"),
    }
    for name in ("late", "today", "later"):
        groups[name].sort(key=lambda one: one.order.promised_to_at)
    return [(name, words[name], groups[name]) for name in groups if groups[name]]
