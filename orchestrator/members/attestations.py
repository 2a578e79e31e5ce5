"""Attestations: who vouches for what a member is, on which evidence, until when."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.ids import new_id
from orchestrator.members.agents import LEGAL_FORMS, agent_of
from orchestrator.members.rows import AttestationRow

CLAIM_MAX: Final = 60
ISSUER_MAX: Final = 120
EVIDENCE_MAX: Final = 300
SHOWN_MAX: Final = 200
LIFE_MAX: Final = timedelta(days=366)  # each year again, as the licences ask
REMIND_BEFORE: Final = (timedelta(days=30), timedelta(days=7))

type State = Literal["waiting", "valid", "ending", "expired", "ended"]


def tell(
    session: Session,
    *,
    agent_id: str,
    claim: str,
    issuer: str,
    evidence: str,
    valid_until: datetime,
    now: datetime,
) -> AttestationRow:
    """A member says what they are and who vouches for it; it waits for a steward.

    `claim`: a legal form, or the name of a label such as ESUS. Errors:
    InvalidInputError with its field.
    """
    agent_of(session, agent_id)
    for field, text, most in (
        ("claim", claim, CLAIM_MAX),
        ("issuer", issuer, ISSUER_MAX),
        ("evidence", evidence, EVIDENCE_MAX),
    ):
        if not 2 <= len(text.strip()) <= most or not text.isprintable():
            raise InvalidInputError(f"{field} has 2 to {most} letters", field=field)
    if not now < valid_until <= now + LIFE_MAX:
        raise InvalidInputError(
            f"it is good for at most {LIFE_MAX.days} days from today; renew it then",
            field="valid_until",
        )
    row = AttestationRow(
        id=new_id("attestation"),
        agent_id=agent_id,
        claim=claim.strip(),
        issuer=issuer.strip(),
        evidence=evidence.strip(),
        valid_until=valid_until,
        told_at=now,
    )
    session.add(row)
    session.flush()
    return row


def confirm(
    session: Session, attestation_id: str, *, by: str, now: datetime
) -> AttestationRow:
    """Somebody else looked at the evidence: it counts from now on. Twice is once.

    Errors: NotFoundError; NotAllowedError for one's own; ConflictError when it was
    ended or is over.
    """
    row = attestation_of(session, attestation_id)
    if row.agent_id == by:
        raise NotAllowedError("nobody confirms their own attestation: ask another")
    if row.ended_at is not None or row.valid_until <= now:
        raise ConflictError("this attestation is over: ask for a new one")
    if row.confirmed_at is None:
        row.confirmed_at, row.confirmed_by = now, by
        session.flush()
        _set_form(session, row)
    return row


def end(
    session: Session, attestation_id: str, *, by: str, now: datetime
) -> AttestationRow:
    """Withdrawn by its member, or refused or revoked by a steward. Twice is once.

    Errors: NotFoundError.
    """
    row = attestation_of(session, attestation_id)
    if row.ended_at is None:
        row.ended_at, row.ended_by = now, by
        session.flush()
        _set_form(session, row)
    return row


def attestation_of(session: Session, attestation_id: str) -> AttestationRow:
    """The attestation, locked until the caller's end. Errors: NotFoundError."""
    row = session.get(
        AttestationRow, attestation_id, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise NotFoundError(f"there is no attestation {attestation_id[:64]!r}")
    return row


def attestations_of(session: Session, agent_id: str) -> Sequence[AttestationRow]:
    """All that a member ever told, newest first."""
    return session.scalars(
        select(AttestationRow)
        .where(AttestationRow.agent_id == agent_id)
        .order_by(AttestationRow.told_at.desc(), AttestationRow.id)
    ).all()


def waiting(session: Session, now: datetime) -> Sequence[AttestationRow]:
    """What a steward has to look at, the longest waiting first."""
    return session.scalars(
        select(AttestationRow)
        .where(
            AttestationRow.confirmed_at.is_(None),
            AttestationRow.ended_at.is_(None),
            AttestationRow.valid_until > now,
        )
        .order_by(AttestationRow.told_at, AttestationRow.id)
    ).all()


def standing(session: Session, now: datetime) -> Sequence[AttestationRow]:
    """What counts now, the first to end first; so many as a page shows."""
    return session.scalars(
        select(AttestationRow)
        .where(
            AttestationRow.confirmed_at.is_not(None),
            AttestationRow.ended_at.is_(None),
            AttestationRow.valid_until > now,
        )
        .order_by(AttestationRow.valid_until, AttestationRow.id)
        .limit(SHOWN_MAX)
    ).all()


def reminders(
    session: Session, *, since: datetime, now: datetime
) -> list[tuple[AttestationRow, timedelta]]:
    """What ends before long, each once a distance: those that came into it since then."""
    found: list[tuple[AttestationRow, timedelta]] = []
    for before in REMIND_BEFORE:
        rows = session.scalars(
            select(AttestationRow)
            .where(
                AttestationRow.confirmed_at.is_not(None),
                AttestationRow.ended_at.is_(None),
                AttestationRow.valid_until > since + before,
                AttestationRow.valid_until <= now + before,
            )
            .order_by(AttestationRow.valid_until, AttestationRow.id)
        )
        found += [(row, before) for row in rows if not _is_renewed(session, row)]
    return found


def state_of(row: AttestationRow, now: datetime) -> State:
    """How it stands; `ending`: valid, and to be renewed before long."""
    if row.ended_at is not None:
        return "ended"
    if row.valid_until <= now:
        return "expired"
    if row.confirmed_at is None:
        return "waiting"
    return "ending" if row.valid_until <= now + REMIND_BEFORE[0] else "valid"


def _is_renewed(session: Session, row: AttestationRow) -> bool:
    return any(
        other.claim == row.claim
        and other.valid_until > row.valid_until
        and other.ended_at is None
        for other in attestations_of(session, row.agent_id)
    )


def _set_form(session: Session, row: AttestationRow) -> None:
    """The member's form is that of what was confirmed last and stands; labels give none."""
    if row.claim not in LEGAL_FORMS:
        return
    agent = agent_of(session, row.agent_id)
    confirmed = [
        one
        for one in attestations_of(session, row.agent_id)
        if one.confirmed_at is not None
        and one.ended_at is None
        and one.claim in LEGAL_FORMS
    ]
    if not confirmed:
        agent.legal_form_attested_until = None
        return
    last = max(confirmed, key=lambda one: (one.confirmed_at, one.valid_until, one.id))
    agent.legal_form = last.claim
    agent.legal_form_attested_until = last.valid_until
