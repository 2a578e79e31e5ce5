"""Members over HTTP: signing in, who you are, keys for programs; and devices."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from orchestrator.foundation.api import ClockDep, ReaderDep, SessionDep, refusals
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
    TooManyRequestsError,
)
from orchestrator.members import agents, api_keys, device_api
from orchestrator.members.browser_sessions import (
    OpenedSession,
    close_session,
    open_session,
)
from orchestrator.members.logins import AttemptLimits, check_login
from orchestrator.members.principal_api import (
    SESSION_COOKIE,
    MaybePrincipalDep,
    MembersSettings,
    PrincipalDep,
    SettingsDep,
    Strict,
    address_of,
)
from orchestrator.members.principals import Principal
from orchestrator.members.rows import ApiKeyRow

router = APIRouter(prefix="/api/v1", tags=["members"])
router.include_router(device_api.router)


class SignInIn(Strict):
    """Mail and password."""

    email: Annotated[str, Field(max_length=254)]
    password: Annotated[str, Field(max_length=256)]


class SignInOut(Strict):
    """Who signed in. The session itself is in the cookie."""

    agent_id: str
    csrf_token: str  # send it back as X-CSRF-Token
    expires_at: datetime


class KeyIn(Strict):
    """A key for a program, with some of your roles."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    scopes: Annotated[list[str], Field(min_length=1, max_length=8)]


class KeyOut(Strict):
    """A key as it is listed."""

    id: str
    prefix: str
    name: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKeyOut(Strict):
    """A new key; the secret is told this once."""

    id: str
    prefix: str
    secret: str


class MeOut(Strict):
    """Who asks, as the network sees it."""

    agent_id: str
    name: str
    kind: str
    legal_form: str
    legal_form_attested_until: datetime | None
    roles: list[str]
    facility_ids: list[str]
    how: str
    device_id: str | None


@router.post(
    "/session",
    status_code=201,
    responses=refusals(NotSignedInError, TooManyRequestsError),
)
def sign_in(
    asked: SignInIn, request: Request, response: Response, settings: SettingsDep
) -> SignInOut:
    """Sign in with mail and password; the session comes as a cookie."""
    agent_id, opened = sign_in_with(
        request, email=asked.email, password=asked.password, attempts=settings.attempts
    )
    set_session_cookie(response, opened, settings)
    return SignInOut(
        agent_id=agent_id, csrf_token=opened.csrf_token, expires_at=opened.expires_at
    )


@router.delete("/session", status_code=204)
def sign_out(
    request: Request,
    response: Response,
    session: SessionDep,
    principal: MaybePrincipalDep,
    clock: ClockDep,
) -> None:
    """End this browser's session."""
    token = request.cookies.get(SESSION_COOKIE)
    if token and principal is not None:
        close_session(session, token, now=clock.now())
    response.delete_cookie(SESSION_COOKIE, path="/")


@router.get("/me", responses=refusals(NotSignedInError))
def me(session: ReaderDep, principal: PrincipalDep) -> MeOut:
    """Who you are to the network, and what you may do."""
    agent = agents.agent_of(session, principal.agent_id)
    return MeOut(
        agent_id=agent.id,
        name=agent.name,
        kind=agent.kind,
        legal_form=agent.legal_form,
        legal_form_attested_until=agent.legal_form_attested_until,
        roles=sorted(principal.roles),
        facility_ids=sorted(principal.facility_ids),
        how=principal.how,
        device_id=principal.device_id,
    )


@router.get("/keys", responses=refusals(NotSignedInError))
def list_keys(session: ReaderDep, principal: PrincipalDep) -> list[KeyOut]:
    """Your keys for programs."""
    _require_person(principal)
    return [_key_out(row) for row in api_keys.keys_of(session, principal.agent_id)]


@router.post(
    "/keys",
    status_code=201,
    responses=refusals(NotSignedInError, NotAllowedError, InvalidInputError),
)
def issue_key(
    asked: KeyIn, session: SessionDep, principal: PrincipalDep, clock: ClockDep
) -> NewKeyOut:
    """A new key. Only a signed-in person can make one: no key breeds keys."""
    _require_person(principal)
    issued = api_keys.issue_key(
        session,
        principal.agent_id,
        name=asked.name,
        scopes=asked.scopes,
        now=clock.now(),
    )
    return NewKeyOut(id=issued.id, prefix=issued.prefix, secret=issued.secret)


@router.delete(
    "/keys/{key_id}",
    status_code=204,
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def revoke_key(
    key_id: str, session: SessionDep, principal: PrincipalDep, clock: ClockDep
) -> None:
    """Make a key open nothing any more."""
    _require_person(principal)
    api_keys.revoke_api_key(session, principal.agent_id, key_id, now=clock.now())


def sign_in_with(
    request: Request, *, email: str, password: str, attempts: AttemptLimits
) -> tuple[str, OpenedSession]:
    """Check the password without holding the writer, then open a session.

    For the sign-in form as well. Errors: NotSignedInError, TooManyRequestsError.
    """
    clock: Clock = request.app.state.clock
    sessions: Sessions = request.app.state.sessions
    readers: Sessions = request.app.state.readers
    with readers() as reader:
        agent_id = check_login(
            reader,
            email=email,
            password=password,
            address=address_of(request),
            limits=attempts,
        )
    with sessions.begin() as session:
        return agent_id, open_session(session, agent_id, now=clock.now())


def set_session_cookie(
    response: Response, opened: OpenedSession, settings: MembersSettings
) -> None:
    """Hand the session to the browser, out of reach of scripts and other sites."""
    response.set_cookie(
        SESSION_COOKIE,
        opened.token,
        max_age=opened.life_s,  # not a date: the network's clock may run faster
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def _require_person(principal: Principal) -> None:
    if principal.how != "session":
        raise NotAllowedError("sign in as a person to see or change keys")


def _key_out(row: ApiKeyRow) -> KeyOut:
    return KeyOut(
        id=row.id,
        prefix=row.prefix,
        name=row.name,
        scopes=row.scopes.split(","),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
