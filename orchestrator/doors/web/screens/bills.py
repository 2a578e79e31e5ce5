"""An order's bill: what it costs, what is open; a steward records, refunds, takes back."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from orchestrator.accounts.billing import refundable
from orchestrator.accounts.bills import shares_of
from orchestrator.accounts.chart import NETWORK
from orchestrator.doors.web.access import SignedInDep, StewardDep, StewardDeskDep
from orchestrator.doors.web.account_view import history_of
from orchestrator.doors.web.formats import money
from orchestrator.doors.web.order_words import PRICE_WORDS
from orchestrator.doors.web.pages import Page, Pages, render
from orchestrator.foundation.api import Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.ids import checked_id, new_id
from orchestrator.foundation.money import Money, cents_of
from orchestrator.members.agents import agent_of, names_of
from orchestrator.orders import treasury
from orchestrator.orders.bills import bill_for
from orchestrator.orders.rows import OrderRow
from orchestrator.orders.views import titles_of

router = APIRouter()

HOME: Final = "/accounts/bills/{order_id}"
Amount = Annotated[str, Form(max_length=20)]
Why = Annotated[str, Form(max_length=300)]


@router.get(HOME)
def bill_page(
    request: Request, order_id: Id, principal: SignedInDep, session: ReaderDep
) -> Response:
    """The bill, to look at and to print, for its shop and for stewards."""
    bill = bill_for(session, principal, order_id)
    order = session.get_one(OrderRow, order_id)
    shares = shares_of(bill)
    pages: Pages = request.app.state.pages
    return render(
        request,
        "bill.html",
        page=Page(title=f"Bill of order {bill.order_number}"),
        bill=bill,
        order=order,
        title=titles_of(session, [order])[order.design_version_id],
        payer=agent_of(session, bill.payer_id),
        network=pages.settings.network,
        open_cents=treasury.open_cents(session, bill),
        left=refundable(session, bill),
        shares=shares,
        names={NETWORK: pages.settings.network}
        | names_of(session, {one.agent_id for one in shares}),
        parts=PRICE_WORDS,
        history=history_of(session, bill),
        is_steward=principal.is_steward,
        act_id=new_id("money"),
        amount=money,
        done=request.query_params.get("done"),
    )


@router.post(f"{HOME}/payments")
def record_payment(
    *,
    order_id: Id,
    amount: Amount = "",
    act_id: Annotated[Id, Form()],
    steward: StewardDep,
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """Money came in for this order."""
    bill = bill_for(session, steward, order_id)
    row = treasury.record_payment(
        session,
        desk,
        order_id=order_id,
        money=typed(amount, bill.currency),
        payment_id=checked_id(act_id),
    )
    return _back(order_id, row.id)


@router.post(f"{HOME}/refunds")
def give_refund(
    *,
    order_id: Id,
    amount: Amount = "",
    why: Why = "",
    act_id: Annotated[Id, Form()],
    steward: StewardDep,
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """Part of the invoice goes back."""
    bill = bill_for(session, steward, order_id)
    if not why.strip():
        raise InvalidInputError("say why: the shop reads it", field="why")
    row = treasury.refund(
        session,
        desk,
        order_id=order_id,
        cents=typed(amount, bill.currency).cents,
        refund_id=checked_id(act_id),
        why=why.strip(),
    )
    return _back(order_id, row.id)


@router.post(f"{HOME}/undo")
def take_back(
    *,
    order_id: Id,
    transaction_id: Annotated[Id, Form()],
    why: Why = "",
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """A payment or refund is taken back by its reversal."""
    treasury.take_back(
        session,
        desk,
        transaction_id,
        why=why.strip() or "Taken back at once.",
    )
    return RedirectResponse(HOME.format(order_id=order_id), status_code=303)


def typed(amount: str, currency: str) -> Money:
    """`12,50` as people type it. Errors: InvalidInputError."""
    return Money(cents=cents_of(amount, "amount"), currency=currency)


def _back(order_id: str, done: str) -> Response:
    url = f"{HOME.format(order_id=order_id)}?done={done}"
    return RedirectResponse(url, status_code=303)
