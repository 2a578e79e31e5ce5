"""Challenges: a problem, who judges by what, the entries, my points, who won."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import version_of
from orchestrator.doors.web.access import AskerDep, SignedInDep, StewardDep
from orchestrator.doors.web.formats import money
from orchestrator.doors.web.live import VOTES_CHANGED
from orchestrator.doors.web.pages import Page, currency_of, render
from orchestrator.doors.web.screens.votes import PointsDep
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.money import Money, cents_of
from orchestrator.members.agents import names_of
from orchestrator.members.shown import names_shown
from orchestrator.votes import challenges
from orchestrator.votes.api import ClerkDep
from orchestrator.votes.proposals import OPEN, TEXT_MAX
from orchestrator.votes.purse import reserve
from orchestrator.votes.roll import members
from orchestrator.votes.rows import ChallengeEntryRow, ChallengeRow

router = APIRouter()
HOME: Final = "/challenges"
Short = Annotated[str, Form(max_length=200)]
Text = Annotated[str, Form(max_length=2 * TEXT_MAX)]


@router.get(HOME)
def challenges_page(
    request: Request, asker: AskerDep, session: ReaderDep, clock: ClockDep
) -> Response:
    """All, the newest first; for a steward the opening of another."""
    is_steward = asker.is_steward
    roll = members(session, clock.now()) if is_steward else []
    currency = currency_of(request)
    return render(
        request,
        "challenges.html",
        page=Page(title="Challenges", topics=(VOTES_CHANGED,)),
        challenges=[
            _card(session, row, clock.now()) for row in challenges.challenges(session)
        ],
        is_steward=is_steward,
        members=sorted(names_of(session, roll).items(), key=lambda one: one[1]),
        currency=currency,
        reserve=money(reserve(session, currency), currency),
    )


async def _jury(request: Request) -> list[str]:
    """Who was ticked; nobody: all members judge."""
    form = await request.form()
    return [str(one)[:64] for one in form.getlist("jury")]


@router.post(HOME)
def open_challenge(
    *,
    title: Short,
    text: Text,
    criteria: Text,
    award: Short,
    seed: Short = "0",
    jury: Annotated[list[str], Depends(_jury)],
    steward: StewardDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> Response:
    """A steward opens it; how much it may set aside follows from the rules."""
    row = challenges.open_challenge(
        session,
        title=title,
        text=text,
        criteria=criteria.splitlines(),
        award=Money(cents=cents_of(award, "award"), currency=currency_of(request)),
        seed_cents=cents_of(seed or "0", "seed"),
        jury=jury,
        agent_id=steward.agent_id,
        clerk=clerk,
        now=clock.now(),
    )
    return _back(row.id)


@router.get(f"{HOME}/{{challenge_id}}")
def challenge_page(
    challenge_id: Id,
    request: Request,
    asker: AskerDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """The problem, the entries, my points, the result."""
    row = challenges.challenge_of(session, challenge_id)
    agent = asker.principal.agent_id if asker.principal else None
    entries = challenges.entries_of(session, row.id)
    verdicts = challenges.verdicts_of(session, row.id)
    mine = {one.entry_id: one.points for one in verdicts if one.judge == agent}
    phase = _phase(row, clock.now())
    people = {row.opened_by, *(one.agent_id for one in entries)}
    people |= {*row.judges} if row.is_jury else set()
    names = names_shown(session, people, reader=agent) if agent else {}
    totals = challenges.points_of(session, row.id)
    return render(
        request,
        "challenge.html",
        page=Page(title=row.title, topics=(VOTES_CHANGED,)),
        row=row,
        phase=phase,
        award=money(row.award_cents, row.currency),
        seed=money(row.seed_cents, row.currency),
        names=names,
        jury=sorted(names[one] for one in row.judges if one in names)
        if row.is_jury
        else [],
        entries=[
            _entry(session, row, one, names)
            | {
                "mine": mine.get(one.id),
                "may_judge": phase == "judging"
                and agent in row.judges
                and agent != one.agent_id,
                "total": totals[one.id] if row.state != OPEN else None,
            }
            for one in sorted(
                entries, key=lambda one: -totals[one.id] if row.state != OPEN else 0
            )
        ],
        may_enter=phase == "entries"
        and agent in members(session, clock.now())
        and not (row.is_jury and agent in row.judges)
        and all(one.agent_id != agent for one in entries),
        most=challenges.POINTS_MAX,
    )


@router.post(f"{HOME}/{{challenge_id}}/entries")
def hand_in(
    *,
    challenge_id: Id,
    title: Short,
    text: Text,
    version_id: Short = "",
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> Response:
    """My answer; a design by the address of its page, or by its id."""
    challenges.enter(
        session,
        challenge_id,
        title=title,
        text=text,
        version_id=version_id.strip().rstrip("/").rpartition("/")[2] or None,
        agent_id=principal.agent_id,
        clerk=clerk,
        now=clock.now(),
    )
    return _back(challenge_id)


@router.post(f"{HOME}/{{challenge_id}}/entries/{{entry_id}}")
def give_points(
    *,
    challenge_id: Id,
    entry_id: Id,
    points: PointsDep,
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> Response:
    """My points for an entry, in place of those before."""
    row = challenges.challenge_of(session, challenge_id)
    told = [points.get(f"points-{number}", "") for number in range(len(row.criteria))]
    challenges.judge(
        session,
        entry_id,
        points=[int(one) if one.isdecimal() else -1 for one in told],
        agent_id=principal.agent_id,
        clerk=clerk,
        now=clock.now(),
    )
    return RedirectResponse(f"{HOME}/{challenge_id}#{entry_id}", status_code=303)


def _back(challenge_id: str) -> Response:
    return RedirectResponse(f"{HOME}/{challenge_id}", status_code=303)


def _phase(row: ChallengeRow, now: datetime) -> str:
    if row.state != OPEN or now >= row.closes_at:
        return "closed"
    return "entries" if now < row.entries_until else "judging"


def _card(session: Session, row: ChallengeRow, now: datetime) -> dict[str, Any]:
    return {
        "row": row,
        "phase": _phase(row, now),
        "award": money(row.award_cents + row.seed_cents, row.currency),
        "entries": len(challenges.entries_of(session, row.id)),
    }


def _entry(
    session: Session,
    row: ChallengeRow,
    entry: ChallengeEntryRow,
    names: Mapping[str, str],
) -> dict[str, Any]:
    design = version_of(session, entry.version_id).title if entry.version_id else ""
    return {
        "row": entry,
        "name": names.get(entry.agent_id, ""),
        "design": design,
        "won": money(entry.won_cents, row.currency) if entry.won_cents else "",
    }
