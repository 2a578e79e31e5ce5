"""A quote: what was asked, what the gate said, who would make it, and its price."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import citations_of, steps_of, version_of
from orchestrator.catalogue.withdrawing import check_offered
from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.foundation.ids import new_id
from orchestrator.network.places import place_of
from orchestrator.orders.gate import Clearance, Refusal
from orchestrator.orders.parts import pieces_of
from orchestrator.orders.pricing import PARTS, Fee, Price, StepCost, Tariff, Trip, price
from orchestrator.orders.rows import QuoteRow
from orchestrator.orders.table import Use

QUANTITY_MAX: Final = 10_000
AHEAD_MAX: Final = timedelta(days=180)
LIFE: Final = timedelta(minutes=30)
NOTHING: Final = dict.fromkeys(PARTS, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteInput:
    """A shop's wish, checked: so many of this version, there, by then."""

    shop_id: str
    version_id: str
    place_id: str
    quantity: int
    wished_at: datetime
    latest_at: datetime
    use: Use
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A machine, or `count` of machines or couriers, that was not chosen, and why."""

    subject_id: str
    subject_name: str
    code: str
    text: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOffer:
    """Who would make these steps, and bring the pieces on.

    `into`: which of the offer's parts is made from it, after it in their order; None:
    what the offer's own lab makes.
    """

    steps: tuple[int, ...]
    into: int | None
    to_facility_id: str
    facility_id: str
    machine_names: tuple[str, ...]
    courier_id: str
    trip: Trip
    promised_from_at: datetime
    promised_to_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Who would make and bring it, as planning found. `trip` None: fetched by hand.

    `steps` are all that the design has. Where no single lab makes them, `facility_id`
    and `trip` are the last lab's and from there to the shop, `own_steps` what it makes,
    and `parts` what is made before in others. `made_of`: by step that is made of a substitute, of which.
    """

    facility_id: str
    machine_names: tuple[str, ...]
    steps: tuple[StepCost, ...]
    courier_id: str | None
    trip: Trip | None
    promised_from_at: datetime
    promised_to_at: datetime
    passed_over: tuple[PassedOver, ...] = ()
    own_steps: tuple[int, ...] | None = None
    parts: tuple[PartOffer, ...] = ()
    made_of: Mapping[str, str] = MappingProxyType({})

    @property
    def trips(self) -> tuple[Trip, ...]:
        """Every courier's way, the last one to the shop."""
        last = () if self.trip is None else (self.trip,)
        return (*(part.trip for part in self.parts), *last)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOffer:
    """Why nobody can; `helps`: what would change that."""

    code: str
    text: str
    helps: tuple[str, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()


def quote_input(
    session: Session,
    *,
    shop_id: str,
    version_id: str,
    place_id: str,
    quantity: int,
    wished_at: datetime,
    latest_at: datetime,
    now: datetime,
    use: Use = Use.MAKE_AND_SELL,
) -> QuoteInput:
    """The wish when it can be one.

    Errors: InvalidInputError with the field; WithdrawnError; NotFoundError for an
    unknown version, or a place that is not the shop's.
    """
    check_offered(session, version_of(session, version_id).design_id)
    if place_of(session, place_id).agent_id != shop_id:
        raise NotFoundError(f"you have no place {place_id[:64]!r}", field="place_id")
    if not 1 <= quantity <= QUANTITY_MAX:
        raise InvalidInputError(
            f"quantity must be 1 to {QUANTITY_MAX}, got {quantity}", field="quantity"
        )
    _check_parts(session, version_id, quantity)
    if not now < latest_at <= now + AHEAD_MAX:
        raise InvalidInputError(
            f"the latest time must lie in the next {AHEAD_MAX.days} days, "
            f"got {latest_at.isoformat()}",
            field="latest_at",
        )
    if wished_at > latest_at:
        raise InvalidInputError(
            "the wished time must not lie after the latest time", field="wished_at"
        )
    return QuoteInput(
        shop_id=shop_id,
        version_id=version_id,
        place_id=place_id,
        quantity=quantity,
        wished_at=max(wished_at, now),
        latest_at=latest_at,
        use=use,
        asked_at=now,
    )


def _check_parts(session: Session, version_id: str, quantity: int) -> None:
    for step in steps_of(session, version_id):
        if pieces_of(step, quantity) > QUANTITY_MAX:
            raise InvalidInputError(
                f"each piece takes {step.quantity} of {step.name!r}, and no order makes "
                f"more than {QUANTITY_MAX} of anything: order at most "
                f"{QUANTITY_MAX // step.quantity}",
                field="quantity",
            )


def record_quote(
    session: Session,
    asked: QuoteInput,
    clearance: Clearance,
    offer: Offer | NoOffer,
    *,
    tariff: Tariff,
    life: timedelta = LIFE,
) -> QuoteRow:
    """Keep planning's answer as a quote, with its price, good for `life`.

    Errors: InvalidInputError when the clearance is for something else.
    """
    if (clearance.version_id, clearance.agent_id, clearance.use) != (
        asked.version_id,
        asked.shop_id,
        asked.use,
    ):
        raise InvalidInputError("this clearance is for another design, member or use")
    row = _empty_row(asked, clearance.id, tariff, life)
    row.rejections = _plain(offer.passed_over)
    if isinstance(offer, NoOffer):
        row.refusal = _refusal(offer.code, offer.text, offer.helps)
    else:
        _fill(row, offer, price_of(session, asked, offer, tariff, clearance))
    session.add(row)
    session.flush()
    if isinstance(offer, Offer):
        _keep_parts(session, row, offer.parts)
    return row


def record_refused(
    session: Session,
    asked: QuoteInput,
    refused: Refusal,
    *,
    tariff: Tariff,
    life: timedelta = LIFE,
) -> QuoteRow:
    """Keep the gate's no as a quote, so that the shop sees why and what would help."""
    row = _empty_row(asked, refused.id, tariff, life)
    row.refusal = _refusal(refused.code, " ".join(refused.reasons), [refused.remedy])
    session.add(row)
    session.flush()
    return row


def price_of(
    session: Session,
    asked: QuoteInput,
    offer: Offer,
    tariff: Tariff,
    clearance: Clearance,
) -> Price:
    """What the offer costs the shop, with what the licence asks in return."""
    version = version_of(session, asked.version_id)
    cited = citations_of(session, asked.version_id)
    fee = Fee(
        cents=version.fee_cents if asked.use is Use.MAKE_AND_SELL else 0,
        upstream_ppm=sum(citation.weight_ppm for citation in cited),
    )
    return price(
        offer.steps,
        offer.trips,
        fee,
        asked.quantity,
        tariff,
        reciprocity_permille=clearance.fee_permille,
    )


def quote_of(session: Session, quote_id: str, *, shop_id: str) -> QuoteRow:
    """The shop's own quote. Errors: NotFoundError, also for another shop's."""
    row = session.get(QuoteRow, quote_id)
    if row is None or row.shop_id != shop_id or row.part_of is not None:
        raise NotFoundError(f"you have no quote {quote_id[:64]!r}", field="quote_id")
    return row


def parts_of_quote(session: Session, quote: QuoteRow) -> Sequence[QuoteRow]:
    """What other labs would make before, each after its own parts; mostly none."""
    if quote.steps is None:
        return ()
    rows = session.scalars(select(QuoteRow).where(QuoteRow.part_of == quote.id))
    return sorted(rows, key=lambda row: max(row.steps or [0]))


def _empty_row(
    asked: QuoteInput, clearance_id: str, tariff: Tariff, life: timedelta
) -> QuoteRow:
    return QuoteRow(
        id=new_id("quote"),
        shop_id=asked.shop_id,
        design_version_id=asked.version_id,
        clearance_id=clearance_id,
        place_id=asked.place_id,
        quantity=asked.quantity,
        wished_at=asked.wished_at,
        latest_at=asked.latest_at,
        price_cents=0,
        currency=tariff.currency,
        price_parts=dict(NOTHING),
        tariff_version=tariff.version,
        machine_names=[],
        made_of={},
        rejections=[],
        made_at=asked.asked_at,
        expires_at=asked.asked_at + life,
    )


def _fill(row: QuoteRow, offer: Offer, cost: Price) -> None:
    row.facility_id = offer.facility_id
    row.machine_names = list(offer.machine_names)
    row.made_of = dict(offer.made_of)
    row.courier_id = offer.courier_id
    row.distance_m = offer.trip.distance_m if offer.trip else None
    row.promised_from_at = offer.promised_from_at
    row.promised_to_at = offer.promised_to_at
    row.price_cents = cost.total_cents
    row.price_parts = dict(cost.parts)
    row.steps = None if offer.own_steps is None else list(offer.own_steps)


def _keep_parts(session: Session, whole: QuoteRow, parts: Sequence[PartOffer]) -> None:
    kept: dict[int | None, QuoteRow] = {None: whole}
    for number, part in reversed(list(enumerate(parts))):
        kept[number] = _of_part(whole, kept[part.into].id, part)
        session.add(kept[number])
        session.flush()


def _of_part(whole: QuoteRow, goes_into: str, part: PartOffer) -> QuoteRow:
    """Its own lab, courier and time; price and licence are the whole's."""
    return QuoteRow(
        id=new_id("quote"),
        part_of=whole.id,
        goes_into=goes_into,
        steps=list(part.steps),
        to_facility_id=part.to_facility_id,
        shop_id=whole.shop_id,
        design_version_id=whole.design_version_id,
        clearance_id=whole.clearance_id,
        place_id=whole.place_id,
        quantity=whole.quantity,
        wished_at=min(whole.wished_at, part.promised_to_at),
        latest_at=whole.latest_at,
        price_cents=0,
        currency=whole.currency,
        price_parts=dict(NOTHING),
        tariff_version=whole.tariff_version,
        facility_id=part.facility_id,
        machine_names=list(part.machine_names),
        made_of=whole.made_of,
        courier_id=part.courier_id,
        distance_m=part.trip.distance_m,
        promised_from_at=part.promised_from_at,
        promised_to_at=part.promised_to_at,
        rejections=[],
        made_at=whole.made_at,
        expires_at=whole.expires_at,
    )


def _refusal(code: str, text: str, helps: Sequence[str]) -> dict[str, Any]:
    return {"code": code, "text": text, "helps": list(helps)}


def _plain(passed_over: Sequence[PassedOver]) -> list[dict[str, Any]]:
    return [asdict(each) for each in passed_over]
