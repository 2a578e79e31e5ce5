"""What an order's life is in money: claimed, invoiced at the hand-over, or given back."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from orchestrator.accounts import billing
from orchestrator.accounts.billing import Invoice
from orchestrator.accounts.rows import BillRow
from orchestrator.foundation.iso7064 import creditor_reference
from orchestrator.orders.owed import owed_of
from orchestrator.orders.pricing import MILLION
from orchestrator.orders.rows import OrderRow
from orchestrator.orders.terms import terms_at


def claim(session: Session, order: OrderRow, *, now: datetime) -> None:
    """The order was placed: its price is claimed, and a deposit where terms ask it."""
    if order.part_of is not None:  # all money is on the whole
        return
    terms = terms_at(session, now)
    bill = BillRow(
        order_id=order.id,
        order_number=order.number,
        reference=creditor_reference(order.number),
        payer_id=order.shop_id,
        currency=order.currency,
        cents=order.price_cents,
        deposit_cents=order.price_cents * terms.deposit_ppm // MILLION,
        terms_version=terms.rule_version,
        claimed_at=now,
    )
    billing.claim(session, bill)


def invoice(session: Session, order: OrderRow, *, now: datetime) -> None:
    """The order was handed over: it is invoiced, with its taxes, to who placed it."""
    if order.part_of is not None:
        return
    claim(session, order, now=now)  # placed before there was a book
    terms = terms_at(session, order.placed_at)  # what both sides agreed on
    owed = owed_of(session, order, terms.taxes)
    drawn = Invoice(
        shares=owed.shares,
        taxes=owed.taxes,
        notes=terms.notes,
        due_at=now + timedelta(days=terms.due_days),
    )
    billing.invoice(session, order.id, drawn, now=now)


def give_back(session: Session, order: OrderRow, *, why: str, now: datetime) -> None:
    """The order was cancelled or refused: nothing is owed, what was paid goes back."""
    if order.part_of is not None:
        return
    claim(session, order, now=now)
    billing.end(session, order.id, why=why, now=now)
