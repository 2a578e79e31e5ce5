"""Screens 20 and 21, Votes: what do we decide, what am I agreeing to, my ballot."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from orchestrator.doors.web.access import AskerDep, SignedInDep
from orchestrator.doors.web.live import VOTES_CHANGED
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.rule_words import CHOICES, METHODS, STATES, matter_words
from orchestrator.doors.web.vote_view import (
    bars_of,
    card_of,
    changed_by,
    choices_of,
    names_in,
    trust_of,
    trusting,
)
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import ConflictError
from orchestrator.foundation.ids import new_id
from orchestrator.members.shown import names_shown
from orchestrator.votes import delegation
from orchestrator.votes.api import ClerkDep
from orchestrator.votes.polls import cast, result_of
from orchestrator.votes.proposals import (
    OPEN,
    TEXT_MAX,
    adopt,
    matters,
    procedure_of,
    proposal_of,
    proposals,
    remarks_of,
    say,
    withdraw,
)
from orchestrator.votes.roll import members
from orchestrator.votes.sealed import modulus_of

router = APIRouter()
HOME: Final = "/votes"
Text = Annotated[str, Form(max_length=2 * TEXT_MAX)]
Short = Annotated[str, Form(max_length=200)]


@router.get(HOME)
def votes_page(
    request: Request, asker: AskerDep, session: ReaderDep, clock: ClockDep
) -> Response:
    """What is open, closing first; what was decided; whom I trust."""
    rows = proposals(session)
    agent = asker.principal.agent_id if asker.principal else None
    roll = members(session, clock.now()) if agent else []
    return render(
        request,
        "votes.html",
        page=Page(title="What do we decide?", topics=(VOTES_CHANGED,)),
        open=[
            card_of(session, row, agent, clock.now())
            for row in rows
            if row.state == OPEN
        ],
        closed=[
            card_of(session, row, agent, clock.now())
            for row in rows
            if row.state != OPEN
        ],
        has_voice=agent in roll,
        trust=trust_of(session, agent, roll) if agent in roll and agent else None,
        matters=[(name, matter_words(name)) for name in ("", *matters())],
    )


@router.get(f"{HOME}/{{proposal_id}}")
def proposal_page(
    proposal_id: Id,
    request: Request,
    asker: AskerDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """The question, what it changes, my ballot, the discussion, the result."""
    row = proposal_of(session, proposal_id)
    procedure = procedure_of(session, row)
    agent = asker.principal.agent_id if asker.principal else None
    remarks = remarks_of(session, row.id)
    names = names_in(session, asker, row, remarks)
    return render(
        request,
        "proposal.html",
        page=Page(title=row.title, topics=(VOTES_CHANGED,)),
        row=row,
        state=STATES[row.state],
        matter=matter_words(row.matter),
        procedure=procedure,
        method=METHODS[procedure.method],
        changed=changed_by(session, row, row.table),
        choices=choices_of(procedure),
        ballot_id=new_id("ballot"),
        card=card_of(session, row, agent, clock.now()),
        can_vote=row.state == OPEN and agent in row.roll,
        is_mine=agent == row.opened_by,
        remarks=[
            {
                "row": remark,
                "name": names.get(remark.agent_id, ""),
                "changed": changed_by(session, row, remark.table_wanted),
            }
            for remark in remarks
        ],
        names=names,
        bars=bars_of(result_of(row), procedure),
        result=result_of(row),
        modulus=modulus_of(session, row) if row.is_secret else "",
        trusting=trusting(session, row, agent, clock.now()),
        choice_words=CHOICES,
    )


async def _points(request: Request) -> Mapping[str, str]:
    """The points of a ballot by score: a field for each of what gets some."""
    form = await request.form()
    return {name: str(form[name])[:4] for name in form if name.startswith("points-")}


PointsDep = Annotated[Mapping[str, str], Depends(_points)]


@router.post(f"{HOME}/{{proposal_id}}/ballot")
def send_ballot(
    *,
    proposal_id: Id,
    ballot_id: Annotated[Id, Form()],
    revision: Annotated[int, Form()],
    choice: Short = "",
    reason: Text = "",
    points: PointsDep,
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> Response:
    """Vote; the page shows it chosen until the poll closes."""
    row = proposal_of(session, proposal_id)
    told = {
        option: _whole(points.get(f"points-{number}", ""))
        for number, option in enumerate(row.options)
    }
    cast(
        session,
        proposal_id,
        ballot_id=ballot_id,
        revision=revision,
        voter=principal.agent_id,
        choice=told or choice,
        reason=reason,
        clerk=clerk,
        now=clock.now(),
    )
    return _back(proposal_id)


@router.post(f"{HOME}/{{proposal_id}}/remarks")
def send_remark(
    *,
    proposal_id: Id,
    text: Text,
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """A word in the discussion."""
    say(
        session,
        proposal_id,
        agent_id=principal.agent_id,
        text=text,
        now=clock.now(),
    )
    return _back(proposal_id)


@router.post(f"{HOME}/{{proposal_id}}/amendments/{{remark_id}}")
def adopt_amendment(
    *,
    proposal_id: Id,
    remark_id: Id,
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> Response:
    """The proposer takes it over; ballots so far were for another text."""
    adopt(
        session,
        remark_id,
        agent_id=principal.agent_id,
        clerk=clerk,
        now=clock.now(),
    )
    return _back(proposal_id)


@router.post(f"{HOME}/{{proposal_id}}/withdraw")
def withdraw_proposal(
    *,
    proposal_id: Id,
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> Response:
    """Close it without a result."""
    withdraw(
        session,
        proposal_id,
        agent_id=principal.agent_id,
        clerk=clerk,
        now=clock.now(),
    )
    return _back(proposal_id)


@router.post("/trust")
def give_trust(
    *,
    delegate_id: Annotated[Id, Form()] = "",
    matter: Short = "",
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Let somebody speak for me, or (nobody named) speak for myself again."""
    agent_id, now = principal.agent_id, clock.now()
    if delegate_id:
        try:
            delegation.delegate(session, agent_id, delegate_id, matter=matter, now=now)
        except delegation.DelegationCycleError as circle:
            names = names_shown(session, set(circle.path), reader=agent_id)
            path = " → ".join(names.get(one, one) for one in circle.path)
            raise ConflictError(
                f"{path} is a circle: nobody would speak. Trust somebody else, or let "
                "one of them take theirs back."
            ) from circle
    else:
        delegation.take_back(session, agent_id, matter=matter, now=now)
    return RedirectResponse(f"{HOME}#trust", status_code=303)


def _back(proposal_id: str) -> Response:
    return RedirectResponse(f"{HOME}/{proposal_id}", status_code=303)


def _whole(typed: str) -> int:
    return int(typed) if typed.strip().isdecimal() else -1
