"""Screen 14, Order new: how many, where, when, and what it costs while you say so."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.catalogue.api import CatalogueSettings
from orchestrator.catalogue.designs import latest_of, steps_of, version_of
from orchestrator.doors.web.access import ShopDep
from orchestrator.doors.web.formats import short_time
from orchestrator.doors.web.geography import quote_view
from orchestrator.doors.web.licence_words import ForMe, licence_name, plainly, way_out
from orchestrator.doors.web.listing import first_drawing
from orchestrator.doors.web.made_in import MadeIn, made_in
from orchestrator.doors.web.map_view import MapView
from orchestrator.doors.web.order_parts import Instead, Offered, instead_of, offered_by
from orchestrator.doors.web.order_words import PRICE_WORDS, sentence
from orchestrator.doors.web.ordering import (
    ANY_TIME,
    HOURS,
    WINDOWS,
    Changed,
    Draft,
    first_day,
    parts_of,
    place_once,
    quote_for,
)
from orchestrator.doors.web.pages import Page, render, zone_of
from orchestrator.doors.web.trade_words import trade_of
from orchestrator.doors.web.words import N_
from orchestrator.foundation.api import ClockDep, Id, ReaderDep
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import FabcommonsError, NotFoundError
from orchestrator.members.agents import agent_of
from orchestrator.members.principals import Principal
from orchestrator.network.places import places_of
from orchestrator.orders.clear import duties_of
from orchestrator.orders.gate import NOT_ADVICE
from orchestrator.orders.quotes import QUANTITY_MAX, quote_of
from orchestrator.orders.rows import ClearanceRow, QuoteRow
from orchestrator.planning.api import PlanningSettings
from orchestrator.planning.candidates import FAR_MISSES

router = APIRouter()

DUTIES_BELOW: Final = "has duties."  # they are listed by themselves
WHY_NEW: Final = {
    "changed": N_("You changed something. This is the price for it."),
    "expired": N_("The price you saw is no longer good. This one holds now."),
    "overtaken": N_("Others ordered before you. This is what holds now."),
    "licence": N_("The licence gate was asked again and answers differently now."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteShown:
    """A quote with the names that a page shows."""

    quote: QuoteRow
    labs: tuple[Offered, ...]  # the last one last
    courier: str | None
    parts: list[tuple[str, int]]
    gate: ForMe
    refusal: str
    others: tuple[str, ...]  # who was near, and why not
    far_count: int  # machines for other kinds of work
    instead: tuple[Instead, ...]
    made: MadeIn
    why_new: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The form can't be priced as it is; `field` names the input at fault."""

    text: str
    field: str | None


def _draft(
    design: Annotated[Id, Form()],
    place: Annotated[Id, Form()] = "",
    quantity: Annotated[str, Form(max_length=9)] = "",
    wished_day: Annotated[str, Form(max_length=10)] = "",
    wished_window: Annotated[str, Form(max_length=8)] = ANY_TIME,
) -> Draft:
    """The form as it was sent; what can't be read becomes what the rooms refuse."""
    try:
        day = date.fromisoformat(wished_day)
    except ValueError:
        day = date(1970, 1, 1)
    return Draft(
        version_id=design,
        place_id=place,
        quantity=int(quantity) if quantity.isdecimal() else 0,
        day=day,
        window=wished_window,
    )


DraftDep = Annotated[Draft, Depends(_draft)]


@router.get("/orders/new")
def order_form(
    *,
    request: Request,
    shop: ShopDep,
    session: ReaderDep,
    clock: ClockDep,
    design: Annotated[str, Query(max_length=64)] = "",
    quantity: Annotated[int, Query(ge=1, le=QUANTITY_MAX)] = 1,
    place: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The form; `quantity` and `place` are filled in when something is ordered again."""
    if not design:
        return RedirectResponse("/designs", status_code=303)
    places = places_of(session, shop.agent_id)
    known = {row.id for row in places}
    draft = Draft(
        version_id=_version_id(session, design),
        place_id=place if place in known else (places[0].id if places else ""),
        quantity=quantity,
        day=first_day(clock.now(), zone_of(request)),
        window=ANY_TIME,
    )
    return _page(request, session, shop, draft, now=clock.now())


@router.post("/orders/new/quote")
def order_quote(
    request: Request, shop: ShopDep, draft: DraftDep, clock: ClockDep
) -> Response:
    """The price of the form as it stands: a fragment, or the whole page without script."""
    answer = _quoted(request, draft, shop)
    readers: Sessions = request.app.state.readers
    with readers() as session:
        if "HX-Request" not in request.headers:
            return _page(request, session, shop, draft, now=clock.now(), answer=answer)
        return render(
            request,
            "order_quote.html",
            draft=draft,
            answer=_shown(request, session, answer),
            sentence=sentence,
            way_out=way_out,
        )


@router.post("/orders/new")
def place_order(
    *,
    quote_id: Annotated[Id, Form()],
    request: Request,
    shop: ShopDep,
    draft: DraftDep,
    clock: ClockDep,
) -> Response:
    """Place what was shown, once, and go to the order."""
    placed = place_once(request, draft, quote_id, shop.agent_id)
    if not isinstance(placed, Changed):
        return RedirectResponse(f"/orders/{placed.id}", status_code=303)
    readers: Sessions = request.app.state.readers
    with readers() as session:
        return _page(
            request,
            session,
            shop,
            draft,
            now=clock.now(),
            answer=placed.quote,
            why_new=WHY_NEW[placed.code],
        )


@router.get("/orders/new/{quote_id}/map.json")
def quote_map(
    request: Request, quote_id: Id, shop: ShopDep, session: ReaderDep, clock: ClockDep
) -> MapView:
    """What would be made where, and the ways between, for the map's script."""
    quote = quote_of(session, quote_id, shop_id=shop.agent_id)
    planning: PlanningSettings = request.app.state.planning
    return quote_view(session, quote, planning.ground, clock.now())


def _quoted(request: Request, draft: Draft, shop: Principal) -> QuoteRow | Trouble:
    try:
        return quote_for(request, draft, shop.agent_id)
    except FabcommonsError as refusal:
        text = str(refusal)
        return Trouble(text=f"{text[:1].upper()}{text[1:]}", field=refusal.field)


def _shown(
    request: Request,
    session: Session,
    answer: QuoteRow | Trouble | None,
    *,
    why_new: str | None = None,
) -> QuoteShown | Trouble | None:
    if not isinstance(answer, QuoteRow):
        return answer
    catalogue: CatalogueSettings = request.app.state.catalogue
    clearance = session.get_one(ClearanceRow, answer.clearance_id)
    others, far_count = _passed_over(answer)
    refusal = str((answer.refusal or {}).get("text", ""))
    return QuoteShown(
        quote=answer,
        labs=offered_by(session, answer),
        courier=agent_of(session, answer.courier_id).name
        if answer.courier_id
        else None,
        parts=parts_of(answer, PRICE_WORDS),
        gate=ForMe(
            is_allowed=clearance.verdict != "refuse",
            reasons=tuple(
                plainly(each)
                for each in clearance.reasons
                if each != NOT_ADVICE and not each.endswith(DUTIES_BELOW)
            ),
            duties=tuple(plainly(duty.text) for duty in duties_of(clearance)),
            remedy=plainly(clearance.remedy or ""),
        ),
        refusal=plainly(sentence(refusal.replace(NOT_ADVICE, ""))),
        others=others,
        far_count=far_count,
        instead=tuple(instead_of(session, answer)),
        made=made_in(
            session, catalogue.files, answer.design_version_id, answer.quantity
        ),
        why_new=why_new,
    )


def _passed_over(quote: QuoteRow) -> tuple[tuple[str, ...], int]:
    """Why those who were near do not do it, each once; how many were never near."""
    far = [one for one in quote.rejections if one["code"] in FAR_MISSES]
    near = [one for one in quote.rejections if one not in far]
    texts = sorted({sentence(one["text"]) for one in near})
    return tuple(texts), sum(one["count"] for one in far)


def _page(
    request: Request,
    session: Session,
    shop: Principal,
    draft: Draft,
    *,
    now: datetime,
    answer: QuoteRow | Trouble | None = None,
    why_new: str | None = None,
) -> Response:
    catalogue: CatalogueSettings = request.app.state.catalogue
    zone = zone_of(request)
    version = version_of(session, draft.version_id)
    steps = steps_of(session, version.id)
    today = now.astimezone(zone).date()
    return render(
        request,
        "order_new.html",
        page=Page(title="New order", with_map=len(steps) > 1),
        version=version,
        licence=licence_name(version.licence),
        drawing=first_drawing(catalogue.files, steps),
        trade=trade_of(steps[0].process),
        places=places_of(session, shop.agent_id),
        draft=draft,
        answer=_shown(request, session, answer, why_new=why_new),
        sentence=sentence,
        way_out=way_out,
        windows=WINDOWS,
        hours=HOURS,
        quantity_max=QUANTITY_MAX,
        today=today,
        clock_words=short_time(now, now, zone),
    )


def _version_id(session: Session, name: str) -> str:
    """The version; the id of a design stands for its newest one."""
    try:
        return version_of(session, name).id
    except NotFoundError:
        return latest_of(session, name).id
