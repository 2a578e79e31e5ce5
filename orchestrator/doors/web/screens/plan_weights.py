"""Screen 8, what the plan weighs: the members' prices, their history, a new version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import Rule, rules_known
from orchestrator.commons.weights import MAX_OF, PLAN_WEIGHTS, PlanWeights
from orchestrator.doors.web.access import AskerDep, SignedInDep
from orchestrator.doors.web.formats import money
from orchestrator.doors.web.live import PLAN_CHANGED
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, currency_of, render
from orchestrator.doors.web.weight_words import (
    Amount,
    ChangedWeight,
    changed_weights,
    told_weights,
)
from orchestrator.foundation import canonical
from orchestrator.foundation.api import ClockDep, ReaderDep, SessionDep
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.members.shown import names_shown
from orchestrator.votes import proposals
from orchestrator.votes.api import ClerkDep
from orchestrator.votes.polls import propose
from orchestrator.votes.proposals import TEXT_MAX
from orchestrator.votes.roll import members

router = APIRouter()

HOME: Final = "/plan/weights"
NUMBER_MAX: Final = 9  # letters that a number may have
Reason = Annotated[str, Form(max_length=TEXT_MAX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownVersion:
    """A version in the history; `changed` against the one before it."""

    version: str
    in_force_from: datetime
    name: str  # of the one who acted; "" where nobody did
    reason: str
    proposal_id: str | None
    changed: list[ChangedWeight]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The member's form as it was sent, and what was wrong with it."""

    numbers: Mapping[str, str]
    reason: str
    wrong: Mapping[str, str]


async def _numbers(request: Request) -> Mapping[str, str]:
    """Each weight as typed; they are many and all alike, so the form is read as one."""
    form = await request.form()
    return {name: str(form.get(name, ""))[:NUMBER_MAX] for name in MAX_OF}


@router.get(HOME)
def weights_page(
    request: Request, asker: AskerDep, session: ReaderDep, clock: ClockDep
) -> Response:
    """What the plan weighs, for anyone; a member may propose other weights."""
    agent = asker.principal.agent_id if asker.principal else None
    has_voice = agent in members(session, clock.now())
    return _page(request, session, has_voice=has_voice)


@router.post(HOME)
def propose_weights(
    *,
    numbers: Annotated[Mapping[str, str], Depends(_numbers)],
    reason: Reason = "",
    principal: SignedInDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> Response:
    """Other weights to vote on; what can't be read comes back with what is wrong."""
    wrong = {
        name: f"A whole number from 0 to {MAX_OF[name]}."
        for name, typed in numbers.items()
        if not typed.strip().isdecimal()
    }
    draft = Draft(numbers=numbers, reason=reason, wrong=wrong)
    if wrong:
        return _page(request, session, has_voice=True, draft=draft)
    told = {name: int(typed) for name, typed in numbers.items()}
    try:
        row = propose(
            session,
            proposals.Draft(
                matter=PLAN_WEIGHTS.name,
                title="Other weights for the plan",
                text=reason,
                table=canonical.dumps(told),
            ),
            agent_id=principal.agent_id,
            clerk=clerk,
            now=clock.now(),
        )
    except InvalidInputError as refusal:
        name = refusal.field if refusal.field in MAX_OF else "reason"
        draft = Draft(
            numbers=numbers, reason=reason, wrong={name: sentence(str(refusal))}
        )
        return _page(request, session, has_voice=True, draft=draft)
    return RedirectResponse(f"/votes/{row.id}", status_code=303)


def _page(
    request: Request,
    session: Session,
    *,
    has_voice: bool,
    draft: Draft | None = None,
) -> Response:
    amount = partial(money, currency=currency_of(request))
    known = rules_known(session, PLAN_WEIGHTS)
    in_force = known[0].value
    weights = told_weights(in_force, amount)
    return render(
        request,
        "plan_weights.html",
        page=Page(title="What the plan weighs", topics=(PLAN_CHANGED,)),
        status=422 if draft else 200,
        in_force=in_force,
        since=known[0].in_force_from,
        weights=weights,
        groups=[
            (group, list(told))
            for group, told in groupby(weights, key=lambda one: one.words.group)
        ],
        hundred=amount(10_000),
        history=_history(session, known, amount),
        has_voice=has_voice,
        draft=draft,
        reason_max=TEXT_MAX,
    )


def _history(
    session: Session, known: Sequence[Rule[PlanWeights]], amount: Amount
) -> list[ShownVersion]:
    names = names_shown(session, {one.enacted_by for one in known if one.enacted_by})
    older = [one.value for one in known[1:]]
    return [
        ShownVersion(
            version=one.version,
            in_force_from=one.in_force_from,
            name=names.get(one.enacted_by or "", ""),
            reason=one.reason or "",
            proposal_id=one.proposal_id,
            changed=changed_weights(before, one.value, amount) if before else [],
        )
        for one, before in zip(known, [*older, None], strict=True)
    ]
