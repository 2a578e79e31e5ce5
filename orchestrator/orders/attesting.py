"""A word on who a member is, in the log: a salted hash, so that it can be forgotten."""

from sqlalchemy.orm import Session

from orchestrator.foundation import canonical
from orchestrator.ledger.commitments import commit, new_salt
from orchestrator.ledger.desk import Desk
from orchestrator.members import attestations
from orchestrator.members.rows import AttestationRow


def confirm(session: Session, desk: Desk, attestation_id: str) -> AttestationRow:
    """A steward looked at the evidence: the gate goes by it. Twice is once.

    Errors: `attestations.confirm`.
    """
    before = attestations.attestation_of(session, attestation_id).confirmed_at
    row = attestations.confirm(session, attestation_id, by=desk.agent_id, now=desk.now)
    if before is None:
        row.salt = new_salt()
        _note(session, desk, "attestation-confirmed", row)
    return row


def end(session: Session, desk: Desk, attestation_id: str) -> AttestationRow:
    """Its member withdraws it, or a steward refuses or revokes it. Twice is once.

    Errors: NotFoundError.
    """
    before = attestations.attestation_of(session, attestation_id).ended_at
    row = attestations.end(session, attestation_id, by=desk.agent_id, now=desk.now)
    if before is None and row.confirmed_at is not None:
        _note(session, desk, "attestation-ended", row)
    return row


def _note(session: Session, desk: Desk, act: str, row: AttestationRow) -> None:
    told = canonical.dumps(
        {
            "agent": row.agent_id,
            "claim": row.claim,
            "issuer": row.issuer,
            "evidence": row.evidence,
        }
    ).decode()
    hashed = {} if row.salt is None else {"commitment": commit(row.salt, told)}
    until = row.valid_until.date().isoformat()
    desk.note(session, act, row.id, told={"valid_until": until, **hashed})
