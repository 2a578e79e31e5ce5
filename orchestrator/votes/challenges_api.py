"""Challenges over HTTP: the problem, its entries, and once it is closed who said what."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.money import Money
from orchestrator.members.principal_api import StewardDep, Strict
from orchestrator.votes import challenges
from orchestrator.votes.api import ClerkDep, PersonDep
from orchestrator.votes.proposals import OPEN, TEXT_MAX, TITLE_MAX
from orchestrator.votes.rows import ChallengeRow

router = APIRouter(prefix="/api/v1/challenges", tags=["votes"])
Cents = Annotated[int, Field(ge=0, le=10**12)]
REFUSALS = refusals(ConflictError, InvalidInputError, NotAllowedError, NotFoundError)


class ChallengeIn(Strict):
    """A problem with its award. `jury` empty: all members judge."""

    title: str = Field(max_length=TITLE_MAX)
    text: str = Field(max_length=TEXT_MAX)
    criteria: list[str] = Field(max_length=challenges.CRITERIA_MAX)
    currency: Annotated[str, Field(pattern="[A-Z]{3}", max_length=3)]
    award_cents: Cents
    seed_cents: Cents = 0
    jury: list[Id] = Field(default_factory=list, max_length=100)


class EntryIn(Strict):
    """An answer; `version_id`: of a published design."""

    title: str = Field(max_length=TITLE_MAX)
    text: str = Field(max_length=TEXT_MAX)
    version_id: Id | None = None


class VerdictIn(Strict):
    """Points by criterion, in the order of the challenge."""

    points: list[int] = Field(max_length=challenges.CRITERIA_MAX)


class VerdictOut(BaseModel):
    """What one judge gave."""

    judge: str
    points: list[int]


class EntryOut(BaseModel):
    """An entry; its verdicts once the challenge is closed."""

    id: str
    agent_id: str
    title: str
    text: str
    version_id: str | None
    won_cents: int | None
    verdicts: list[VerdictOut]


class ChallengeOut(BaseModel):
    """A challenge with all that came."""

    id: str
    title: str
    text: str
    criteria: list[str]
    is_jury: bool
    judges: int
    currency: str
    award_cents: int
    seed_cents: int
    entries_until: datetime
    closes_at: datetime
    state: str
    entries: list[EntryOut]


@router.get("")
def list_challenges(session: ReaderDep) -> list[ChallengeOut]:
    """All, the newest first. Public."""
    return [_told(session, row) for row in challenges.challenges(session)]


@router.get("/{challenge_id}", responses=refusals(NotFoundError))
def one_challenge(challenge_id: Id, session: ReaderDep) -> ChallengeOut:
    """One. Public."""
    return _told(session, challenges.challenge_of(session, challenge_id))


@router.post("", status_code=201, responses=REFUSALS)
def post_challenge(
    wanted: ChallengeIn,
    principal: StewardDep,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> ChallengeOut:
    """A steward sets money aside for a problem, as far as the funding rules allow."""
    row = challenges.open_challenge(
        session,
        title=wanted.title,
        text=wanted.text,
        criteria=wanted.criteria,
        award=Money(cents=wanted.award_cents, currency=wanted.currency),
        seed_cents=wanted.seed_cents,
        jury=wanted.jury,
        agent_id=principal.agent_id,
        clerk=clerk,
        now=clock.now(),
    )
    return _told(session, row)


@router.post("/{challenge_id}/entries", status_code=201, responses=REFUSALS)
def hand_in_entry(
    *,
    challenge_id: Id,
    entry: EntryIn,
    principal: PersonDep,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> ChallengeOut:
    """Answer it; one entry for each member."""
    challenges.enter(
        session,
        challenge_id,
        title=entry.title,
        text=entry.text,
        version_id=entry.version_id,
        agent_id=principal.agent_id,
        clerk=clerk,
        now=clock.now(),
    )
    return _told(session, challenges.challenge_of(session, challenge_id))


@router.put("/entries/{entry_id}/verdict", status_code=204, responses=REFUSALS)
def give_points(
    *,
    entry_id: Id,
    verdict: VerdictIn,
    principal: PersonDep,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> None:
    """A judge's points, in place of those before."""
    challenges.judge(
        session,
        entry_id,
        points=verdict.points,
        agent_id=principal.agent_id,
        clerk=clerk,
        now=clock.now(),
    )


def _told(session: Session, row: ChallengeRow) -> ChallengeOut:
    shown = [] if row.state == OPEN else challenges.verdicts_of(session, row.id)
    return ChallengeOut(
        id=row.id,
        title=row.title,
        text=row.text,
        criteria=row.criteria,
        is_jury=row.is_jury,
        judges=len(row.judges),
        currency=row.currency,
        award_cents=row.award_cents,
        seed_cents=row.seed_cents,
        entries_until=row.entries_until,
        closes_at=row.closes_at,
        state=row.state,
        entries=[
            EntryOut(
                id=entry.id,
                agent_id=entry.agent_id,
                title=entry.title,
                text=entry.text,
                version_id=entry.version_id,
                won_cents=entry.won_cents,
                verdicts=[
                    VerdictOut.model_validate(one, from_attributes=True)
                    for one in shown
                    if one.entry_id == entry.id
                ],
            )
            for entry in challenges.entries_of(session, row.id)
        ],
    )
