"""A steward lets somebody in: who they are, what they do here, and their code."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.foundation.errors import ConflictError, InvalidInputError
from orchestrator.ledger.desk import Desk
from orchestrator.members.agents import (
    AgentKind,
    LegalForm,
    Role,
    add_agent,
    agent_of,
    grant_role,
)
from orchestrator.members.invitations import invite
from orchestrator.members.logins import agent_of_email, can_sign_in
from orchestrator.network.couriers import add_courier
from orchestrator.network.facilities import facility_of

# Stewards and observers are named by two stewards.
JOINING_ROLES: Final[tuple[Role, ...]] = (
    "shop",
    "designer",
    "courier",
    "operator",
    "member",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Who is let in. `profile`, `lat`, `lon` (degrees): of a courier, where they start.

    `facility_id`: where an operator works.
    """

    name: str
    kind: AgentKind
    legal_form: LegalForm
    roles: Collection[str]
    profile: str = ""
    lat: float | None = None
    lon: float | None = None
    facility_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetIn:
    """The new member, and the code that is told this once."""

    agent_id: str
    name: str
    code: str


def let_in(session: Session, desk: Desk, who: Newcomer) -> LetIn:
    """A new member with their roles, who cannot sign in before they used the code.

    What they say of their legal form holds once it is attested. Errors:
    InvalidInputError for what cannot be; NotFoundError for the lab.
    """
    roles = [role for role in JOINING_ROLES if role in who.roles]
    if not roles or len(roles) != len(set(who.roles)):
        raise InvalidInputError(
            f"a member is one or more of {', '.join(JOINING_ROLES)}", field="roles"
        )
    agent = add_agent(
        session,
        kind=who.kind,
        name=who.name,
        legal_form=who.legal_form,
        now=desk.now,
    )
    for role in roles:
        lab = facility_of(session, who.facility_id).id if role == "operator" else None
        grant_role(session, agent.id, role, now=desk.now, facility_id=lab)
    if "courier" in roles:
        _add_courier(session, agent.id, who, desk.now)
    code = invite(session, agent.id, issued_by=desk.agent_id, now=desk.now)
    desk.note(session, "member-let-in", agent.id, told={"roles": " ".join(roles)})
    return LetIn(agent_id=agent.id, name=agent.name, code=code)


def _add_courier(session: Session, agent_id: str, who: Newcomer, now: datetime) -> None:
    if who.lat is None or who.lon is None:
        raise InvalidInputError(
            "say where the courier starts: degrees such as 60.1702", field="lat"
        )
    add_courier(
        session,
        agent_id=agent_id,
        profile=who.profile,
        lat=who.lat,
        lon=who.lon,
        now=now,
    )


def invite_again(session: Session, desk: Desk, agent_id: str) -> LetIn:
    """A new code for a member who lost theirs and cannot sign in yet.

    Whoever can is out of a steward's reach: with such a code one could act and vote as
    them. Errors: ConflictError; NotFoundError.
    """
    name = agent_of(session, agent_id).name
    if can_sign_in(session, agent_id):
        raise ConflictError(
            f"{name} signs in already: who forgot the password gets a code from "
            "whoever runs the node (fabcommons steward code)"
        )
    return _invited_again(session, desk, agent_id, name, issued_by=desk.agent_id)


def invite_by_node(session: Session, desk: Desk, email: str) -> LetIn:
    """A new code for who forgot the password, by whoever holds the database anyway.

    The desk is the node's own. Errors: NotFoundError.
    """
    agent_id = agent_of_email(session, email)
    name = agent_of(session, agent_id).name
    return _invited_again(session, desk, agent_id, name, issued_by=agent_id)


def _invited_again(
    session: Session, desk: Desk, agent_id: str, name: str, *, issued_by: str
) -> LetIn:
    code = invite(session, agent_id, issued_by=issued_by, now=desk.now)
    row_id = f"{agent_id}-{desk.now:%Y%m%dt%H%M%S%f}"
    desk.note(session, "member-invited-again", row_id, told={}, subject=agent_id)
    return LetIn(agent_id=agent_id, name=name, code=code)
