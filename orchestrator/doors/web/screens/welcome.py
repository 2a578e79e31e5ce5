"""Welcome: with a code, somebody says how they sign in; and a password is changed."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from orchestrator.doors.web.access import SignedInDep
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, render
from orchestrator.foundation.api import ClockDep
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import (
    FabcommonsError,
    InvalidInputError,
    NotSignedInError,
)
from orchestrator.members.api import set_session_cookie
from orchestrator.members.browser_sessions import (
    OpenedSession,
    close_all_sessions,
    open_session,
)
from orchestrator.members.invitations import accept
from orchestrator.members.logins import (
    PER_CODE,
    change_password,
    check_login,
    email_of,
    hashed,
)
from orchestrator.members.principal_api import SettingsDep, address_of

router = APIRouter()

HOME: Final = "/welcome"
PASSWORD: Final = "/password"  # noqa: S105 - an address

Typed = Annotated[str, Form(max_length=254)]
Secret = Annotated[str, Form(max_length=300)]


@router.get(HOME)
def welcome_page(request: Request) -> Response:
    """The form for a code."""
    return _welcome(request)


@router.post(HOME)
def come_in(
    *,
    code: Typed = "",
    email: Typed = "",
    password: Secret = "",
    again: Secret = "",
    request: Request,
    settings: SettingsDep,
    clock: ClockDep,
) -> Response:
    """Set mail and password, and sign in with them."""
    sessions: Sessions = request.app.state.sessions
    try:
        settings.attempts.check("invitation", address_of(request), PER_CODE)
        password_hash = hashed(_twice(password, again))  # slow: no writer waits for it
        with sessions.begin() as session:
            now = clock.now()
            agent_id = accept(
                session, code=code, email=email, password_hash=password_hash, now=now
            )
            opened = open_session(session, agent_id, now=now)
    except FabcommonsError as refusal:
        return _welcome(request, code=code, email=email, refusal=refusal)
    return _signed_in("/", opened, settings)


@router.get(PASSWORD)
def password_page(request: Request, _me: SignedInDep) -> Response:
    """The form for a new password."""
    return _password(request)


@router.post(PASSWORD)
def new_password(
    *,
    old: Secret = "",
    password: Secret = "",
    again: Secret = "",
    request: Request,
    me: SignedInDep,
    settings: SettingsDep,
    clock: ClockDep,
) -> Response:
    """A new password; every other browser is signed out."""
    try:
        _check_old(request, me.agent_id, old, settings)
        opened = _changed(request, me.agent_id, hashed(_twice(password, again)), clock)
    except NotSignedInError:
        wrong = InvalidInputError("this is not your password", field="old")
        return _password(request, wrong)
    except FabcommonsError as refusal:
        return _password(request, refusal)
    return _signed_in("/my-data", opened, settings)


def _check_old(
    request: Request, agent_id: str, old: str, settings: SettingsDep
) -> None:
    readers: Sessions = request.app.state.readers
    with readers() as reader:
        check_login(
            reader,
            email=email_of(reader, agent_id),
            password=old,
            address=address_of(request),
            limits=settings.attempts,
        )


def _changed(
    request: Request, agent_id: str, password_hash: str, clock: Clock
) -> OpenedSession:
    sessions: Sessions = request.app.state.sessions
    now = clock.now()
    with sessions.begin() as session:
        change_password(session, agent_id, password_hash=password_hash)
        close_all_sessions(session, agent_id, now=now)
        return open_session(session, agent_id, now=now)


def _twice(password: str, again: str) -> str:
    if password != again:
        raise InvalidInputError(
            "the two passwords are not the same: type them again", field="again"
        )
    return password


def _signed_in(to: str, opened: OpenedSession, settings: SettingsDep) -> Response:
    response = RedirectResponse(to, status_code=303)
    response.headers["Cache-Control"] = "no-store"
    set_session_cookie(response, opened, settings)
    return response


def _welcome(
    request: Request,
    *,
    code: str = "",
    email: str = "",
    refusal: FabcommonsError | None = None,
) -> Response:
    return render(
        request,
        "welcome.html",
        page=Page(title="Welcome", bare=True),
        status=422 if refusal else 200,
        code=code,
        email=email,
        wrong=_wrong(refusal, "code"),
    )


def _password(request: Request, refusal: FabcommonsError | None = None) -> Response:
    return render(
        request,
        "password.html",
        page=Page(title="New password"),
        status=422 if refusal else 200,
        wrong=_wrong(refusal, "password"),
    )


def _wrong(refusal: FabcommonsError | None, field: str) -> dict[str, str]:
    if refusal is None:
        return {}
    return {refusal.field or field: sentence(str(refusal))}
