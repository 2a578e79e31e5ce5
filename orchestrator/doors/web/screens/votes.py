"""Screens 20 and 21, Votes: what do we decide, what am I agreeing to, my ballot."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import kind_named, newest_rule
from orchestrator.doors.web.access import AskerDep, SignedInDep
from orchestrator.doors.web.live import VOTES_CHANGED
from orchestrator.doors.web.order_words import sentence
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
from orchestrator.foundation.api import ClockDep, ReaderDep, SessionDep
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.ids import new_id
from orchestrator.votes import delegation
from orchestrator.votes.api import ClerkDep
from orchestrator.votes.polls import cast, propose, result_of
from orchestrator.votes.proposals import (
    CHOICE,
    OPEN,
    TEXT_MAX,
    Draft,
    adopt,
    amend,
    matters,
    procedure_of,
    proposal_of,
    proposals,
    remarks_of,
    say,
    withdraw,
)
from orchestrator.votes.roll import members
from orchestrator.votes.voting_rules import RESOLUTION

router = APIRouter()
HOME: Final = "/votes"
Id = Annotated[str, Field(max_length=64)]
Text = Annotated[str, Form(max_length=2 * TEXT_MAX)]
Short = Annotated[str, Form(max_length=200)]
TABLE_MAX: Final = 100_000
Table = Annotated[str, Form(max_length=TABLE_MAX)]


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


@router.get(f"{HOME}/new")
def new_page(
    request: Request,
    _principal: SignedInDep,
    session: ReaderDep,
    matter: Annotated[str, Query(max_length=40)] = RESOLUTION,
) -> Response:
    """A proposal to write: its kind, title and text; dates come from the rules."""
    return _new(request, session, {"matter": matter})


@router.post(HOME)
def open_poll(
    *,
    matter: Short,
    title: Short,
    text: Text,
    table: Table = "",
    options: Text = "",
    principal: SignedInDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> Response:
    """Open it; what could not be a rule comes back with what is wrong."""
    draft = Draft(
        matter=matter,
        title=title,
        text=text,
        table=table.encode() if table.strip() else None,
        options=tuple(options.splitlines()),
    )
    try:
        row = propose(
            session, draft, agent_id=principal.agent_id, clerk=clerk, now=clock.now()
        )
    except InvalidInputError as refusal:
        typed = {
            "matter": matter,
            "title": title,
            "text": text,
            "table": table,
            "options": options,
        }
        return _new(request, session, typed, wrong=refusal)
    return RedirectResponse(f"{HOME}/{row.id}", status_code=303)


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
        trusting=trusting(session, row, agent, clock.now()),
        choice_words=CHOICES,
    )


async def _points(request: Request) -> Mapping[str, str]:
    """The points of a ballot by score: as many fields as there are options."""
    form = await request.form()
    return {name: str(form[name])[:4] for name in form if name.startswith("points-")}


@router.post(f"{HOME}/{{proposal_id}}/ballot")
def send_ballot(
    *,
    proposal_id: Id,
    ballot_id: Annotated[Id, Form()],
    revision: Annotated[int, Form()],
    choice: Short = "",
    reason: Text = "",
    points: Annotated[Mapping[str, str], Depends(_points)],
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
    text_wanted: Text = "",
    table_wanted: Table = "",
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """A word, or an amendment where another text comes with it."""
    agent_id, now = principal.agent_id, clock.now()
    if text_wanted.strip():
        amend(
            session,
            proposal_id,
            agent_id=agent_id,
            why=text,
            text=text_wanted,
            table=table_wanted.encode() if table_wanted.strip() else None,
            now=now,
        )
    else:
        say(session, proposal_id, agent_id=agent_id, text=text, now=now)
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
        delegation.delegate(session, agent_id, delegate_id, matter=matter, now=now)
    else:
        delegation.take_back(session, agent_id, matter=matter, now=now)
    return RedirectResponse(f"{HOME}#trust", status_code=303)


def _back(proposal_id: str) -> Response:
    return RedirectResponse(f"{HOME}/{proposal_id}", status_code=303)


def _new(
    request: Request,
    session: Session,
    typed: Mapping[str, str],
    *,
    wrong: InvalidInputError | None = None,
) -> Response:
    matter = typed["matter"]
    is_rule = matter not in {RESOLUTION, CHOICE}
    in_force = newest_rule(session, kind_named(matter)) if is_rule else None
    return render(
        request,
        "vote_new.html",
        page=Page(title="A proposal"),
        status=422 if wrong else 200,
        matters=[(name, matter_words(name)) for name in matters()],
        typed={"title": "", "text": "", "options": "", "table": "", **typed},
        in_force=in_force,
        wrong={} if wrong is None else {_field(wrong): sentence(str(wrong))},
    )


def _field(wrong: InvalidInputError) -> str:
    known = {"title", "text", "options"}
    return wrong.field if wrong.field in known else "table"


def _whole(typed: str) -> int:
    return int(typed) if typed.strip().isdecimal() else -1
