"""People and organisations, what form they have and which roles they hold."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.foundation.ids import checked_id, derived_id, new_id
from orchestrator.members.rows import AgentRow, AttestationRow, RoleRow

type AgentKind = Literal["person", "organisation"]
type LegalForm = Literal[
    "individual",
    "sole-trader",
    "worker-cooperative",
    "non-profit",
    "non-profit-employer",
    "public-body",
    "cae-member",
    "investor-cooperative",
    "consumer-cooperative",
    "firm-with-wage-labour",
]
type Role = Literal[
    "operator", "designer", "shop", "courier", "member", "steward", "observer"
]

LEGAL_FORMS: tuple[str, ...] = get_args(LegalForm.__value__)
ROLES: tuple[str, ...] = get_args(Role.__value__)
NAME_MAX = 200


def add_agent(
    session: Session,
    *,
    kind: AgentKind,
    name: str,
    legal_form: LegalForm,
    now: datetime,
    attested_until: datetime | None = None,
    agent_id: str | None = None,
) -> AgentRow:
    """A new agent. `attested_until`: whoever enrols them saw that they have this form.

    Errors: InvalidInputError for a name or legal form that cannot be.
    """
    if not 1 <= len(name.strip()) <= NAME_MAX or not name.isprintable():
        raise InvalidInputError(f"a name has 1 to {NAME_MAX} letters", field="name")
    if kind not in {"person", "organisation"} or legal_form not in LEGAL_FORMS:
        raise InvalidInputError(
            f"no such kind or legal form: {kind!r}, {legal_form!r}", field="legal_form"
        )
    row = AgentRow(
        id=checked_id(agent_id) if agent_id else new_id("agent"),
        kind=kind,
        name=name.strip(),
        legal_form=legal_form,
        legal_form_attested_until=attested_until,
        created_at=now,
    )
    session.add(row)
    session.flush()
    if attested_until is not None:
        session.add(_enrolled(row, attested_until, now))
        session.flush()
    return row


def agent_of(session: Session, agent_id: str) -> AgentRow:
    """The agent. Errors: NotFoundError."""
    row = session.get(AgentRow, agent_id)
    if row is None:
        raise NotFoundError(f"there is no agent {agent_id}")
    return row


def names_of(session: Session, agent_ids: Collection[str]) -> dict[str, str]:
    """What these agents are called, by id; who is not known is not there."""
    asked = select(AgentRow.id, AgentRow.name).where(AgentRow.id.in_(agent_ids))
    return dict(session.execute(asked).all())


def grant_role(
    session: Session,
    agent_id: str,
    role: Role,
    *,
    now: datetime,
    facility_id: str | None = None,
) -> None:
    """Let the agent act in `role`; an operator needs the facility. Twice is once."""
    if role not in ROLES:
        raise InvalidInputError(f"no role {role!r}: use {', '.join(ROLES)}")
    if (role == "operator") != (facility_id is not None):
        raise InvalidInputError("operators, and only they, have a facility")
    row_id = derived_id("role", agent_id, role, facility_id or "")
    if session.get(RoleRow, row_id) is None:
        session.add(
            RoleRow(
                id=row_id,
                agent_id=agent_id,
                role=role,
                facility_id=facility_id or "",
                granted_at=now,
            )
        )
        session.flush()


def withdraw_role(
    session: Session, agent_id: str, role: Role, *, facility_id: str | None = None
) -> None:
    """The agent may act so no more; at once, on every way in."""
    row = session.get(RoleRow, derived_id("role", agent_id, role, facility_id or ""))
    if row is not None:
        session.delete(row)
        session.flush()


def roles_of(session: Session, agent_id: str) -> Sequence[RoleRow]:
    """Every role the agent holds."""
    return session.scalars(
        select(RoleRow).where(RoleRow.agent_id == agent_id).order_by(RoleRow.id)
    ).all()


def is_steward(session: Session, agent_id: str) -> bool:
    """Whether this member is one, whatever the key or page that they act by allows."""
    return any(one.role == "steward" for one in roles_of(session, agent_id))


def agents_with_role(
    session: Session, role: Role, *, facility_id: str | None = None
) -> Sequence[AgentRow]:
    """All agents who may act so (in the facility)."""
    query = select(AgentRow).join(RoleRow, RoleRow.agent_id == AgentRow.id)
    query = query.where(RoleRow.role == role)
    if facility_id is not None:
        query = query.where(RoleRow.facility_id == facility_id)
    return session.scalars(query.order_by(AgentRow.id)).unique().all()


def agents_named(session: Session, part: str, *, limit: int) -> Sequence[AgentRow]:
    """Agents with a role whose name holds `part`, by name."""
    return session.scalars(
        select(AgentRow)
        .where(
            AgentRow.name.icontains(part, autoescape=True),
            AgentRow.id.in_(select(RoleRow.agent_id)),
        )
        .order_by(AgentRow.name, AgentRow.id)
        .limit(limit)
    ).all()


def _enrolled(row: AgentRow, until: datetime, now: datetime) -> AttestationRow:
    return AttestationRow(
        id=derived_id("attestation", row.id),
        agent_id=row.id,
        claim=row.legal_form,
        issuer="The network",
        evidence="Told when the member was enrolled.",
        valid_until=until,
        told_at=now,
        confirmed_at=now,
    )
