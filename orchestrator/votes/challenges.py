"""Challenges: a problem, entries, judges' points, an award and a seed grant."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.accounts.chart import PAYABLE, RESERVE
from orchestrator.catalogue.designs import version_of
from orchestrator.commons.rulebook import rule_at
from orchestrator.commons.shares import apportion
from orchestrator.foundation import canonical
from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.ids import new_id
from orchestrator.foundation.money import Money
from orchestrator.ledger.acts import NETWORK
from orchestrator.votes.clerk import Clerk
from orchestrator.votes.funding import PERMILLE
from orchestrator.votes.funding_rules import FUNDING_RULES
from orchestrator.votes.proposals import OPEN, TITLE_MAX, one_line, some_text
from orchestrator.votes.purse import EARMARKED, move, reserve
from orchestrator.votes.roll import members
from orchestrator.votes.rows import ChallengeEntryRow, ChallengeRow, VerdictRow

AWARDED, UNSOLVED = "awarded", "unsolved"
CRITERIA_MAX = 8
CRITERION_MAX = 120
POINTS_MAX = 5


def open_challenge(
    session: Session,
    *,
    title: str,
    text: str,
    criteria: Sequence[str],
    award: Money,
    seed_cents: int,
    jury: Sequence[str] = (),
    agent_id: str,
    clerk: Clerk,
    now: datetime,
) -> ChallengeRow:
    """Set award and seed grant aside out of the reserve, for who solves a problem best.

    `jury`: who judges; nobody named: every member of this moment. Who may open one is
    the caller's to check. Errors: InvalidInputError, for more than the funding rules
    allow of the reserve too; NotAllowedError for a juror who is no member.
    """
    rules, roll = rule_at(session, FUNDING_RULES, now).value, members(session, now)
    most = (
        max(0, reserve(session, award.currency)) * rules.challenge_permille // PERMILLE
    )
    if award.cents < 1 or seed_cents < 0 or award.cents + seed_cents > most:
        raise InvalidInputError(
            "award and seed grant are together at most "
            f"{Money(cents=most, currency=award.currency)}: what the funding rules "
            "allow of the reserve",
            field="award_cents",
        )
    if strangers := sorted(set(jury) - set(roll)):
        raise NotAllowedError(f"{strangers[0]} is no member with a voice")
    row = ChallengeRow(
        id=new_id("challenge"),
        title=one_line(title, "title", TITLE_MAX),
        text=some_text(text, "text"),
        criteria=_criteria(criteria),
        is_jury=bool(jury),
        judges=sorted(set(jury)) or roll,
        currency=award.currency,
        award_cents=award.cents,
        seed_cents=seed_cents,
        opened_by=agent_id,
        opened_at=now,
        entries_until=now + timedelta(seconds=rules.challenge_entries_s),
        closes_at=now
        + timedelta(seconds=rules.challenge_entries_s + rules.challenge_judging_s),
        state=OPEN,
    )
    session.add(row)
    session.flush()
    _set_aside(session, row, rules.rule_version, clerk=clerk, now=now)
    announce(session, "votes")
    return row


def enter(
    session: Session,
    challenge_id: str,
    *,
    title: str,
    text: str,
    version_id: str | None = None,
    agent_id: str,
    clerk: Clerk,
    now: datetime,
) -> ChallengeEntryRow:
    """Hand in an answer, with a published design where there is one; one a member.

    Errors: ConflictError (too late, a second one), NotAllowedError for jurors and who
    is no member, NotFoundError for an unknown design version.
    """
    row = _open(session, challenge_id, now)
    if now >= row.entries_until:
        raise ConflictError("this challenge takes no more entries: it is being judged")
    if agent_id not in members(session, now):
        raise NotAllowedError("entries are by members")
    if row.is_jury and agent_id in row.judges:
        raise NotAllowedError("who judges hands nothing in")
    if any(one.agent_id == agent_id for one in entries_of(session, row.id)):
        raise ConflictError("you handed in an entry already: one for each member")
    if version_id:
        version_of(session, version_id)
    entry = ChallengeEntryRow(
        id=new_id("entry"),
        challenge_id=row.id,
        agent_id=agent_id,
        title=one_line(title, "title", TITLE_MAX),
        text=some_text(text, "text"),
        version_id=version_id or None,
        entered_at=now,
    )
    session.add(entry)
    session.flush()
    clerk.note(
        session,
        "challenge-entered",
        entry.id,
        actor=agent_id,
        now=now,
        told={"challenge": row.id},
    )
    announce(session, "votes")
    return entry


def judge(
    session: Session,
    entry_id: str,
    *,
    points: Sequence[int],
    agent_id: str,
    clerk: Clerk,
    now: datetime,
) -> VerdictRow:
    """Give an entry 0 to POINTS_MAX points for each criterion, in place of one's before.

    Errors: ConflictError while entries still come, NotAllowedError for who is no judge
    or judges the own entry, InvalidInputError.
    """
    entry = session.get(ChallengeEntryRow, entry_id)
    if entry is None:
        raise NotFoundError(f"there is no entry {entry_id[:64]}")
    row = _open(session, entry.challenge_id, now)
    if now < row.entries_until:
        raise ConflictError("entries are judged together, once none can come any more")
    if agent_id not in row.judges or agent_id == entry.agent_id:
        raise NotAllowedError("this entry is not yours to judge")
    if len(points) != len(row.criteria) or not all(
        0 <= one <= POINTS_MAX for one in points
    ):
        raise InvalidInputError(
            f"0 to {POINTS_MAX} points for each of {len(row.criteria)} criteria",
            field="points",
        )
    verdict = session.get(VerdictRow, (entry_id, agent_id))
    if verdict is None:
        verdict = VerdictRow(entry_id=entry_id, judge=agent_id, points=[])
        session.add(verdict)
    if verdict.points == [*points]:
        return verdict
    verdict.points = [*points]
    session.flush()
    told = canonical.dumps([entry_id, agent_id, [*points]])
    clerk.note(
        session,
        "challenge-judged",
        entry_id,
        agent_id,
        str(now.timestamp()),
        actor=agent_id,
        now=now,
        told={"verdict_sha256": sha256(told).hexdigest()},
    )
    announce(session, "votes")
    return verdict


def close_challenge(
    session: Session, row: ChallengeRow, *, clerk: Clerk, now: datetime
) -> None:
    """Owe award and seed grant to the entry with most points, in equal parts to equals.

    Without an entry that got a point all of it returns to the reserve.
    """
    session.refresh(row, with_for_update=True)
    if row.state != OPEN:
        return
    entries = entries_of(session, row.id)
    won = winnings(points_of(session, row.id), row.award_cents + row.seed_cents)
    source = f"{EARMARKED}:{row.id}"
    lines = [
        (source, f"{PAYABLE}:{entry.agent_id}", won[entry.id])
        for entry in entries
        if entry.id in won
    ]
    move(
        session,
        row.id,
        "closed",
        text="Award and seed grant" if won else "A challenge that nobody solved",
        lines=lines or [(source, RESERVE, row.award_cents + row.seed_cents)],
        currency=row.currency,
        by=None,
        now=now,
    )
    for entry in entries:
        entry.won_cents = won.get(entry.id, 0)
    row.state = AWARDED if won else UNSOLVED
    session.flush()
    verdicts = canonical.dumps(
        [[one.entry_id, one.judge, one.points] for one in verdicts_of(session, row.id)]
    )
    clerk.note(
        session,
        "challenge-closed",
        row.id,
        actor=NETWORK,
        now=now,
        told={
            "outcome": row.state,
            "entries": len(entries),
            "winners": len(won),
            "verdicts_sha256": sha256(verdicts).hexdigest(),
        },
    )
    announce(session, "votes")


def winnings(points: Mapping[str, int], cents: int) -> dict[str, int]:
    """Cents by entry: all to the one with most points, equal parts to equals.

    The parts sum to `cents`; a cent that can't be halved goes by the entry's id.
    Nothing where nobody got a point.
    """
    best = max(points.values(), default=0)
    first = {name: 1 for name, total in points.items() if total == best and best > 0}
    return apportion(cents, first) if first else {}


def points_of(session: Session, challenge_id: str) -> dict[str, int]:
    """All points of each entry, of all judges for all criteria."""
    totals = {entry.id: 0 for entry in entries_of(session, challenge_id)}
    for verdict in verdicts_of(session, challenge_id):
        totals[verdict.entry_id] += sum(verdict.points)
    return totals


def verdicts_of(session: Session, challenge_id: str) -> Sequence[VerdictRow]:
    """What the judges said; to be shown once it is closed."""
    return session.scalars(
        select(VerdictRow)
        .join(ChallengeEntryRow, ChallengeEntryRow.id == VerdictRow.entry_id)
        .where(ChallengeEntryRow.challenge_id == challenge_id)
        .order_by(VerdictRow.entry_id, VerdictRow.judge)
    ).all()


def entries_of(session: Session, challenge_id: str) -> Sequence[ChallengeEntryRow]:
    """In the order in which they came."""
    return session.scalars(
        select(ChallengeEntryRow)
        .where(ChallengeEntryRow.challenge_id == challenge_id)
        .order_by(ChallengeEntryRow.entered_at, ChallengeEntryRow.id)
    ).all()


def challenges(session: Session) -> Sequence[ChallengeRow]:
    """All, the newest first."""
    return session.scalars(
        select(ChallengeRow).order_by(ChallengeRow.opened_at.desc())
    ).all()


def challenge_of(session: Session, challenge_id: str) -> ChallengeRow:
    """The challenge. Errors: NotFoundError."""
    row = session.get(ChallengeRow, challenge_id)
    if row is None:
        raise NotFoundError(f"there is no challenge {challenge_id[:64]}")
    return row


def _open(session: Session, challenge_id: str, now: datetime) -> ChallengeRow:
    row = session.scalar(
        select(ChallengeRow).where(ChallengeRow.id == challenge_id).with_for_update()
    )
    if row is None:
        raise NotFoundError(f"there is no challenge {challenge_id[:64]}")
    if row.state != OPEN or now >= row.closes_at:
        raise ConflictError("this challenge is closed")
    return row


def _set_aside(
    session: Session,
    row: ChallengeRow,
    rule_version: str,
    *,
    clerk: Clerk,
    now: datetime,
) -> None:
    """Out of the reserve at once, so that it can't be spent twice; and into the log."""
    move(
        session,
        row.id,
        "opened",
        text="Set aside for a challenge",
        lines=[(RESERVE, f"{EARMARKED}:{row.id}", row.award_cents + row.seed_cents)],
        currency=row.currency,
        by=row.opened_by,
        now=now,
    )
    asked = canonical.dumps({"text": row.text, "criteria": row.criteria})
    clerk.note(
        session,
        "challenge-opened",
        row.id,
        actor=row.opened_by,
        now=now,
        told={
            "asked_sha256": sha256(asked).hexdigest(),
            "judges_sha256": sha256(canonical.dumps(row.judges)).hexdigest(),
            "award_cents": row.award_cents,
            "seed_cents": row.seed_cents,
            "currency": row.currency,
            "rules": rule_version,
        },
    )


def _criteria(told: Sequence[str]) -> list[str]:
    lines = [one_line(one, "criteria", CRITERION_MAX) for one in told if one.strip()]
    if not 1 <= len(lines) <= CRITERIA_MAX or len(set(lines)) != len(lines):
        raise InvalidInputError(
            f"1 to {CRITERIA_MAX} different criteria, one a line", field="criteria"
        )
    return lines
