"""Placing an order: once per key, gate asked again, terms frozen, no half orders."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import version_of
from orchestrator.foundation import canonical
from orchestrator.foundation.clock import stamp
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.ids import new_id
from orchestrator.foundation.signing import SigningKey
from orchestrator.orders import money
from orchestrator.orders.clear import clear, recorded
from orchestrator.orders.codes import Entropy, hand_over_code, track_code
from orchestrator.orders.errors import (
    KeyUsedError,
    QuoteExpiredError,
    QuoteOvertakenError,
    QuoteRefusedError,
    QuoteUsedError,
)
from orchestrator.orders.gate import Clearance
from orchestrator.orders.life import tell
from orchestrator.orders.quotes import parts_of_quote, quote_of
from orchestrator.orders.rows import OrderCounterRow, OrderRow, QuoteRow

COUNTER: Final = "order"
KEY_MAX: Final = 128

# What a quote's lab has too little of by now, in words; None: nothing.
type Shortage = Callable[[Session, QuoteRow], str | None]


def place(
    session: Session,
    *,
    quote_id: str,
    idempotency_key: str,
    shop_id: str,
    now: datetime,
    shortage: Shortage,
    key: SigningKey,
    entropy: Entropy = os.urandom,
) -> OrderRow:
    """Accept the quote. The same key again returns the same order, at any time.

    Orders are placed one after the other, so that their numbers have no gaps and no
    material is promised twice: `shortage` is asked what others took meanwhile. `key`, the
    network's own, puts the licence gate's answer into the log.
    Errors: NotFoundError; KeyUsedError; QuoteUsedError, QuoteExpiredError,
    QuoteOvertakenError, QuoteRefusedError; LicenceRefusedError, whose record is kept.
    """
    _check_key(idempotency_key)
    known = _placed(session, shop_id, idempotency_key, quote_id)
    if known is not None:
        return known
    counter = _held_counter(session)
    known = _placed(session, shop_id, idempotency_key, quote_id)
    if known is not None:
        return known
    quote = quote_of(session, quote_id, shop_id=shop_id)
    _check_good(session, quote, now)
    clearance = clear(
        session,
        version_id=quote.design_version_id,
        agent_id=shop_id,
        use=recorded(session, quote.clearance_id).use,
        now=now,
        key=key,
    )
    if clearance.fee_permille != recorded(session, quote.clearance_id).fee_permille:
        raise QuoteExpiredError(
            "what was agreed in return changed meanwhile: ask for a new quote",
            field="quote_id",
        )
    _check_material(session, quote, shortage)
    order = _order(session, quote, clearance, counter=counter, now=now)
    order.idempotency_key = idempotency_key
    _keep(session, order, entropy)
    tell(session, order, "licence", f"{clearance.licence} allows it.", now=now)
    tell(session, order, "placed", "Order placed.", now=now)
    parts = [
        (asked, _order(session, asked, clearance, counter=counter, now=now))
        for asked in parts_of_quote(session, quote)
    ]
    order_of = {quote.id: order.id} | {asked.id: part.id for asked, part in parts}
    for asked, part in reversed(parts):  # what a part goes into is there before it
        _check_material(session, asked, shortage)
        part.part_of, part.goes_into = order.id, order_of[asked.goes_into or ""]
        _keep_part(session, part, order.number, entropy, now)
    session.flush()
    money.claim(session, order, now=now)
    return order


def terms_hash_of(order: OrderRow) -> str:
    """SHA-256 over what both sides agreed on: 64 hex digits."""
    return sha256(
        canonical.dumps(
            {
                "design_version_id": order.design_version_id,
                "content_hash": order.content_hash,
                "licence": order.licence,
                "clearance_id": order.clearance_id,
                "place_id": order.place_id,
                "quantity": order.quantity,
                "price_cents": order.price_cents,
                "currency": order.currency,
                "price_parts": order.price_parts,
                "latest_at": _utc(order.latest_at),
                "promised_from_at": _utc(order.promised_from_at),
                "promised_to_at": _utc(order.promised_to_at),
            }
            | ({"made_of": order.made_of} if order.made_of else {})
        )
    ).hexdigest()


def _keep_part(
    session: Session, part: OrderRow, of_number: int, entropy: Entropy, now: datetime
) -> None:
    part.idempotency_key = f"part-{part.quote_id}"
    _keep(session, part, entropy)
    text = f"Placed as a part of order {of_number}."
    tell(session, part, "placed", text, now=now)


def _keep(session: Session, order: OrderRow, entropy: Entropy) -> None:
    order.pickup_code = hand_over_code(entropy)
    order.delivery_code = hand_over_code(entropy)
    order.track_code = track_code(entropy)
    session.add(order)
    session.flush()


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _check_key(key: str) -> None:
    if not 8 <= len(key) <= KEY_MAX or not key.isascii() or not key.isprintable():
        raise InvalidInputError(
            f"an idempotency key has 8 to {KEY_MAX} printable ASCII characters",
            field="idempotency_key",
        )


def _placed(session: Session, shop_id: str, key: str, quote_id: str) -> OrderRow | None:
    row = session.scalar(
        select(OrderRow).where(
            OrderRow.shop_id == shop_id, OrderRow.idempotency_key == key
        )
    )
    if row is not None and row.quote_id != quote_id:
        raise KeyUsedError(
            f"this key placed order {row.number} from another quote: draw a new key",
            field="idempotency_key",
        )
    return row


def _held_counter(session: Session) -> OrderCounterRow:
    """The counter, locked: whoever holds it is the only one who places an order."""
    row = session.get(
        OrderCounterRow, COUNTER, with_for_update=True, populate_existing=True
    )
    if row is not None:
        return row
    try:
        with session.begin_nested():
            session.add(OrderCounterRow(name=COUNTER, last=0))
    except IntegrityError:
        pass  # another placed the very first order meanwhile
    return session.get_one(
        OrderCounterRow, COUNTER, with_for_update=True, populate_existing=True
    )


def _check_good(session: Session, quote: QuoteRow, now: datetime) -> None:
    used = session.scalar(select(OrderRow).where(OrderRow.quote_id == quote.id))
    if used is not None:
        raise QuoteUsedError(
            f"this quote was ordered as number {used.number}: ask for a new quote",
            field="quote_id",
        )
    if quote.refusal is not None:
        raise QuoteRefusedError(str(quote.refusal["text"]), field="quote_id")
    if now >= quote.expires_at:
        raise QuoteExpiredError(
            f"this quote was good until {stamp(quote.expires_at)}: ask for a new one",
            field="quote_id",
        )


def _check_material(session: Session, quote: QuoteRow, shortage: Shortage) -> None:
    lacking = shortage(session, quote)
    if lacking is not None:
        raise QuoteOvertakenError(
            f"others ordered meanwhile: {lacking}: ask for a new quote",
            field="quote_id",
        )


def _order(
    session: Session,
    quote: QuoteRow,
    clearance: Clearance,
    *,
    counter: OrderCounterRow,
    now: datetime,
) -> OrderRow:
    if quote.promised_from_at is None or quote.promised_to_at is None:
        raise QuoteRefusedError("this quote promises nothing", field="quote_id")
    counter.last += 1
    order = OrderRow(
        id=new_id("order"),
        number=counter.last,
        shop_id=quote.shop_id,
        design_version_id=quote.design_version_id,
        content_hash=version_of(session, quote.design_version_id).content_hash,
        licence=clearance.licence,
        clearance_id=clearance.id,
        quote_id=quote.id,
        steps=quote.steps,
        to_facility_id=quote.to_facility_id,
        made_of=quote.made_of,
        place_id=quote.place_id,
        quantity=quote.quantity,
        wished_at=quote.wished_at,
        latest_at=quote.latest_at,
        price_cents=quote.price_cents,
        currency=quote.currency,
        price_parts=quote.price_parts,
        state="placed",
        promised_from_at=quote.promised_from_at,
        promised_to_at=quote.promised_to_at,
        placed_at=now,
    )
    order.terms_hash = terms_hash_of(order)
    return order
