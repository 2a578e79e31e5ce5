"""Screen 6, Add a machine: how one without an interface is wired. Open to everybody."""

from fastapi import APIRouter, Request, Response

from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.wiring import BUTTONS, KINDS
from orchestrator.foundation.errors import NotFoundError

router = APIRouter()


@router.get("/wiring")
def kinds_page(request: Request) -> Response:
    """Which machine is it?"""
    page = Page(title="A machine without an interface")
    return render(request, "wiring_kinds.html", page=page, kinds=KINDS)


@router.get("/wiring/{kind}")
def wiring_page(kind: str, request: Request) -> Response:
    """Drawing, parts, steps, and what is dangerous."""
    found = next((one for one in KINDS if one.kind == kind), None)
    if found is None:
        raise NotFoundError("There is no drawing for such a machine: see /wiring.")
    page = Page(title=f"Wiring: {found.title}")
    return render(
        request,
        "wiring.html",
        page=page,
        wiring=found,
        others=[one for one in KINDS if one is not found],
        buttons=BUTTONS,
    )
