"""How a refusal is told on a page; programs get a problem document elsewhere."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from fastapi import Request, Response

from orchestrator.doors.web.access import local_path
from orchestrator.doors.web.pages import Page, Pages, render
from orchestrator.doors.web.words import N_
from orchestrator.foundation.errors import FabcommonsError
from orchestrator.members.principal_api import SAFE_METHODS

TITLE_OF_STATUS: Mapping[int, str] = {
    401: N_("Sign in first"),
    403: N_("You may not do this"),
    404: N_("Nothing is here"),
    409: N_("It has changed meanwhile"),
    422: N_("Something is missing"),
    429: N_("Too many tries"),
    503: N_("Too much at once"),
    507: N_("No room left"),
}
ELSE = N_("This did not work")


def wants_page(request: Request) -> bool:
    """Whether a person's browser asks, and not a program or the phone's queue."""
    return (
        "text/html" in request.headers.get("Accept", "")
        and "Idempotency-Key" not in request.headers
    )


def refusal_page(request: Request, refusal: FabcommonsError) -> Response:
    """The page that says what was refused and why, with the refusal's own status."""
    return error_page(request, status=refusal.status, words=str(refusal))


def error_page(request: Request, *, status: int, words: str) -> Response:
    """A page for any error; `words` is for people and holds no inner detail."""
    pages: Pages = request.app.state.pages
    title = pages.settings.translations.gettext(TITLE_OF_STATUS.get(status, ELSE))
    return render(
        request,
        "error.html",
        page=Page(title=title),
        status=status,
        words=words,
        back=_came_from(request),
    )


def _came_from(request: Request) -> str | None:
    """The page of this site whose form was sent; None for whoever only looked."""
    came = urlsplit(request.headers.get("Referer", ""))
    if request.method in SAFE_METHODS or came.netloc != request.url.netloc:
        return None
    return local_path(f"{came.path}?{came.query}" if came.query else came.path)
