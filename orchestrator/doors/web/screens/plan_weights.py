"""Screen 8, what the plan weighs: the members' prices, their history, a new version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import Mandate, Rule, rule_named, rules_known
from orchestrator.commons.weights import (
    MAX_OF,
    PLAN_WEIGHTS,
    REASON_MAX,
    VERSION_MAX,
    PlanWeights,
    enact_weights,
)
from orchestrator.doors.web.access import AskerDep, StewardDep
from orchestrator.doors.web.formats import money
from orchestrator.doors.web.live import PLAN_CHANGED
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, Pages, render
from orchestrator.doors.web.weight_words import (
    Amount,
    ChangedWeight,
    changed_weights,
    told_weights,
)
from orchestrator.foundation.api import ClockDep, ReaderDep, SessionDep
from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.members.agents import names_of
from orchestrator.planning.wishes import wish

router = APIRouter()

HOME: Final = "/plan/weights"
UNDO_S: Final = 30
NUMBER_MAX: Final = 9  # letters that a number may have
Reason = Annotated[str, Form(max_length=REASON_MAX + 1)]
Version = Annotated[str, Field(max_length=VERSION_MAX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownVersion:
    """A version in the history; `changed` against the one before it."""

    version: str
    in_force_from: datetime
    name: str  # of the one who acted; "" where nobody did
    reason: str
    changed: list[ChangedWeight]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The steward's form as it was sent, and what was wrong with it."""

    numbers: Mapping[str, str]
    reason: str
    wrong: Mapping[str, str]


async def _numbers(request: Request) -> Mapping[str, str]:
    """Each weight as typed; they are many and all alike, so the form is read as one."""
    form = await request.form()
    return {name: str(form.get(name, ""))[:NUMBER_MAX] for name in MAX_OF}


@router.get(HOME)
def weights_page(request: Request, asker: AskerDep, session: ReaderDep) -> Response:
    """What the plan weighs, for anyone; a steward may also change it."""
    is_steward = asker.principal is not None and "steward" in asker.principal.roles
    return _page(request, session, is_steward=is_steward)


@router.post(HOME)
def put_in_force(
    *,
    numbers: Annotated[Mapping[str, str], Depends(_numbers)],
    instead_of: Annotated[Version, Form()],
    reason: Reason = "",
    steward: StewardDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """A new version, from now on; what can't be read comes back with what is wrong."""
    wrong = {
        name: f"A whole number from 0 to {MAX_OF[name]}."
        for name, typed in numbers.items()
        if not typed.strip().isdecimal()
    }
    draft = Draft(numbers=numbers, reason=reason, wrong=wrong)
    if wrong:
        return _page(request, session, is_steward=True, draft=draft)
    try:
        weights = enact_weights(
            session,
            {name: int(typed) for name, typed in numbers.items()},
            instead_of=instead_of,
            by=_steward(steward.agent_id, reason),
            now=clock.now(),
        )
    except InvalidInputError as refusal:
        text = sentence(str(refusal))
        draft = Draft(
            numbers=numbers, reason=reason, wrong={refusal.field or "reason": text}
        )
        return _page(request, session, is_steward=True, draft=draft)
    return _enacted(session, weights, clock.now())


@router.post(f"{HOME}/restore")
def put_back(
    *,
    version: Annotated[Version, Form()],
    why: Reason = "",
    steward: StewardDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """An old version's weights again, as a new version: history is never edited."""
    old = rule_named(session, PLAN_WEIGHTS, version).value
    weights = enact_weights(
        session,
        {name: getattr(old, name) for name in MAX_OF},
        by=_steward(steward.agent_id, why),
        now=clock.now(),
    )
    return _enacted(session, weights, clock.now())


def _steward(agent_id: str, reason: str) -> Mandate:
    return Mandate(proposal_id=None, agent_id=agent_id, reason=reason.strip())


def _enacted(session: Session, weights: PlanWeights, now: datetime) -> Response:
    wish(session, f"{weights.rule_version} came into force", now)
    announce(session, "plan")
    return RedirectResponse(f"{HOME}?done", status_code=303)


def _page(
    request: Request,
    session: Session,
    *,
    is_steward: bool,
    draft: Draft | None = None,
) -> Response:
    pages: Pages = request.app.state.pages
    amount = partial(money, currency=pages.settings.currency)
    known = rules_known(session, PLAN_WEIGHTS)
    in_force = known[0].value
    weights = told_weights(in_force, amount)
    before = known[1].version if len(known) > 1 else None
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
        is_steward=is_steward,
        done="done" in request.query_params and is_steward,
        undo_to=before,
        undo_s=UNDO_S,
        draft=draft,
        reason_max=REASON_MAX,
    )


def _history(
    session: Session, known: Sequence[Rule[PlanWeights]], amount: Amount
) -> list[ShownVersion]:
    names = names_of(session, {one.enacted_by for one in known if one.enacted_by})
    older = [one.value for one in known[1:]]
    return [
        ShownVersion(
            version=one.version,
            in_force_from=one.in_force_from,
            name=names.get(one.enacted_by or "", ""),
            reason=one.reason or "",
            changed=changed_weights(before, one.value, amount) if before else [],
        )
        for one, before in zip(known, [*older, None], strict=True)
    ]
