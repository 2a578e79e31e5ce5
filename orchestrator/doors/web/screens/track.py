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
WAY: Final = (  # each step with the state in which it goes on, and its word then
    (N_("Ordered"), "", ""),
    (N_("Made"), "making", N_("Being made")),
    (N_("Picked up"), "made", N_("Waits for its courier")),
    (N_("Delivered"), "on-the-way", N_("On the way")),
)
DONE_COUNT: Final = {"making": 1, "made": 2, "on-the-way": 3, "delivered": 4}
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


def _steps(state: str) -> list[dict[str, str]]:
    """The way as `parts/steps.html` draws it; what is over has only its beginning."""
    if state in {"refused", "cancelled"}:
        return [{"title": WAY[0][0], "state": "done"}]
    done_count = DONE_COUNT.get(state, 1)
    steps = []
    for place, (title, goes_on_in, word) in enumerate(WAY):
        if place < done_count:
            steps.append({"title": title, "state": "done"})
        elif state == goes_on_in:
            steps.append({"title": title, "state": "running", "word": word})
        else:
            steps.append({"title": title, "state": "waiting", "word": N_("Not yet")})
    return steps


def _form(request: Request, *, code: str, error: str, status: int) -> Response:
    return render(
        request,
        "track_code.html",
        page=Page(title="Track", bare=True),
        status=status,
        code=code,
        error=error,
    )
