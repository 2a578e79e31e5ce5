"""A shop's new place: a pin on the map, a name, an address; then back to the order."""

from dataclasses import asdict, dataclass
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from orchestrator.doors.web.access import ShopDep, needs
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, render
from orchestrator.foundation.api import SessionDep
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.network.places import add_place
from orchestrator.orders.quotes import QUANTITY_MAX
from orchestrator.planning.api import PlanningSettings
from orchestrator.planning.travel import check_place

router = APIRouter()

HOME: Final = "/orders/new/place"
NO_NUMBER: Final = "Press on the map, or type degrees such as 60.1702."

Typed = Annotated[str, Form(max_length=400)]
Design = Annotated[str, Field(max_length=64)]
Quantity = Annotated[int, Field(ge=1, le=QUANTITY_MAX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The form as it was sent."""

    name: str = ""
    address: str = ""
    lat: str = ""
    lon: str = ""


def _draft(
    name: Typed = "", address: Typed = "", lat: Typed = "", lon: Typed = ""
) -> Draft:
    return Draft(name=name, address=address, lat=lat, lon=lon)


@router.get(HOME, dependencies=[Depends(needs("shop"))])
def place_form(
    *,
    design: Annotated[Design, Query()],
    quantity: Annotated[Quantity, Query()] = 1,
    request: Request,
) -> Response:
    """The form; `design` and `quantity` are those of the order that it leads back to."""
    return _page(request, design, quantity, Draft(), {})


@router.post(HOME)
def add_own_place(
    *,
    design: Annotated[Design, Form()],
    quantity: Annotated[Quantity, Form()] = 1,
    draft: Annotated[Draft, Depends(_draft)],
    request: Request,
    shop: ShopDep,
    session: SessionDep,
) -> Response:
    """Keep a place, so that nobody is asked for it twice."""
    planning: PlanningSettings = request.app.state.planning
    degrees = {"lat": degrees_of(draft.lat), "lon": degrees_of(draft.lon)}
    wrong = {name: NO_NUMBER for name, value in degrees.items() if value is None}
    lat, lon = degrees["lat"], degrees["lon"]
    if lat is None or lon is None:
        return _page(request, design, quantity, draft, wrong)
    try:
        row = add_place(
            session,
            agent_id=shop.agent_id,
            name=draft.name,
            address=draft.address,
            lat=lat,
            lon=lon,
        )
        check_place(planning.ground, lat, lon)
    except InvalidInputError as refusal:
        session.rollback()
        text = sentence(str(refusal))
        field = refusal.field if refusal.field in asdict(draft) else "lat"
        return _page(request, design, quantity, draft, {field: text})
    asked = urlencode({"design": design, "quantity": quantity, "place": row.id})
    return RedirectResponse(f"/orders/new?{asked}", status_code=303)


def degrees_of(typed: str) -> float | None:
    """Degrees as people type them; some write a comma."""
    try:
        return float(typed.strip().replace(",", "."))
    except ValueError:
        return None


def _page(
    request: Request, design: str, quantity: int, draft: Draft, wrong: dict[str, str]
) -> Response:
    return render(
        request,
        "place_new.html",
        page=Page(title="New place", with_map=True),
        status=422 if wrong else 200,
        design=design,
        quantity=quantity,
        typed=draft,
        wrong=wrong,
    )
