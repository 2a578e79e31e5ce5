"""Members over HTTP: who asks, signing in, keys for programs, enrolling devices."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from orchestrator.foundation.api import (
    ClockDep,
    ReaderDep,
    SessionDep,
    refusals,
)
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
    TooManyRequestsError,
)
from orchestrator.foundation.signing import BadKeyError
from orchestrator.members import agents, api_keys, devices
from orchestrator.members.browser_sessions import (
    OpenedSession,
    close_session,
    open_session,
)
from orchestrator.members.logins import PER_ADDRESS, AttemptLimits, check_login
from orchestrator.members.principals import Principal, authenticate, require_role
from orchestrator.members.rows import ApiKeyRow

SESSION_COOKIE = "fabcommons_session"
CSRF_HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """Where devices find the broker. `ca_pem` None: the system's authorities."""

    host: str
    port: int
    tls: bool = False
    ca_pem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersSettings:
    """What the HTTP door puts in `app.state.members` before it serves."""

    region: str
    broker: BrokerAddress
    secure_cookies: bool = True  # False only where the pages come over plain HTTP
    attempts: AttemptLimits = field(default_factory=AttemptLimits)


def _settings(request: Request) -> MembersSettings:
    settings: MembersSettings = request.app.state.members
    return settings


def _maybe_principal(request: Request) -> Principal | None:
    """Asked of a reader: whoever waits for the writer must not hold it meanwhile."""
    sessions: Sessions = request.app.state.readers
    clock: Clock = request.app.state.clock
    with sessions() as session:
        principal = authenticate(
            session,
            cookie=request.cookies.get(SESSION_COOKIE),
            authorization=request.headers.get("authorization"),
            now=clock.now(),
        )
        stale = _stale_key(session, principal, clock)
    if principal is not None and principal.how == "session":
        _check_same_site(request, principal)
    if stale is not None:
        writing: Sessions = request.app.state.sessions
        with writing.begin() as session:
            api_keys.note_use(session, stale, now=clock.now())
    return principal


def _principal(
    principal: Annotated[Principal | None, Depends(_maybe_principal)],
) -> Principal:
    if principal is None:
        raise NotSignedInError("sign in, or send an API key")
    return principal


SettingsDep = Annotated[MembersSettings, Depends(_settings)]
MaybePrincipalDep = Annotated[Principal | None, Depends(_maybe_principal)]
PrincipalDep = Annotated[Principal, Depends(_principal)]

router = APIRouter(prefix="/api/v1", tags=["members"])


class Strict(BaseModel):
    """No field that we do not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EnrolIn(Strict):
    """What a new device brings: a code from its lab, and the key it made."""

    code: Annotated[str, Field(min_length=8, max_length=40)]
    device_name: Annotated[str, Field(min_length=1, max_length=80)]
    public_key: Annotated[str, Field(max_length=64)]  # Ed25519, 32 bytes in base64


class BrokerOut(Strict):
    """Where the broker listens."""

    host: str
    port: int
    tls: bool
    ca_pem: str | None


class EnrolOut(Strict):
    """All that a device needs to begin; the token is told this once."""

    device_id: str
    region: str
    facility_id: str
    broker: BrokerOut
    token: str
    key_id: str


class CodeIn(Strict):
    """For which lab a code is asked, and who owns the machines (None: you)."""

    facility_id: Annotated[str, Field(min_length=8, max_length=64)]
    owner_id: Annotated[str, Field(min_length=8, max_length=64)] | None = None


class CodeOut(Strict):
    """A one-time code, told this once."""

    code: str
    expires_at: datetime


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
    "/enrol",
    status_code=201,
    responses=refusals(
        devices.BadCodeError,
        BadKeyError,
        ConflictError,
        InvalidInputError,
        TooManyRequestsError,
    ),
)
def enrol(
    asked: EnrolIn,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
    settings: SettingsDep,
) -> EnrolOut:
    """Turn a one-time code into a device. Asking again repeats the answer."""
    settings.attempts.check("enrol", _address(request), PER_ADDRESS)
    enrolled = devices.enrol(
        session,
        code=asked.code,
        device_name=asked.device_name,
        public_key=asked.public_key,
        now=clock.now(),
    )
    broker = settings.broker
    return EnrolOut(
        device_id=enrolled.device_id,
        region=settings.region,
        facility_id=enrolled.facility_id,
        broker=BrokerOut(
            host=broker.host, port=broker.port, tls=broker.tls, ca_pem=broker.ca_pem
        ),
        token=enrolled.token,
        key_id=enrolled.key_id,
    )


@router.post(
    "/enrolment-codes",
    status_code=201,
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def issue_code(
    asked: CodeIn, session: SessionDep, principal: PrincipalDep, clock: ClockDep
) -> CodeOut:
    """A code for one new device of a lab that you operate."""
    require_role(principal, "operator", facility_id=asked.facility_id)
    owner = agents.agent_of(session, asked.owner_id or principal.agent_id)
    now = clock.now()
    code = devices.issue_code(
        session,
        facility_id=asked.facility_id,
        owner_id=owner.id,
        issued_by=principal.agent_id,
        now=now,
    )
    return CodeOut(code=code, expires_at=now + devices.CODE_LIFE)


@router.post(
    "/devices/{device_id}/revoke",
    status_code=204,
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def revoke_device(
    device_id: str, session: SessionDep, principal: PrincipalDep, clock: ClockDep
) -> None:
    """Shut a lost or stolen device out, at once."""
    require_role(principal, "operator")
    device = devices.device_of(session, device_id)
    require_role(principal, "operator", facility_id=device.facility_id)
    devices.revoke_device(session, device_id, now=clock.now())


@router.post(
    "/session",
    status_code=201,
    responses=refusals(NotSignedInError, TooManyRequestsError),
)
def sign_in(
    asked: SignInIn,
    request: Request,
    response: Response,
    reader: ReaderDep,
    clock: ClockDep,
    settings: SettingsDep,
) -> SignInOut:
    """Sign in with mail and password; the session comes as a cookie."""
    agent_id, opened = sign_in_with(
        request,
        reader,
        email=asked.email,
        password=asked.password,
        attempts=settings.attempts,
        clock=clock,
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
    request: Request,
    reader: Session,
    *,
    email: str,
    password: str,
    attempts: AttemptLimits,
    clock: Clock,
) -> tuple[str, OpenedSession]:
    """Check the password without holding the writer, then open a session.

    For the sign-in form as well. Errors: NotSignedInError, TooManyRequestsError.
    """
    agent_id = check_login(
        reader,
        email=email,
        password=password,
        address=_address(request),
        limits=attempts,
    )
    sessions: Sessions = request.app.state.sessions
    with sessions.begin() as session:
        return agent_id, open_session(session, agent_id, now=clock.now())


def set_session_cookie(
    response: Response, opened: OpenedSession, settings: MembersSettings
) -> None:
    """Hand the session to the browser, out of reach of scripts and other sites."""
    response.set_cookie(
        SESSION_COOKIE,
        opened.token,
        expires=opened.expires_at,
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def _require_person(principal: Principal) -> None:
    if principal.how != "session":
        raise NotAllowedError("sign in as a person to see or change keys")


def _check_same_site(request: Request, principal: Principal) -> None:
    """A cookie alone proves no wish: the request must come from our own pages."""
    if request.method in SAFE_METHODS:
        return
    if request.headers.get(CSRF_HEADER) == principal.csrf_token:
        return
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc == request.headers.get("host"):
        return
    raise NotAllowedError("this request did not come from the network's own pages")


def _stale_key(
    session: Session, principal: Principal | None, clock: Clock
) -> str | None:
    if principal is None or principal.credential_id is None:
        return None
    row = session.get(ApiKeyRow, principal.credential_id)
    if row is None or not api_keys.is_use_stale(row, now=clock.now()):
        return None
    return row.id


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


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
