"""Ballots while a poll is open, and its close: tally, record, and the rule it makes."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import Mandate, Rule, enact, kind_named
from orchestrator.foundation import canonical
from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
)
from orchestrator.foundation.ids import checked_id, derived_id
from orchestrator.ledger.acts import NETWORK
from orchestrator.ledger.events import spell_moment
from orchestrator.votes import tally as counting
from orchestrator.votes.clerk import Clerk
from orchestrator.votes.delegation import delegations
from orchestrator.votes.proposals import (
    OPEN,
    Draft,
    open_one,
    open_proposal,
    procedure_of,
    say,
)
from orchestrator.votes.rows import BallotRow, ProposalRow, SignedBallotRow
from orchestrator.votes.sealed import forget_key, handed_in, modulus_of, spoke
from orchestrator.votes.tally import InvalidRecordError, Result, commitment, tally

type Choice = str | dict[str, int]
OVERTAKEN = "overtaken"
OWN_CHOICE = {"consent": "agree", "majority": "yes"}


def cast(
    session: Session,
    proposal_id: str,
    *,
    ballot_id: str,
    revision: int,
    voter: str,
    choice: Choice,
    reason: str = "",
    clerk: Clerk,
    now: datetime,
) -> BallotRow:
    """Cast a ballot for the `revision` that the voter read; its hash enters the log.

    The same ballot again is the same one. Another of the same voter counts instead, or
    is refused, as the rules say. Who objects says why, for all to read. Errors:
    ConflictError (closed, amended, voted, id in use), NotAllowedError (no voice),
    InvalidInputError (no such choice).
    """
    checked_id(ballot_id, field="ballot_id")
    known = session.scalar(select(BallotRow).where(BallotRow.id == ballot_id))
    if known is not None:
        return _same(known, proposal_id, voter, choice)
    row = open_one(session, proposal_id, now)
    if voter not in row.roll:
        raise NotAllowedError("you had no voice when this poll was opened")
    if revision != row.revision:
        raise ConflictError("the proposal was amended meanwhile: read it again")
    if row.is_secret:
        raise ConflictError(
            "ballots are secret here: have yours signed, then hand it in"
        )
    procedure = procedure_of(session, row)
    checked_choice(procedure.method, choice, row.options, procedure.score_max)
    if procedure.recast == "refuse" and voter in _ballots(session, row):
        raise ConflictError("you have voted, and by the rules a ballot stands")
    if choice == "object":
        say(session, proposal_id, agent_id=voter, text=reason, now=now)
    ballot = _ballot(row, ballot_id, voter, choice, now)
    session.add(ballot)
    session.flush()
    clerk.note(
        session,
        "ballot-cast",
        row.id,
        ballot_id,
        actor=voter,
        now=now,
        told={"revision": row.revision, "ballot_sha256": ballot.sha256},
    )
    announce(session, "votes")
    if procedure.ends_when_all_spoke and voices(session, row, now) == len(row.roll):
        close(session, row, clerk=clerk, now=now)
    return ballot


def propose(
    session: Session, draft: Draft, *, agent_id: str, clerk: Clerk, now: datetime
) -> ProposalRow:
    """Open a poll with the proposer's own yes in it; she may still change her mind.

    So a network of one steward decides at once. In a secret poll she votes as all do. Errors: as `open_proposal`.
    """
    row = open_proposal(session, draft, agent_id=agent_id, clerk=clerk, now=now)
    own = OWN_CHOICE.get(procedure_of(session, row).method)
    if own is not None and not row.is_secret:
        cast(
            session,
            row.id,
            ballot_id=derived_id("ballot", row.id, agent_id),
            revision=row.revision,
            voter=agent_id,
            choice=own,
            clerk=clerk,
            now=now,
        )
    return row


def own_ballot(session: Session, row: ProposalRow, voter: str) -> BallotRow | None:
    """The voter's ballot that counts now."""
    return _ballots(session, row).get(voter)


def spoke_on_earlier_text(session: Session, row: ProposalRow, voter: str) -> bool:
    """Whether the voter spoke before the last amendment: what no longer counts."""
    cast_before = exists().where(
        BallotRow.proposal_id == row.id,
        BallotRow.voter == voter,
        BallotRow.revision < row.revision,
    )
    signed_before = exists().where(
        SignedBallotRow.proposal_id == row.id,
        SignedBallotRow.voter == voter,
        SignedBallotRow.revision < row.revision,
    )
    return bool(session.scalar(select(or_(cast_before, signed_before))))


def voices(session: Session, row: ProposalRow, now: datetime) -> int:
    """How many members have spoken so far, themselves or through whom they trust.

    In a secret poll: how many ballots were handed in.
    """
    if row.is_secret:
        return len(handed_in(session, row))
    spoken = counting.weights(
        row.roll, _ballots(session, row), _trusted(session, row, now)
    )
    return sum(spoken.values())


def close(
    session: Session, row: ProposalRow, *, clerk: Clerk, now: datetime
) -> Result | None:
    """Count, publish the record, and make what passed the rule. None: it was closed.

    A rule that another vote changed meanwhile stays as it is: who voted had not seen
    it. The caller commits.
    """
    session.refresh(row, with_for_update=True)
    if row.state != OPEN:
        return None
    record = record_of(session, row, now)
    text = canonical.dumps(record)
    result = tally(json.loads(text))
    row.record, row.record_sha256 = text.decode(), sha256(text).hexdigest()
    row.state, row.closed_at = result.outcome, now
    if row.is_secret:
        forget_key(session, row)
    if result.outcome == counting.PASSED and row.table is not None:
        _enact(session, row, clerk, now)
    session.flush()
    clerk.note(
        session,
        "poll-closed",
        row.id,
        actor=NETWORK,
        now=now,
        told={
            "outcome": row.state,
            "revision": row.revision,
            "voices": result.voices,
            "members": result.members,
            "record_sha256": row.record_sha256,
        },
    )
    announce(session, "votes")
    return result


def record_of(session: Session, row: ProposalRow, now: datetime) -> dict[str, Any]:
    """All that the tally is made of; members by their ids, never by name.

    A secret poll tells who had a ballot signed, and apart from it the ballots.
    """
    procedure = procedure_of(session, row)
    told: dict[str, Any] = {
        "format": counting.FORMAT,
        "proposal": row.id,
        "revision": row.revision,
        "rules": row.rules_version,
        "method": procedure.method,
        "quorum_permille": procedure.quorum_permille,
        "limit_permille": procedure.limit_permille,
        "score_max": procedure.score_max,
        "options": row.options,
        "roll": row.roll,
    }
    if row.is_secret:
        return told | {
            "modulus": modulus_of(session, row),
            "spoke": spoke(session, row),
            "ballots": handed_in(session, row),
        }
    trusted = _trusted(session, row, now)
    return told | {
        "delegations": {who: trusted[who] for who in row.roll if who in trusted},
        "ballots": [
            _told(row, voter, ballot.choice, ballot.salt)
            for voter, ballot in sorted(_ballots(session, row).items())
        ],
    }


def result_of(row: ProposalRow) -> Result | None:
    """The published record, counted again. None while the poll is open."""
    return None if row.record is None else tally(json.loads(row.record))


def _enact(session: Session, row: ProposalRow, clerk: Clerk, now: datetime) -> None:
    procedure = procedure_of(session, row)
    try:
        rule: Rule[Any] = enact(
            session,
            kind_named(row.matter),
            (row.table or "").encode(),
            by=Mandate(proposal_id=row.id, agent_id=row.opened_by, reason=row.title),
            in_force_from=now + timedelta(seconds=procedure.notice_s),
            now=now,
            instead_of=row.instead_of,
        )
    except (ConflictError, InvalidInputError):
        row.state = OVERTAKEN
        return
    row.enacted = rule.version
    clerk.note(
        session,
        "rule-enacted",
        rule.version,
        actor=NETWORK,
        now=now,
        told={
            "proposal": row.id,
            "table_sha256": rule.sha256,
            "in_force_from": spell_moment(rule.in_force_from),
        },
    )
    clerk.enacted(session, rule.version, now)


def _trusted(session: Session, row: ProposalRow, now: datetime) -> Mapping[str, str]:
    """As it stood when time was over, however late the poll is counted."""
    return delegations(session, row.matter, min(now, row.closes_at))


def _ballots(session: Session, row: ProposalRow) -> Mapping[str, BallotRow]:
    """The last ballot of each voter for the text as it is."""
    rows = session.scalars(
        select(BallotRow)
        .where(BallotRow.proposal_id == row.id, BallotRow.revision == row.revision)
        .order_by(BallotRow.number)
    )
    return {ballot.voter: ballot for ballot in rows}


def _ballot(
    row: ProposalRow, ballot_id: str, voter: str, choice: Choice, now: datetime
) -> BallotRow:
    """Salted, so that its hash tells nobody the choice before the close."""
    salt = secrets.token_hex(16)
    told = _told(row, voter, choice, salt)
    return BallotRow(
        id=ballot_id,
        proposal_id=row.id,
        revision=row.revision,
        voter=voter,
        choice=choice,
        salt=salt,
        sha256=commitment(told),
        cast_at=now,
    )


def _told(row: ProposalRow, voter: str, choice: Choice, salt: str) -> dict[str, Any]:
    """A ballot as the record has it and its hash covers."""
    return {
        "proposal": row.id,
        "revision": row.revision,
        "voter": voter,
        "choice": choice,
        "salt": salt,
    }


def _same(known: BallotRow, proposal_id: str, voter: str, choice: Choice) -> BallotRow:
    told = (known.proposal_id, known.voter, known.choice)
    if told != (proposal_id, voter, choice):
        raise ConflictError("another ballot has this id: use a new one")
    return known


def checked_choice(
    method: str, choice: Choice, options: list[str], score_max: int
) -> None:
    """Errors: InvalidInputError for what this poll does not ask."""
    try:
        counting.check_choice(method, choice, options, score_max)
    except InvalidRecordError as error:
        raise InvalidInputError(str(error), field="choice") from error
