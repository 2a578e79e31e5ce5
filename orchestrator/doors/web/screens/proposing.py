"""A proposal or an amendment to write: a rule as fields in words, and what it changes."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import VERSION, kind_named, newest_rule, rule_at
from orchestrator.doors.web.access import SignedInDep
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.rule_fields import (
    OWN,
    WrongFieldsError,
    changed_fields,
    field_named,
    fields_of,
    in_force,
    own_procedures,
    table_of,
)
from orchestrator.doors.web.rule_layouts import Fields
from orchestrator.doors.web.rule_words import matter_words
from orchestrator.foundation import canonical
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import FabcommonsError, InvalidInputError
from orchestrator.votes.api import ClerkDep
from orchestrator.votes.polls import propose
from orchestrator.votes.proposals import (
    CHOICE,
    TEXT_MAX,
    Draft,
    amend,
    matters,
    proposal_of,
)
from orchestrator.votes.voting_rules import OTHERWISE, RESOLUTION, VOTING_RULES

router = APIRouter()
HOME: Final = "/votes"
FIELDS_MAX: Final = 400
TYPED_MAX: Final = 20_000  # letters in one field
LOOK: Final = "look"
Text = Annotated[str, Form(max_length=2 * TEXT_MAX)]
Short = Annotated[str, Form(max_length=200)]


async def _typed(request: Request) -> Mapping[str, str]:
    """The rule's fields as typed; what is ticked several times is one text."""
    form = await request.form(max_fields=FIELDS_MAX)
    return {
        name: "\n".join(str(one) for one in form.getlist(name))[:TYPED_MAX]
        for name in form
        if name.startswith("f-") or name == OWN
    }


TypedDep = Annotated[Mapping[str, str], Depends(_typed)]


@router.get(f"{HOME}/new")
def new_page(
    request: Request,
    _principal: SignedInDep,
    session: ReaderDep,
    clock: ClockDep,
    matter: Annotated[str, Query(max_length=40)] = RESOLUTION,
) -> Response:
    """A proposal to write: its kind, title and text; dates come from the rules."""
    rules = rule_at(session, VOTING_RULES, clock.now()).value
    told = {"matter": matter, "title": "", "text": "", "options": "", "secret": ""}
    return _page(
        request,
        told | {"ballots": rules.procedure(matter).ballots},
        base=_base(session, matter),
    )


@router.post(HOME)
def open_poll(
    *,
    matter: Short,
    title: Short,
    text: Text,
    options: Text = "",
    secret: Short = "",
    act: Short = "",
    typed: TypedDep,
    principal: SignedInDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> Response:
    """Open it, or look what it would change; what could not be a rule comes back."""
    base, now = _base(session, matter), clock.now()
    told = {"matter": matter, "title": title, "text": text, "options": options}
    told |= {
        "secret": secret,
        "ballots": rule_at(session, VOTING_RULES, now).value.procedure(matter).ballots,
    }
    try:
        table = None if base is None else table_of(matter, base, typed)
        if table is not None and act == LOOK:
            _check(matter, table)
            return _page(request, told, base=base, table=table)
        draft = Draft(
            matter=matter,
            title=title,
            text=text,
            table=None if table is None else canonical.dumps(table),
            options=tuple(options.splitlines()),
            is_secret=bool(secret),
        )
        row = propose(session, draft, agent_id=principal.agent_id, clerk=clerk, now=now)
    except (InvalidInputError, WrongFieldsError) as refusal:
        return _page(request, told, base=base, typed=typed, wrong=refusal)
    return RedirectResponse(f"{HOME}/{row.id}", status_code=303)


@router.get(f"{HOME}/{{proposal_id}}/amend")
def amend_page(
    proposal_id: Id, request: Request, _principal: SignedInDep, session: ReaderDep
) -> Response:
    """Another text, or another rule, to begin with what is proposed."""
    row = proposal_of(session, proposal_id)
    told = {"matter": row.matter, "title": row.title, "text": row.text, "why": ""}
    base = _proposed(row.matter, row.table)
    return _page(request, told, base=base, amends=row.id)


@router.post(f"{HOME}/{{proposal_id}}/amend")
def send_amendment(
    *,
    proposal_id: Id,
    why: Text,
    text: Text,
    act: Short = "",
    typed: TypedDep,
    principal: SignedInDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Put it beside the proposal, for its proposer to adopt."""
    row = proposal_of(session, proposal_id)
    base = _proposed(row.matter, row.table)
    told = {"matter": row.matter, "title": row.title, "text": text, "why": why}
    try:
        table = None if base is None else table_of(row.matter, base, typed)
        if table is not None and act == LOOK:
            _check(row.matter, table)
            return _page(request, told, base=base, table=table, amends=row.id)
        amend(
            session,
            proposal_id,
            agent_id=principal.agent_id,
            why=why,
            text=text,
            table=None if table is None else canonical.dumps(table),
            now=clock.now(),
        )
    except (InvalidInputError, WrongFieldsError) as refusal:
        return _page(
            request, told, base=base, typed=typed, wrong=refusal, amends=row.id
        )
    return RedirectResponse(f"{HOME}/{row.id}#talk", status_code=303)


def _base(session: Session, matter: str) -> Fields | None:
    """The rule's table that was decided last, complete. Errors: NotFoundError."""
    if matter in {RESOLUTION, CHOICE}:
        return None
    return in_force(matter, newest_rule(session, kind_named(matter)).table)


def _proposed(matter: str, table: str | None) -> Fields | None:
    return None if table is None else in_force(matter, table.encode())


def _check(matter: str, table: Fields) -> None:
    """What the rule's own reader says of it. Errors: InvalidInputError."""
    kind_named(matter).read(canonical.dumps({**table, VERSION: f"{matter}-next"}))


def _page(
    request: Request,
    told: Mapping[str, str],
    *,
    base: Fields | None,
    table: Fields | None = None,
    typed: Mapping[str, str] | None = None,
    wrong: FabcommonsError | WrongFieldsError | None = None,
    amends: str | None = None,
) -> Response:
    """`table`: what was looked at and found good; `typed` with `wrong`: what was not."""
    matter = told["matter"]
    shown = table if table is not None else base
    fields = [] if shown is None else fields_of(matter, shown)
    wrong_of = _wrong_of(fields, wrong)
    fields = [
        replace(
            field,
            value=(typed or {}).get(field.name, field.value),
            error=wrong_of.get(field.name, ""),
        )
        for field in fields
    ]
    changed = None
    if base is not None and table is not None:
        changed = changed_fields(matter, canonical.dumps(base), canonical.dumps(table))
    return render(
        request,
        "vote_new.html",
        page=Page(title="An amendment" if amends else "A proposal"),
        status=422 if wrong else 200,
        matters=[(name, matter_words(name)) for name in matters()],
        typed={"options": "", "secret": "", "ballots": "", "why": ""} | dict(told),
        groups=[
            (group, list(some))
            for group, some in groupby(fields, key=lambda one: one.group)
        ],
        own=_own(shown) if matter == VOTING_RULES.name else None,
        own_name=OWN,
        changed=changed,
        amends=amends,
        wrong=wrong_of,
    )


def _own(table: Fields | None) -> dict[str, Any]:
    """Which matters can be decided in a way of their own, and which are."""
    names = [name for name in matters() if name != OTHERWISE]
    return {
        "options": [{"value": one, "label": matter_words(one)} for one in names],
        "ticked": own_procedures(table or {}),
    }


def _wrong_of(
    fields: list[Any], wrong: FabcommonsError | WrongFieldsError | None
) -> Mapping[str, str]:
    """What to say where; what belongs to no field stands above all."""
    if wrong is None:
        return {}
    if isinstance(wrong, WrongFieldsError):
        return wrong.words_of
    name = wrong.field if isinstance(wrong, InvalidInputError) else ""
    name = name if name in {"title", "text", "options", "why"} else ""
    name = name or field_named(fields, getattr(wrong, "field", "") or "")
    return {name: sentence(str(wrong))}
