"""How the screens are mounted on an application: one router each, and refusals as pages."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from orchestrator.doors.web.access import SignInFirstError, sign_in_url
from orchestrator.doors.web.refusals import error_page, refusal_page, wants_page
from orchestrator.doors.web.same_origin import API, SameOrigin
from orchestrator.doors.web.screens import (
    abilities,
    accounts,
    arrivals,
    attestations,
    bills,
    care,
    challenges,
    commons,
    computers,
    data_use,
    design,
    designs,
    duties,
    funding,
    history,
    hours,
    lab_owner,
    labs,
    ledger,
    licences,
    machine,
    makeable,
    members,
    mine,
    my_data,
    notices,
    order_new,
    orders,
    payouts,
    people,
    periods,
    place_new,
    plan,
    plan_weights,
    proposing,
    publish,
    queue,
    region_map,
    ride,
    rules,
    sign_in,
    stewards,
    stock,
    today,
    track,
    votes,
    welcome,
    what_if,
    wiring,
)
from orchestrator.foundation.errors import FabcommonsError

ROUTERS: Final[tuple[APIRouter, ...]] = (
    sign_in.router,
    today.router,
    region_map.router,
    plan.router,
    plan_weights.router,
    proposing.router,
    votes.router,
    challenges.router,
    rules.router,
    commons.router,
    stewards.router,
    members.router,
    welcome.router,
    funding.router,
    what_if.router,
    order_new.router,  # before orders: /orders/new is no order's name
    place_new.router,
    orders.router,
    accounts.router,
    bills.router,
    payouts.router,
    track.router,
    arrivals.router,  # before labs: /labs/arrivals is no lab's name
    labs.router,
    stock.router,
    abilities.router,
    makeable.router,
    history.router,
    people.router,
    hours.router,
    lab_owner.router,
    computers.router,
    machine.router,
    queue.router,
    care.router,
    wiring.router,
    attestations.router,
    data_use.router,
    duties.router,
    licences.router,
    publish.router,
    designs.router,
    design.router,
    ride.router,
    ledger.router,
    periods.router,
    mine.router,
    my_data.router,
    notices.router,
)
NOT_FOUND: Final = "There is no such page. Look at its address again."

Answer = Callable[[Request, Any], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLogin:
    """A login that a demo tells everybody: whose it is, by mail."""

    words: str  # "Kirppu, shop"
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenSettings:
    """What the screens read from `app.state.screens`.

    `public_url`: under which address people reach the node; "" as they opened a page.
    `demo_logins` with `demo_password` are shown to everybody; none outside a demo.
    """

    public_url: str = ""
    demo_logins: tuple[DemoLogin, ...] = ()
    demo_password: str = ""
    mail_from: str = ""  # "": this node sends no mail


def install_screens(app: FastAPI, settings: ScreenSettings | None = None) -> None:
    """Add every screen, the guard against other sites, and refusals as pages.

    Call it after the room APIs and `doors.web.install.install`, which must be given
    `visitor_of` and `may_follow` of `doors.web.access`.
    """
    app.state.screens = settings or ScreenSettings()
    app.add_middleware(SameOrigin)
    for router in ROUTERS:
        app.include_router(router, include_in_schema=False)
    for kind, page in (
        (FabcommonsError, _refused),
        (HTTPException, _http),
        (RequestValidationError, _invalid),
        (Exception, _crashed),
    ):
        before = app.exception_handlers.get(kind)
        app.add_exception_handler(kind, _for_people(page, before))


def _for_people(
    page: Callable[[Request, Any, Answer | None], Response], before: Any
) -> Answer:
    """`page` for a person's browser, what stood there `before` for all others."""

    def answer(request: Request, error: Any) -> Response:
        is_page = wants_page(request) and not request.url.path.startswith(API)
        if not is_page and before is not None:
            response: Response = before(request, error)
            return response
        return page(request, error, before)

    return answer


def _refused(
    request: Request, error: FabcommonsError, _before: Answer | None
) -> Response:
    # A live part that reads itself again must not be given the sign-in page instead.
    if isinstance(error, SignInFirstError) and "HX-Request" not in request.headers:
        return RedirectResponse(sign_in_url(error.next_path), status_code=303)
    return refusal_page(request, error)


def _http(request: Request, error: HTTPException, _before: Answer | None) -> Response:
    words = NOT_FOUND if error.status_code == 404 else str(error.detail)
    return error_page(request, status=error.status_code, words=words)


def _invalid(
    request: Request, error: RequestValidationError, _before: Answer | None
) -> Response:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:]) or "form"
    return error_page(request, status=422, words=f"{name}: {first['msg']}.")


def _crashed(request: Request, error: Exception, before: Answer | None) -> Response:
    if before is None:
        raise error
    told = json.loads(bytes(before(request, error).body))  # it logs the incident
    return error_page(request, status=500, words=told["detail"])
