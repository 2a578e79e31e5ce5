"""What HTTP tells of quotes and orders, and how rows become it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel
from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import version_of
from orchestrator.orders.clear import clearance_of
from orchestrator.orders.life import timeline
from orchestrator.orders.parts import goal_of, parts_of
from orchestrator.orders.quotes import parts_of_quote
from orchestrator.orders.rows import OrderRow, QuoteRow
from orchestrator.orders.views import Side, titles_of

PAYS = frozenset({"shop", "steward"})
GETS = frozenset({"shop", "next-lab"})
BRINGS = GETS | {"steward", "courier"}

State = Literal[
    "placed",
    "planned",
    "making",
    "made",
    "on-the-way",
    "delivered",
    "refused",
    "cancelled",
]


class LineOut(BaseModel):
    """One line of the order's story."""

    at: datetime
    code: str
    text: str


class OrderOut(BaseModel):
    """An order in a list."""

    id: str
    number: int
    state: str
    design_version_id: str
    title: str
    quantity: int
    price_cents: int | None  # None: not yours to see
    currency: str
    wished_at: datetime
    latest_at: datetime
    promised_from_at: datetime
    promised_to_at: datetime
    expected_at: datetime | None
    facility_id: str | None
    part_of: str | None  # this is a part of that order
    goes_into: str | None  # the order that is made from this part
    steps: list[int] | None  # positions of those that it covers; None: all
    to_facility_id: str | None  # where a part is brought
    reason_code: str | None
    reason_text: str | None
    placed_at: datetime
    delivered_at: datetime | None


class PartOut(BaseModel):
    """What another lab makes of an order before its own lab goes on with it."""

    id: str
    number: int
    state: str
    goes_into: str  # that order, or another of its parts
    steps: list[int]
    facility_id: str | None
    to_facility_id: str
    expected_at: datetime | None


class PlaceOut(BaseModel):
    """Where it is brought: the shop's place, or the lab that goes on with a part."""

    id: str
    name: str
    address: str
    lat: float
    lon: float


class OrderDetailOut(OrderOut):
    """One order for who has to do with it; what is not theirs to see is None."""

    as_what: list[Side]
    price_parts: dict[str, int] | None
    licence: str
    duties: list[str]
    terms_hash: str
    made_of: dict[str, str]  # by step of which a substitute is taken
    place: PlaceOut | None
    courier_id: str | None
    pickup_code: str | None  # the lab shows it to the courier
    delivery_code: str | None  # the shop, or the next lab, shows it to the courier
    track_code: str | None
    made_at: datetime | None
    picked_up_at: datetime | None
    parts: list[PartOut]
    timeline: list[LineOut]


class AgainOut(BaseModel):
    """What to ask a new quote for."""

    design_version_id: str
    place_id: str
    quantity: int
    wished_at: datetime
    latest_at: datetime
    newer_version: bool


class QuotePartOut(BaseModel):
    """What another lab would make before, and who would bring it on."""

    steps: list[int]
    facility_id: str
    to_facility_id: str
    machine_names: list[str]
    courier_id: str
    distance_m: int
    promised_from_at: datetime
    promised_to_at: datetime


class QuoteOut(BaseModel):
    """A price with its parts and a promise, or why not."""

    id: str
    design_version_id: str
    clearance_id: str
    place_id: str
    quantity: int
    wished_at: datetime
    latest_at: datetime
    price_cents: int
    currency: str
    price_parts: dict[str, int]
    tariff_version: str
    facility_id: str | None
    machine_names: list[str]
    made_of: dict[str, str]  # by step of which a substitute is taken
    courier_id: str | None
    distance_m: int | None
    parts: list[QuotePartOut]  # mostly none; price and promise are of the whole
    promised_from_at: datetime | None
    promised_to_at: datetime | None
    refusal: dict[str, object] | None
    rejections: list[dict[str, object]]
    made_at: datetime
    expires_at: datetime


def quote_out(session: Session, row: QuoteRow) -> QuoteOut:
    """A quote as HTTP tells it; planning's endpoint answers with it."""
    parts = [
        QuotePartOut.model_validate(part, from_attributes=True)
        for part in parts_of_quote(session, row)
    ]
    told = {
        name: getattr(row, name) for name in QuoteOut.model_fields if name != "parts"
    }
    return QuoteOut.model_validate(told | {"parts": parts})


def orders_out(
    session: Session, rows: Iterable[OrderRow], *, with_price: bool
) -> list[OrderOut]:
    """Orders as lists tell them."""
    held = list(rows)
    titles = titles_of(session, held)
    return [
        _order_out(row, titles[row.design_version_id], with_price=with_price)
        for row in held
    ]


def detail_of(
    session: Session, row: OrderRow, sides: frozenset[Side]
) -> OrderDetailOut:
    """An order as these sides may see it."""
    title = version_of(session, row.design_version_id).title
    pays, brings = bool(sides & PAYS) and row.part_of is None, bool(sides & BRINGS)
    place_row = goal_of(session, row)
    return OrderDetailOut(
        **_order_out(row, title, with_price=pays).model_dump(),
        as_what=sorted(sides),
        price_parts=row.price_parts if pays else None,
        licence=row.licence,
        duties=[duty.text for duty in clearance_of(session, row).duties],
        terms_hash=row.terms_hash,
        made_of=row.made_of,
        place=PlaceOut.model_validate(place_row, from_attributes=True)
        if brings
        else None,
        courier_id=row.courier_id,
        pickup_code=row.pickup_code if "lab" in sides else None,
        delivery_code=row.delivery_code if sides & GETS else None,
        track_code=row.track_code if pays else None,
        made_at=row.made_at,
        picked_up_at=row.picked_up_at,
        parts=[
            PartOut.model_validate(part, from_attributes=True)
            for part in parts_of(session, row)
        ],
        timeline=[
            LineOut.model_validate(line, from_attributes=True)
            for line in timeline(session, row.id)
        ],
    )


def _order_out(row: OrderRow, title: str, *, with_price: bool) -> OrderOut:
    names = OrderOut.model_fields.keys() - {"title", "price_cents"}
    told = {name: getattr(row, name) for name in names}
    price_cents = row.price_cents if with_price and row.part_of is None else None
    return OrderOut.model_validate(told | {"title": title, "price_cents": price_cents})
