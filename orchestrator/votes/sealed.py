"""What is kept of secret ballots: a key for each text, who had one signed, what came in."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.blind import BlindKey, new_blind_key
from orchestrator.votes.rows import (
    BallotKeyRow,
    ProposalRow,
    SecretBallotRow,
    SignedBallotRow,
)


def new_key(session: Session, row: ProposalRow) -> None:
    """Make the key of the proposal's text as it is now; the one of before forgets."""
    key = new_blind_key()
    before = session.get(BallotKeyRow, (row.id, row.revision - 1))
    if before is not None:
        before.exponent = None
    session.add(
        BallotKeyRow(
            proposal_id=row.id,
            revision=row.revision,
            modulus=f"{key.n:x}",
            exponent=f"{key.d:x}",
        )
    )
    session.flush()


def key_of(session: Session, row: ProposalRow) -> BlindKey:
    """The key that signs while the poll is open. Errors: ValueError afterwards."""
    kept = session.get_one(BallotKeyRow, (row.id, row.revision))
    if kept.exponent is None:
        raise ValueError(f"the key of {row.id} was forgotten at its close")
    return BlindKey(n=int(kept.modulus, 16), d=int(kept.exponent, 16))


def modulus_of(session: Session, row: ProposalRow) -> str:
    """The public half, in hexadecimal."""
    return session.get_one(BallotKeyRow, (row.id, row.revision)).modulus


def forget_key(session: Session, row: ProposalRow) -> None:
    """Nothing can be signed any more, by whomever the database falls to."""
    session.get_one(BallotKeyRow, (row.id, row.revision)).exponent = None


def signed_for(
    session: Session, row: ProposalRow, voter: str
) -> SignedBallotRow | None:
    """What the voter had signed for the text as it is."""
    return session.get(SignedBallotRow, (row.id, row.revision, voter))


def spoke(session: Session, row: ProposalRow) -> list[str]:
    """Who had a ballot signed for the text as it is."""
    return [
        *session.scalars(
            select(SignedBallotRow.voter)
            .where(
                SignedBallotRow.proposal_id == row.id,
                SignedBallotRow.revision == row.revision,
            )
            .order_by(SignedBallotRow.voter)
        )
    ]


def handed_in(session: Session, row: ProposalRow) -> list[dict[str, Any]]:
    """The ballots for the text as it is, by their hashes: no order of theirs is kept."""
    rows = session.scalars(
        select(SecretBallotRow)
        .where(
            SecretBallotRow.proposal_id == row.id,
            SecretBallotRow.revision == row.revision,
        )
        .order_by(SecretBallotRow.sha256)
    )
    return [
        ballot_of(row, one.choice, one.salt) | {"signature": one.signature}
        for one in rows
    ]


def ballot_of(row: ProposalRow, choice: object, salt: str) -> dict[str, Any]:
    """A secret ballot as its hash covers it."""
    return {
        "proposal": row.id,
        "revision": row.revision,
        "choice": choice,
        "salt": salt,
    }
