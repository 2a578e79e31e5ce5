"""An order as a form holds it: read, made into a wish, priced, and placed once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from fastapi import Request
from sqlalchemy import select

from orchestrator.doors.web.pages import zone_of
from orchestrator.doors.web.words import N_
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.orders.accept import place
from orchestrator.orders.api import OrdersSettings
from orchestrator.orders.errors import (
    KeyUsedError,
    LicenceRefusedError,
    QuoteExpiredError,
    QuoteOvertakenError,
    QuoteUsedError,
)
from orchestrator.orders.quotes import quote_of
from orchestrator.orders.rows import OrderRow, QuoteRow
from orchestrator.planning.api import PlanningSettings
from orchestrator.planning.asking import Asked, ask_for_quote

ANY_TIME: Final = "any"
HOURS: Final = (10, 12, 15, 18, 21)
WINDOWS: Final = (ANY_TIME, *(str(hour) for hour in HOURS))
LATE_START: Final = timedelta(hours=6)  # so little left of today: tomorrow is offered
SOONEST: Final = timedelta(minutes=30)
BEFORE_LATEST: Final = timedelta(hours=1)
OVER: Final = N_("This time is over. Choose a later one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the form says now. `window`: 'any', or the hour by which it is wanted."""

    version_id: str
    place_id: str
    quantity: int
    day: date
    window: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Nothing was placed: here is the quote that holds now, and why it is a new one."""

    quote: QuoteRow
    code: str  # changed | expired | licence | overtaken


def first_day(now: datetime, zone: tzinfo) -> date:
    """The day that a fresh form proposes."""
    return (now + LATE_START).astimezone(zone).date()


def latest_of_draft(draft: Draft, zone: tzinfo) -> datetime:
    """The last moment that the form allows. Errors: InvalidInputError."""
    if draft.window == ANY_TIME:
        midnight = datetime.combine(draft.day + timedelta(days=1), time(), zone)
        return midnight - timedelta(minutes=1)
    if draft.window not in WINDOWS:
        raise InvalidInputError(
            f"no such time: {draft.window[:20]!r}", field="wished_window"
        )
    return datetime.combine(draft.day, time(int(draft.window)), zone)


def wish_of(draft: Draft, shop_id: str, *, now: datetime, zone: tzinfo) -> Asked:
    """The form as planning understands it. Errors: InvalidInputError."""
    latest_at = latest_of_draft(draft, zone)
    if latest_at <= now:
        raise InvalidInputError(OVER, field="wished_window")
    soon = now + SOONEST
    noon = datetime.combine(draft.day, time(12), zone)
    wished_at = noon if draft.window == ANY_TIME else latest_at - BEFORE_LATEST
    if draft.window == ANY_TIME and draft.day == now.astimezone(zone).date():
        wished_at = soon
    return Asked(
        shop_id=shop_id,
        design_version_id=draft.version_id,
        place_id=draft.place_id,
        quantity=draft.quantity,
        wished_at=min(max(wished_at, soon), latest_at),
        latest_at=latest_at,
    )


def quote_for(request: Request, draft: Draft, shop_id: str) -> QuoteRow:
    """A fresh quote, be it an offer or a refusal.

    Errors: InvalidInputError, NotFoundError, PlanRefusedError.
    """
    planning: PlanningSettings = request.app.state.planning
    clock: Clock = request.app.state.clock
    wish = wish_of(draft, shop_id, now=clock.now(), zone=zone_of(request))
    return ask_for_quote(
        request.app.state.sessions,
        request.app.state.readers,
        planning.ground,
        clock,
        wish,
    )


def place_once(
    request: Request, draft: Draft, quote_id: str, shop_id: str
) -> OrderRow | Changed:
    """Place what the shop saw, once; the same quote again is the same order.

    A quote that is no longer good is asked again: it is taken when it is no worse,
    else shown. Errors: those of `quote_for` and `orders.accept.place`.
    """
    known = _placed_from(request, quote_id, shop_id)
    if known is not None:
        return known
    readers: Sessions = request.app.state.readers
    with readers() as session:
        seen = quote_of(session, quote_id, shop_id=shop_id)
    if not _is_of(seen, draft, request):
        return Changed(quote=quote_for(request, draft, shop_id), code="changed")
    try:
        return _place(request, seen.id, seen.id, shop_id)
    except (KeyUsedError, QuoteUsedError):
        return _placed_twice(request, quote_id, shop_id)
    except LicenceRefusedError:
        return Changed(quote=quote_for(request, draft, shop_id), code="licence")
    except (QuoteExpiredError, QuoteOvertakenError) as over:
        code = "expired" if isinstance(over, QuoteExpiredError) else "overtaken"
        fresh = quote_for(request, draft, shop_id)
    if not _is_no_worse(fresh, seen):
        return Changed(quote=fresh, code=code)
    try:
        return _place(request, fresh.id, seen.id, shop_id)
    except KeyUsedError:
        return _placed_twice(request, quote_id, shop_id)
    except QuoteOvertakenError:
        return Changed(quote=quote_for(request, draft, shop_id), code="overtaken")


def _placed_from(request: Request, quote_id: str, shop_id: str) -> OrderRow | None:
    readers: Sessions = request.app.state.readers
    with readers() as session:
        return session.scalar(
            select(OrderRow).where(
                OrderRow.shop_id == shop_id, OrderRow.idempotency_key == _key(quote_id)
            )
        )


def _placed_twice(request: Request, quote_id: str, shop_id: str) -> OrderRow:
    """The order of the other press of the same button."""
    known = _placed_from(request, quote_id, shop_id)
    if known is None:
        raise QuoteUsedError("this quote was ordered already: see your orders")
    return known


def _place(request: Request, quote_id: str, seen_id: str, shop_id: str) -> OrderRow:
    clock: Clock = request.app.state.clock
    sessions: Sessions = request.app.state.sessions
    settings: OrdersSettings = request.app.state.orders
    with sessions() as session:
        try:
            order = place(
                session,
                quote_id=quote_id,
                idempotency_key=_key(seen_id),
                shop_id=shop_id,
                now=clock.now(),
                shortage=settings.shortage,
                key=settings.key,
            )
        except LicenceRefusedError:
            session.commit()  # the gate's no is kept; nothing else was written
            raise
        settings.replan(
            session, f"Order {order.number} was placed.", clock.now(), order.id
        )
        session.commit()
        return order


def _key(quote_id: str) -> str:
    """One quote, one press: whoever presses twice gets the same order."""
    return f"page-{quote_id}"


def _is_of(quote: QuoteRow, draft: Draft, request: Request) -> bool:
    """Whether the quote answers what the form says now."""
    return (
        quote.design_version_id == draft.version_id
        and quote.place_id == draft.place_id
        and quote.quantity == draft.quantity
        and quote.latest_at == latest_of_draft(draft, zone_of(request))
    )


def _is_no_worse(fresh: QuoteRow, seen: QuoteRow) -> bool:
    """Not dearer and not promised later than the shop agreed to."""
    if fresh.refusal is not None or fresh.promised_to_at is None:
        return False
    return (
        fresh.price_cents <= seen.price_cents
        and seen.promised_to_at is not None
        and fresh.promised_to_at <= seen.promised_to_at
    )


def parts_of(quote: QuoteRow, words: Mapping[str, str]) -> list[tuple[str, int]]:
    """(word, cents) of each part that is not nothing, in the order of `words`."""
    return [
        (word, quote.price_parts[name])
        for name, word in words.items()
        if quote.price_parts.get(name)
    ]
