"""Tables of orders: clearances, quotes, orders, and what happened to each."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.foundation.database import Base


class ClearanceRow(Base):
    """The licence gate's answer, recorded: who may use which design for what."""

    __tablename__ = "clearance"
    id: Mapped[str] = mapped_column(primary_key=True)
    design_version_id: Mapped[str] = mapped_column(ForeignKey("design_version.id"))
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    who: Mapped[str]  # the row of the gate's table that applied
    use: Mapped[str]  # private | make-and-sell
    verdict: Mapped[str]  # allow | allow-with-duties | refuse
    licence: Mapped[str]
    reasons: Mapped[list[str]] = mapped_column(JSON)
    duties: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # kind, text, …
    remedy: Mapped[str | None]
    rule_version: Mapped[str]  # of the gate's rules
    decided_at: Mapped[datetime]


class ReciprocityRow(Base):
    """A reciprocity licence, asked for and agreed: what a seller gives in return."""

    __tablename__ = "reciprocity"
    id: Mapped[str] = mapped_column(primary_key=True)
    design_id: Mapped[str] = mapped_column(ForeignKey("design.id"), index=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"), index=True)
    fee_permille: Mapped[int]  # of the price; 0: in kind
    in_kind: Mapped[str]
    asked_at: Mapped[datetime]
    agreed_at: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]  # None: not agreed yet
    ended_at: Mapped[datetime | None]  # refused, or taken back


class DataAgreementRow(Base):
    """Leave to gain money with a data set: asked for, and granted for a time."""

    __tablename__ = "data_agreement"
    id: Mapped[str] = mapped_column(primary_key=True)
    data_set: Mapped[str]
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"), index=True)
    fee_cents: Mapped[int]  # for the whole time; 0: in kind, or nothing
    currency: Mapped[str]
    in_kind: Mapped[str]
    asked_at: Mapped[datetime]
    granted_at: Mapped[datetime | None]
    granted_by: Mapped[str | None]
    valid_until: Mapped[datetime | None]  # None: not granted yet
    ended_at: Mapped[datetime | None]  # refused, or taken back


class DutyRow(Base):
    """What an order that was handed over still asks of who placed it, by when."""

    __tablename__ = "duty"
    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"), index=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"), index=True)
    kind: Mapped[str]
    text: Mapped[str]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    proof: Mapped[str | None]  # where it can be seen
    checked_at: Mapped[datetime | None]  # whom it is owed to, or a steward, saw it


class DutyWordRow(Base):
    """What was said of a duty: that it is done, is seen to be, or is not."""

    __tablename__ = "duty_word"
    id: Mapped[str] = mapped_column(primary_key=True)
    duty_id: Mapped[str] = mapped_column(ForeignKey("duty.id"), index=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    said: Mapped[str]  # done | confirmed | contested
    text: Mapped[str]  # where it can be seen, or what is missing
    said_at: Mapped[datetime]
    salt: Mapped[bytes] = mapped_column(LargeBinary)  # of what the log holds


class QuoteRow(Base):
    """A price with its parts and a promise, good until `expires_at`."""

    __tablename__ = "quote"
    id: Mapped[str] = mapped_column(primary_key=True)
    shop_id: Mapped[str] = mapped_column(ForeignKey("agent.id"), index=True)
    design_version_id: Mapped[str] = mapped_column(ForeignKey("design_version.id"))
    clearance_id: Mapped[str] = mapped_column(ForeignKey("clearance.id"))
    place_id: Mapped[str] = mapped_column(ForeignKey("place.id"))
    quantity: Mapped[int]
    wished_at: Mapped[datetime]
    latest_at: Mapped[datetime]
    price_cents: Mapped[int]
    currency: Mapped[str]
    price_parts: Mapped[dict[str, int]] = mapped_column(JSON)  # machine, labour, …
    tariff_version: Mapped[str]  # whose rates they are
    facility_id: Mapped[str | None] = mapped_column(ForeignKey("facility.id"))
    # of several labs' work each has a quote; see OrderRow. All money is on the whole's.
    part_of: Mapped[str | None] = mapped_column(ForeignKey("quote.id"), index=True)
    goes_into: Mapped[str | None] = mapped_column(ForeignKey("quote.id"))
    steps: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    to_facility_id: Mapped[str | None] = mapped_column(ForeignKey("facility.id"))
    machine_names: Mapped[list[str]] = mapped_column(JSON)
    # by step that is made of what its design allows instead: of what
    made_of: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    courier_id: Mapped[str | None] = mapped_column(ForeignKey("agent.id"))
    distance_m: Mapped[int | None]
    promised_from_at: Mapped[datetime | None]
    promised_to_at: Mapped[datetime | None]
    refusal: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # code, text, helps
    rejections: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class OrderCounterRow(Base):
    """The last order number given; its lock keeps numbers without gaps."""

    __tablename__ = "order_counter"
    name: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class OrderRow(Base):
    """So many of this design, here, by then; price and licence frozen when placed.

    Where no single lab makes all steps, the order covers some with the last, and each
    of its parts (`part_of`) others: made in one lab, and brought not to the place but to
    the lab of what it `goes_into`. A part has no price.
    """

    __tablename__ = "order"
    __table_args__ = (UniqueConstraint("shop_id", "idempotency_key"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    idempotency_key: Mapped[str]
    shop_id: Mapped[str] = mapped_column(ForeignKey("agent.id"), index=True)
    design_version_id: Mapped[str] = mapped_column(ForeignKey("design_version.id"))
    content_hash: Mapped[str]
    licence: Mapped[str]
    clearance_id: Mapped[str] = mapped_column(ForeignKey("clearance.id"))
    quote_id: Mapped[str] = mapped_column(ForeignKey("quote.id"), unique=True)
    terms_hash: Mapped[str]  # design, licence, price and promise as accepted
    place_id: Mapped[str] = mapped_column(ForeignKey("place.id"))
    quantity: Mapped[int]
    wished_at: Mapped[datetime]
    latest_at: Mapped[datetime]
    price_cents: Mapped[int]
    currency: Mapped[str]
    price_parts: Mapped[dict[str, int]] = mapped_column(JSON)
    # placed | planned | making | made | on-the-way | delivered | refused | cancelled
    state: Mapped[str] = mapped_column(index=True)
    reason_code: Mapped[str | None]
    reason_text: Mapped[str | None]
    # the promise of the quote, never rewritten; the plan's present word beside it
    promised_from_at: Mapped[datetime]
    promised_to_at: Mapped[datetime]
    expected_at: Mapped[datetime | None]
    facility_id: Mapped[str | None] = mapped_column(ForeignKey("facility.id"))
    part_of: Mapped[str | None] = mapped_column(ForeignKey("order.id"), index=True)
    # of a part: the order that is made from it, which may be made from several
    goes_into: Mapped[str | None] = mapped_column(ForeignKey("order.id"), index=True)
    # positions in the design, ascending; None: all
    steps: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    to_facility_id: Mapped[str | None] = mapped_column(ForeignKey("facility.id"))
    made_of: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # as quoted
    courier_id: Mapped[str | None] = mapped_column(ForeignKey("agent.id"))
    pickup_code: Mapped[str]  # shown at the lab, typed or scanned by the courier
    delivery_code: Mapped[str]  # shown by who gets it, typed or scanned by the courier
    track_code: Mapped[str] = mapped_column(unique=True)
    placed_at: Mapped[datetime]
    made_at: Mapped[datetime | None]
    picked_up_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class OrderEventRow(Base):
    """One line of an order's timeline, in words for people."""

    __tablename__ = "order_event"
    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("order.id"), index=True)
    position: Mapped[int]  # as told: many lines may have one time
    at: Mapped[datetime]
    code: Mapped[str]
    text: Mapped[str]
