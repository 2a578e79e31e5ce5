"""Who is asking, proven by a cookie, an API key or a device's token."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import NotAllowedError, NotSignedInError
from orchestrator.members.agents import roles_of
from orchestrator.members.api_keys import key_of_secret
from orchestrator.members.browser_sessions import session_of_token
from orchestrator.members.rows import DeviceRow, RoleRow
from orchestrator.members.secrets import hash_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The one who asks. `agent_id` is the device's owner for a device."""

    agent_id: str
    roles: frozenset[str]  # of agents.ROLES; exactly {"device"} for a device
    facility_ids: frozenset[str]  # where an operator, or the device, works
    how: Literal["session", "api-key", "device"]
    device_id: str | None = None
    credential_id: str | None = None  # the API key's id
    csrf_token: str | None = field(default=None, repr=False)

    @property
    def is_steward(self) -> bool:
        """Whether they may do what any role may."""
        return "steward" in self.roles


def authenticate(
    session: Session,
    *,
    cookie: str | None,
    authorization: str | None,
    now: datetime,
) -> Principal | None:
    """Who holds this session cookie or `Authorization` header; None without either.

    Errors: NotSignedInError for a credential that is unknown, expired or revoked.
    """
    if authorization is not None:
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise NotSignedInError("send 'Authorization: Bearer …' with your key")
        if secret.startswith("fabdevice_"):
            return principal_of_device(session, secret)
        return _principal_of_key(session, secret)
    if cookie:
        row = session_of_token(session, cookie, now=now)
        roles = roles_of(session, row.agent_id)
        return Principal(
            agent_id=row.agent_id,
            roles=frozenset(role.role for role in roles),
            facility_ids=_facilities(roles),
            how="session",
            csrf_token=row.csrf_token,
        )
    return None


def principal_of_device(session: Session, token: str) -> Principal:
    """The device with this token. Errors: NotSignedInError."""
    row = session.scalar(
        select(DeviceRow).where(DeviceRow.token_hash == hash_of(token))
    )
    if row is None or row.revoked_at is not None:
        raise NotSignedInError("this device token is unknown or revoked: enrol again")
    return Principal(
        agent_id=row.owner_id,
        roles=frozenset({"device"}),
        facility_ids=frozenset({row.facility_id}),
        how="device",
        device_id=row.id,
    )


def observed(principal: Principal, *, writes: bool) -> Principal:
    """An observer sees what a steward sees, and changes nothing; others as they are.

    Errors: NotAllowedError when an observer asks for a change.
    """
    if "observer" not in principal.roles:
        return principal
    if writes:
        raise NotAllowedError("an observer reads all and changes nothing")
    return replace(principal, roles=principal.roles | {"steward"})


def require_role(
    principal: Principal | None, *roles: str, facility_id: str | None = None
) -> Principal:
    """The principal, when it has one of `roles` (and works in the facility).

    A steward may do what any role may. Errors: NotSignedInError, NotAllowedError.
    """
    if principal is None:
        raise NotSignedInError("sign in first")
    if principal.is_steward:
        return principal
    if not principal.roles & set(roles):
        raise NotAllowedError(f"this needs the role {' or '.join(roles)}")
    if facility_id is not None and facility_id not in principal.facility_ids:
        raise NotAllowedError(f"you do not work in facility {facility_id}")
    return principal


def _principal_of_key(session: Session, secret: str) -> Principal:
    key = key_of_secret(session, secret)
    scopes = frozenset(key.scopes.split(","))
    held = [role for role in roles_of(session, key.agent_id) if role.role in scopes]
    return Principal(
        agent_id=key.agent_id,
        roles=frozenset(role.role for role in held),
        facility_ids=_facilities(held),
        how="api-key",
        credential_id=key.id,
    )


def _facilities(roles: Sequence[RoleRow]) -> frozenset[str]:
    return frozenset(role.facility_id for role in roles if role.facility_id)
