"""Screen 30, Track: where is my thing? No login, and nothing about anybody."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from orchestrator.doors.web.access import topic_of
from orchestrator.doors.web.order_words import ORDER_STATES
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.words import N_
from orchestrator.foundation.api import ReaderDep
from orchestrator.foundation.errors import NotFoundError
from orchestrator.orders.life import OPEN
from orchestrator.orders.views import tracked

router = APIRouter()

UNKNOWN: Final = N_("Nobody knows this code. Look at it again.")
WAY: Final = (  # states, in the order of the way, with the words of each step
    ("placed", N_("Ordered")),
    ("making", N_("Being made")),
    ("made", N_("Made")),
    ("on-the-way", N_("On the way")),
    ("delivered", N_("Delivered")),
)
Code = Annotated[str, Field(max_length=40)]


@router.get("/t")
def track_form(
    request: Request, code: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Type a code; it has a page of its own then."""
    letters = "".join(code.upper().split())
    if letters:
        return RedirectResponse(f"/t/{letters}", status_code=303)
    return _form(request, code="", error="", status=200)


@router.get("/t/{code}")
def track_page(request: Request, code: Code, session: ReaderDep) -> Response:
    """Where the thing with this code is."""
    try:
        found = tracked(session, code)
    except NotFoundError:
        return _form(request, code=code, error=UNKNOWN, status=404)
    grouped = code.upper()
    return render(
        request,
        "track.html",
        page=Page(title="Track", topics=(topic_of("track", grouped),), bare=True),
        found=found,
        told=ORDER_STATES[found.state],
        is_open=found.state in OPEN,
        steps=_steps(found.state),
    )


def _steps(state: str) -> list[dict[str, object]]:
    reached = {"placed": 0, "planned": 0, "making": 1, "made": 2, "on-the-way": 3}
    here = reached.get(state, 4)
    if state in {"refused", "cancelled"}:
        return [{"title": WAY[0][1], "state": "done"}]
    return [
        {
            "title": words,
            "state": "done"
            if place < here or state == "delivered"
            else "running"
            if place == here
            else "waiting",
        }
        for place, (_, words) in enumerate(WAY)
    ]


def _form(request: Request, *, code: str, error: str, status: int) -> Response:
    return render(
        request,
        "track_code.html",
        page=Page(title="Track", bare=True),
        status=status,
        code=code,
        error=error,
    )
