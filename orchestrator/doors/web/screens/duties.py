"""What I owe for what I sell, what is owed to me, and what was agreed in return."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import with_all_cited
from orchestrator.catalogue.rows import DesignRow
from orchestrator.catalogue.search import find_designs
from orchestrator.doors.web.access import DeskDep, SignedInDep
from orchestrator.doors.web.licence_words import for_me
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.states import Shown
from orchestrator.doors.web.words import N_
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.members.agents import names_of
from orchestrator.orders import duties, reciprocity
from orchestrator.orders.gate_rules import rules_at
from orchestrator.orders.rows import OrderRow, ReciprocityRow
from orchestrator.orders.table import Agreement

router = APIRouter()

HOME: Final = "/licences/duties"
ASK: Final = "/licences/reciprocity"
DESIGNS_MAX: Final = 200
CLOSED: Final = frozenset({"reciprocity", "instance-rules"})
Typed = Annotated[str, Form(max_length=400)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A reciprocity licence as a page shows it."""

    row: ReciprocityRow
    title: str
    counterpart: str
    shown: Shown
    word: str


@router.get(HOME)
def duties_page(
    request: Request, me: SignedInDep, session: ReaderDep, clock: ClockDep
) -> Response:
    """Both sides of each duty and each agreement that this member has to do with."""
    now = clock.now()
    owed, due = (
        duties.owed_by(session, me.agent_id),
        duties.owed_for(session, me.agent_id),
    )
    told_done = duties.unchecked(session) if me.is_steward else ()
    others = [row for row in told_done if row.agent_id != me.agent_id]
    shown = (*owed, *due, *others)
    against = duties.contested(session, {row.id for row in shown})
    mine = reciprocity.agreements_of(session, me.agent_id)
    asked = reciprocity.asked_of(session, me.agent_id)
    agents = {row.agent_id for row in shown} | {row.agent_id for row in asked}
    agents |= {word.agent_id for word in against.values()}
    return render(
        request,
        "duties.html",
        page=Page(title="Duties"),
        owed=owed,
        due=due,
        told_done=[row for row in others if row not in due],
        against=against,
        me=me.agent_id,
        mine=_told(session, mine, now),
        asked=_told(session, asked, now),
        names=names_of(session, agents),
        numbers=_numbers(session, {row.order_id for row in shown}),
        now=now,
    )


@router.post(f"{HOME}/{{duty_id}}")
def settle(
    *,
    duty_id: Id,
    proof: Typed = "",
    session: SessionDep,
    desk: DeskDep,
) -> Response:
    """It is done, and can be seen there."""
    duties.settle(session, desk, duty_id, proof=proof)
    return RedirectResponse(HOME, status_code=303)


@router.post(f"{HOME}/{{duty_id}}/confirmed")
def confirm(
    duty_id: Id, me: SignedInDep, session: SessionDep, desk: DeskDep
) -> Response:
    """A contributor or a steward saw that it is done."""
    duties.confirm(session, desk, duty_id, is_steward=me.is_steward)
    return RedirectResponse(HOME, status_code=303)


@router.post(f"{HOME}/{{duty_id}}/contested")
def contest(
    *,
    duty_id: Id,
    why: Typed = "",
    me: SignedInDep,
    session: SessionDep,
    desk: DeskDep,
) -> Response:
    """It is not done: why, and where one sees it."""
    duties.contest(session, desk, duty_id, is_steward=me.is_steward, why=why)
    return RedirectResponse(HOME, status_code=303)


@router.get(ASK)
def ask_page(
    *,
    request: Request,
    me: SignedInDep,
    session: ReaderDep,
    clock: ClockDep,
    design: Id = "",
) -> Response:
    """For which design, and what is given in return."""
    now = clock.now()
    rules = rules_at(session, now)
    closed = [
        (row.id, row.title)
        for row in find_designs(session, limit=DESIGNS_MAX)
        if for_me(session, row.id, me.agent_id, now=now).code in CLOSED
    ]
    ways = [
        Agreement(fee_permille=rules.reciprocity_fee_permille),
        *(Agreement(in_kind=way) for way in rules.reciprocity_in_kind),
    ]
    return render(
        request,
        "reciprocity.html",
        page=Page(title="Reciprocity licence"),
        designs=closed,
        design=design,
        parts=with_all_cited(session, design) if design else (),
        ways=[way for way in ways if way.fee_permille or way.in_kind],
    )


@router.post(ASK)
def ask(
    *,
    design: Annotated[Id, Form()],
    in_kind: Typed = "",
    me: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Its designers are asked."""
    now = clock.now()
    reciprocity.request(
        session,
        version_id=design,
        agent_id=me.agent_id,
        in_kind=in_kind,
        rules=rules_at(session, now),
        now=now,
    )
    return RedirectResponse(HOME, status_code=303)


@router.post(f"{ASK}/{{row_id}}/agreed")
def agree(row_id: Id, session: SessionDep, desk: DeskDep) -> Response:
    """The designer says yes."""
    reciprocity.agree(session, desk, row_id)
    return RedirectResponse(HOME, status_code=303)


@router.post(f"{ASK}/{{row_id}}/ended")
def end(row_id: Id, session: SessionDep, desk: DeskDep) -> Response:
    """Either side says no, or no longer."""
    reciprocity.end(session, desk, row_id)
    return RedirectResponse(HOME, status_code=303)


def _told(
    session: Session, rows: Sequence[ReciprocityRow], now: datetime
) -> list[Told]:
    ids = {row.design_id for row in rows}
    asked = select(DesignRow.id, DesignRow.title).where(DesignRow.id.in_(ids))
    titles = dict(session.execute(asked).all())
    return [
        Told(
            row=row,
            title=titles[row.design_id],
            counterpart=Agreement(
                fee_permille=row.fee_permille, in_kind=row.in_kind
            ).words,
            shown=(state := reciprocity_state(row.valid_until, row.ended_at, now))[0],
            word=state[1],
        )
        for row in rows
    ]


def reciprocity_state(
    valid_until: datetime | None, ended_at: datetime | None, now: datetime
) -> tuple[Shown, str]:
    """How an agreement stands; `valid_until` None: nobody agreed yet."""
    if ended_at is not None:
        return Shown.OFFLINE, N_("Ended")
    if valid_until is None:
        return Shown.WAITING, N_("Waits for an answer")
    if valid_until <= now:
        return Shown.FAILED, N_("Expired")
    return Shown.DONE, N_("Agreed")


def _numbers(session: Session, order_ids: set[str]) -> dict[str, int]:
    asked = select(OrderRow.id, OrderRow.number).where(OrderRow.id.in_(order_ids))
    return dict(session.execute(asked).all())
