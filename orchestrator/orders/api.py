"""Orders over HTTP: translate, call one room, translate back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import Field
from sqlalchemy.orm import Session

from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.foundation.signing import SigningKey
from orchestrator.members.principal_api import PrincipalDep, Strict
from orchestrator.members.principals import require_role
from orchestrator.orders.accept import Shortage, place
from orchestrator.orders.again import order_again
from orchestrator.orders.answers import (
    AgainOut,
    OrderDetailOut,
    OrderOut,
    QuoteOut,
    State,
    detail_of,
    orders_out,
    quote_out,
)
from orchestrator.orders.errors import (
    KeyUsedError,
    LicenceRefusedError,
    OrderStateError,
    QuoteExpiredError,
    QuoteOvertakenError,
    QuoteRefusedError,
    QuoteUsedError,
)
from orchestrator.orders.life import cancel, held_order
from orchestrator.orders.quotes import quote_of
from orchestrator.orders.views import (
    Tracked,
    csv_of,
    find_orders,
    order_for,
    sides_of,
    titles_of,
    tracked,
)

router = APIRouter(prefix="/api/v1", tags=["orders"])


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersSettings:
    """What the HTTP door puts in `app.state.orders` before it serves.

    `replan`: told, in the same transaction, why the plan may have to change, and of
    which order. `shortage`: asked, in the same transaction, whether what a quote counts
    on is still there. `key`: the network's own, for the log.
    """

    replan: Callable[[Session, str, datetime, str], None]
    shortage: Shortage
    key: SigningKey


class OrderIn(Strict):
    """The quote that the shop accepts."""

    quote_id: Id


@router.post(
    "/orders",
    status_code=201,
    responses=refusals(
        NotSignedInError,
        NotAllowedError,
        LicenceRefusedError,
        NotFoundError,
        QuoteExpiredError,
        QuoteOvertakenError,
        QuoteUsedError,
        QuoteRefusedError,
        KeyUsedError,
        InvalidInputError,
    ),
)
def place_order(
    *,
    asked: OrderIn,
    idempotency_key: Annotated[str, Header(min_length=8, max_length=128)],
    principal: PrincipalDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> OrderDetailOut:
    """Accept a quote. The same Idempotency-Key again returns the same order."""
    require_role(principal, "shop")
    settings: OrdersSettings = request.app.state.orders
    try:
        order = place(
            session,
            quote_id=asked.quote_id,
            idempotency_key=idempotency_key,
            shop_id=principal.agent_id,
            now=clock.now(),
            shortage=settings.shortage,
            key=settings.key,
        )
    except LicenceRefusedError:
        session.commit()  # the gate's no is kept; nothing else was written
        raise
    settings.replan(session, f"Order {order.number} was placed.", clock.now(), order.id)
    return detail_of(session, order, frozenset({"shop"}))


@router.get("/quotes/{quote_id}", responses=refusals(NotSignedInError, NotFoundError))
def show_quote(quote_id: Id, principal: PrincipalDep, session: ReaderDep) -> QuoteOut:
    """One of your own quotes."""
    return quote_out(session, quote_of(session, quote_id, shop_id=principal.agent_id))


@router.get("/orders", responses=refusals(NotSignedInError, NotFoundError))
def list_orders(
    *,
    principal: PrincipalDep,
    session: ReaderDep,
    clock: ClockDep,
    state: Annotated[list[State] | None, Query(max_length=8)] = None,
    facility_id: Annotated[str | None, Query(max_length=64)] = None,
    late: bool = False,
    before_number: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[OrderOut]:
    """Your orders, newest first; a steward's are all, a lab's by `facility_id`."""
    found = find_orders(
        session,
        principal,
        states=state or (),
        facility_id=facility_id,
        late_at=clock.now() if late else None,
        before_number=before_number,
        limit=limit,
    )
    own = facility_id is None or principal.is_steward
    return orders_out(session, found, with_price=own)


@router.get(
    "/orders.csv", response_class=Response, responses=refusals(NotSignedInError)
)
def list_orders_as_csv(
    principal: PrincipalDep,
    session: ReaderDep,
    state: Annotated[list[State] | None, Query(max_length=8)] = None,
) -> Response:
    """The newest 500 of your orders as CSV."""
    found = find_orders(session, principal, states=state or (), limit=500)
    return Response(
        csv_of(found, titles_of(session, found)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="orders.csv"'},
    )


@router.get("/orders/{order_id}", responses=refusals(NotSignedInError, NotFoundError))
def show_order(
    order_id: Id, principal: PrincipalDep, session: ReaderDep
) -> OrderDetailOut:
    """One order with its story, to who has to do with it."""
    order = order_for(session, principal, order_id)
    return detail_of(session, order, sides_of(order, principal))


@router.post(
    "/orders/{order_id}/cancel",
    responses=refusals(NotSignedInError, NotFoundError, OrderStateError),
)
def cancel_order(
    order_id: Id,
    principal: PrincipalDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> OrderDetailOut:
    """Take an order back, before anybody began to make it."""
    sides = sides_of(order_for(session, principal, order_id), principal)
    if not sides & {"shop", "steward"}:
        raise NotFoundError(f"you have no order {order_id!r}", field="order_id")
    order = held_order(session, order_id)
    settings: OrdersSettings = request.app.state.orders
    if cancel(session, order, now=clock.now()):
        settings.replan(
            session, f"Order {order.number} was cancelled.", clock.now(), order.id
        )
    return detail_of(session, order, sides)


@router.get(
    "/orders/{order_id}/again", responses=refusals(NotSignedInError, NotFoundError)
)
def show_again(
    order_id: Id, principal: PrincipalDep, session: ReaderDep, clock: ClockDep
) -> AgainOut:
    """What to ask a quote for, to order the same again."""
    order = order_for(session, principal, order_id)
    if "shop" not in sides_of(order, principal):
        raise NotFoundError(f"you have no order {order_id!r}", field="order_id")
    again = order_again(session, order, now=clock.now())
    return AgainOut(
        design_version_id=again.version_id,
        place_id=again.place_id,
        quantity=again.quantity,
        wished_at=again.wished_at,
        latest_at=again.latest_at,
        newer_version=again.newer_version,
    )


@router.get("/track/{code}", responses=refusals(NotFoundError))
def track(code: Annotated[str, Field(max_length=40)], session: ReaderDep) -> Tracked:
    """Where the thing with this code is. No login; nothing about anybody."""
    return tracked(session, code)
