"""Who is asking, as every room's endpoints learn it."""

from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, field_validator
from sqlalchemy.orm import Session

from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import NotAllowedError, NotSignedInError
from orchestrator.members import api_keys
from orchestrator.members.logins import AttemptLimits
from orchestrator.members.principals import (
    Principal,
    authenticate,
    observed,
    require_role,
)
from orchestrator.members.rows import ApiKeyRow

SESSION_COOKIE = "fabcommons_session"
CSRF_HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SIGN_OUT = "/api/v1/session"


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
    if principal is not None:
        writes = request.method not in SAFE_METHODS and request.url.path != SIGN_OUT
        principal = observed(principal, writes=writes)
    request.state.principal = principal
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


def _steward(principal: PrincipalDep) -> Principal:
    return require_role(principal, "steward")


StewardDep = Annotated[Principal, Depends(_steward)]


class Strict(BaseModel):
    """No field that we do not know, and no text that a database cannot hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*")
    @classmethod
    def _without_nul(cls, value: object) -> object:
        if isinstance(value, str) and "\x00" in value:
            raise ValueError("a text may not hold the character NUL")
        return value


def address_of(request: Request) -> str:
    """The network address of the other side; nothing is trusted for it."""
    return request.client.host if request.client else "unknown"


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
