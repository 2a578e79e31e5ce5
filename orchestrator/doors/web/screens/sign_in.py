"""Screen 2, Sign in: is it you? And signing out, and changing the role worn."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from orchestrator.doors.web.access import ROLE_COOKIE, AskerDep, local_path
from orchestrator.doors.web.navigation import Role
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.words import N_
from orchestrator.foundation.api import ClockDep, SessionDep
from orchestrator.foundation.errors import NotSignedInError, TooManyRequestsError
from orchestrator.members.api import set_session_cookie, sign_in_with
from orchestrator.members.browser_sessions import close_session
from orchestrator.members.principal_api import SESSION_COOKIE, SettingsDep

router = APIRouter()

WRONG: Final = N_("Mail or password is wrong. Check both and try again.")
ROLE_LIFE_S: Final = 14 * 24 * 3_600

Next = Annotated[str | None, Query(max_length=500)]


@router.get("/sign-in")
def sign_in_page(request: Request, asker: AskerDep, next: Next = None) -> Response:  # noqa: A002 - the name in the address
    """The form; who is signed in already goes on."""
    if asker.principal is not None:
        return RedirectResponse(local_path(next), status_code=303)
    return _form(request, next_path=local_path(next))


@router.post("/sign-in")
def sign_in(
    request: Request,
    settings: SettingsDep,
    email: Annotated[str, Form(max_length=254)] = "",
    password: Annotated[str, Form(max_length=256)] = "",
    next: Annotated[str | None, Form(max_length=500)] = None,  # noqa: A002
) -> Response:
    """Open a session and go where the person wanted to be."""
    target = local_path(next)
    try:
        _, opened = sign_in_with(
            request, email=email, password=password, attempts=settings.attempts
        )
    except NotSignedInError:
        return _form(request, next_path=target, email=email, error=WRONG, status=401)
    except TooManyRequestsError as refusal:
        words = sentence(str(refusal))
        return _form(request, next_path=target, email=email, error=words, status=429)
    response = RedirectResponse(target, status_code=303)
    response.headers["Cache-Control"] = "no-store"
    set_session_cookie(response, opened, settings)
    return response


@router.post("/sign-out")
def sign_out(request: Request, session: SessionDep, clock: ClockDep) -> Response:
    """End this browser's session."""
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        close_session(session, token, now=clock.now())
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(SESSION_COOKIE, path="/")
    response.delete_cookie(ROLE_COOKIE, path="/")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@router.post("/role")
def wear_role(
    role: Annotated[Role, Form()], asker: AskerDep, settings: SettingsDep
) -> Response:
    """Wear another of one's own hats; what one may do stays the same."""
    response = RedirectResponse("/", status_code=303)
    if role in asker.visitor.roles:
        response.set_cookie(
            ROLE_COOKIE,
            role.value,
            max_age=ROLE_LIFE_S,
            secure=settings.secure_cookies,
            httponly=True,
            samesite="lax",
        )
    return response


def _form(
    request: Request,
    *,
    next_path: str,
    email: str = "",
    error: str = "",
    status: int = 200,
) -> Response:
    return render(
        request,
        "sign_in.html",
        page=Page(title="Sign in", bare=True),
        status=status,
        next_path=next_path,
        email=email,
        error=error,
        screens=request.app.state.screens,
    )
