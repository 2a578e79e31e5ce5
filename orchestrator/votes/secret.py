"""Secret ballots: signed unseen for a member, then handed in by nobody knows whom."""

import re
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.foundation.blind import sign_blinded
from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
)
from orchestrator.foundation.signing import text_of
from orchestrator.votes.clerk import Clerk
from orchestrator.votes.polls import Choice, checked_choice, close, voices
from orchestrator.votes.proposals import open_one, procedure_of
from orchestrator.votes.rows import ProposalRow, SecretBallotRow, SignedBallotRow
from orchestrator.votes.sealed import ballot_of, key_of, modulus_of, signed_for
from orchestrator.votes.tally import commitment, is_signed

TAKEN: Final = "fabcommons-ballot-taken-1"
_HEX = re.compile(r"[0-9a-f]{1,512}")
_SALT = re.compile(r"[0-9a-f]{32}")


def sign_for(
    session: Session,
    proposal_id: str,
    *,
    revision: int,
    voter: str,
    blinded: str,
    clerk: Clerk,
    now: datetime,
) -> str:
    """Sign the one ballot of a member, without seeing it; that she spoke enters the log.

    The same request again gets the same signature, so that an answer lost on its way
    costs no voice. Errors: ConflictError (closed, amended, open ballots, another one
    was signed), NotAllowedError (no voice), InvalidInputError.
    """
    row = _secret_one(session, proposal_id, revision, now)
    if voter not in row.roll:
        raise NotAllowedError("you had no voice when this poll was opened")
    if not _HEX.fullmatch(blinded):
        raise InvalidInputError("a number in hexadecimal", field="blinded")
    known = signed_for(session, row, voter)
    if known is not None:
        if known.blinded != blinded:
            raise ConflictError("you had a ballot signed already: a secret one stands")
        return known.signature
    signature = f"{sign_blinded(key_of(session, row), int(blinded, 16)):x}"
    session.add(
        SignedBallotRow(
            proposal_id=row.id,
            revision=row.revision,
            voter=voter,
            blinded=blinded,
            signature=signature,
        )
    )
    session.flush()
    clerk.note(
        session,
        "ballot-signed",
        row.id,
        str(row.revision),
        voter,
        actor=voter,
        now=now,
        told={"revision": row.revision},
    )
    return signature


def hand_in(
    session: Session,
    proposal_id: str,
    *,
    revision: int,
    choice: Choice,
    salt: str,
    signature: str,
    clerk: Clerk,
    now: datetime,
) -> tuple[str, str]:
    """Take a signed ballot, from anybody; its hash, and the network's word that it has it.

    With that word (Ed25519 over `receipt_text`, base64) a ballot that is not in the
    record is proven to be left out. The same ballot again is the same. Errors:
    ConflictError; InvalidInputError for what is no ballot, or not signed.
    """
    row = _secret_one(session, proposal_id, revision, now)
    procedure = procedure_of(session, row)
    checked_choice(procedure.method, choice, row.options, procedure.score_max)
    if not _SALT.fullmatch(salt) or not _HEX.fullmatch(signature):
        raise InvalidInputError("salt and signature are hexadecimal", field="salt")
    ballot = ballot_of(row, choice, salt)
    if not is_signed(ballot, signature, modulus_of(session, row)):
        raise InvalidInputError(
            "this ballot is not signed by the poll's key", field="signature"
        )
    name = commitment(ballot)
    if session.get(SecretBallotRow, name) is None:
        session.add(
            SecretBallotRow(
                sha256=name,
                proposal_id=row.id,
                revision=row.revision,
                choice=choice,
                salt=salt,
                signature=signature,
            )
        )
        session.flush()
        announce(session, "votes")
    taken = text_of(clerk.key.sign(receipt_text(row, name)))
    if procedure.ends_when_all_spoke and voices(session, row, now) == len(row.roll):
        close(session, row, clerk=clerk, now=now)
    return name, taken


def receipt_text(row: ProposalRow, ballot_sha256: str) -> bytes:
    """What the network signs when it takes a ballot."""
    return f"{TAKEN}\n{row.id}\n{row.revision}\n{ballot_sha256}\n".encode()


def _secret_one(
    session: Session, proposal_id: str, revision: int, now: datetime
) -> ProposalRow:
    row = open_one(session, proposal_id, now)
    if not row.is_secret:
        raise ConflictError("ballots are open here: cast yours")
    if revision != row.revision:
        raise ConflictError("the proposal was amended meanwhile: read it again")
    return row
