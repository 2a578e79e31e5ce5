"""Who may use the network's data sets for what; a commercial use asks, and is granted."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.accounts.expected import expected_of
from orchestrator.doors.web.access import AskerDep, DeskDep, SignedInDep, StewardDeskDep
from orchestrator.doors.web.formats import money
from orchestrator.doors.web.licence_table import whole_table
from orchestrator.doors.web.licence_words import (
    ForMe,
    answer_told,
    licence_name,
    way_out,
)
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.screens.duties import reciprocity_state
from orchestrator.doors.web.states import Shown
from orchestrator.doors.web.words import N_
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.errors import NotFoundError
from orchestrator.members.agents import names_of
from orchestrator.members.principals import Principal
from orchestrator.orders import data_agreements as agreements
from orchestrator.orders.data_use import ask_for_data, part_for
from orchestrator.orders.gate_rules import rules_at
from orchestrator.orders.rows import DataAgreementRow
from orchestrator.orders.table import Agreement, Use

router = APIRouter()

HOME: Final = "/licences/data/{data_set}"
ASKS: Final = ("#agreement", N_("Ask for an agreement"))


@router.get(HOME)
def data_page(
    data_set: Id,
    request: Request,
    asker: AskerDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """The whole table for a data set, and what was agreed about it."""
    return _page(request, session, clock, data_set, me=asker.principal)


@router.post(HOME)
def ask(
    *,
    data_set: Id,
    request: Request,
    me: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
    desk: DeskDep,
) -> Response:
    """The gate answers a member who wants to gain money with it; the ledger keeps it."""
    answer = ask_for_data(session, desk, data_set=data_set, use=Use.MAKE_AND_SELL)
    return _page(request, session, clock, data_set, me=me, answer=answer_told(answer))


@router.post(f"{HOME}/agreements")
def ask_for_agreement(
    *,
    data_set: Id,
    in_kind: Annotated[str, Form(max_length=400)] = "",
    me: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """The stewards are asked."""
    now = clock.now()
    part_for(session, data_set, now=now)
    agreements.request(
        session, data_set=data_set, agent_id=me.agent_id, in_kind=in_kind, now=now
    )
    return _back(data_set)


@router.post("/licences/data-agreements/{row_id}/granted")
def grant(
    row_id: Id,
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """A steward says yes."""
    row = agreements.grant(session, desk, row_id)
    return _back(row.data_set)


@router.post("/licences/data-agreements/{row_id}/ended")
def end(row_id: Id, me: SignedInDep, session: SessionDep, desk: DeskDep) -> Response:
    """Its member takes it back; a steward refuses or ends it."""
    row = agreements.agreement_of(session, row_id)
    if row.agent_id != me.agent_id and "steward" not in me.roles:
        raise NotFoundError(f"you have no agreement {row_id[:64]!r}")
    agreements.end(session, desk, row_id)
    return _back(row.data_set)


def _back(data_set: str) -> Response:
    url = f"{HOME.format(data_set=data_set)}#agreement"
    return RedirectResponse(url, status_code=303)


def _page(
    request: Request,
    session: Session,
    clock: Clock,
    data_set: str,
    *,
    me: Principal | None,
    answer: ForMe | None = None,
) -> Response:
    now = clock.now()
    part, rules = part_for(session, data_set, now=now), rules_at(session, now)
    mine = agreements.agreements_of(session, me.agent_id, data_set) if me else ()
    is_steward = me is not None and me.is_steward
    all_of = agreements.standing(session, now) if is_steward else ()
    ways = [
        Agreement(yearly=agreements.yearly_fee(session, now)),
        *(Agreement(in_kind=way) for way in rules.reciprocity_in_kind),
    ]

    def told(row: DataAgreementRow) -> dict[str, Any]:
        until = agreements.holds_until(session, row)
        state = reciprocity_state(until, row.ended_at, now)
        if row.granted_at and not until and not row.ended_at:
            state = Shown.WAITING, N_("Holds once it is paid")
        due = expected_of(session, row.id, row.agent_id)
        return {
            "row": row,
            "until": until,
            "invoice": due if due and due.invoice_number else None,
            "counterpart": agreements.given(row).words,
            "shown": state[0],
            "word": state[1],
            "due": due if due and not due.ended_at else None,
            "paid": money(due.paid_cents, due.currency) if due else "",
        }

    return render(
        request,
        "data_use.html",
        page=Page(title="Use of data"),
        data_set=data_set,
        part=part,
        licence=licence_name(part.licence),
        answer=answer,
        is_guest=me is None,
        mine=[told(row) for row in mine],
        asked=[told(row) for row in all_of if me and row.agent_id != me.agent_id],
        names=names_of(session, {row.agent_id for row in all_of}),
        ways=ways,
        table=whole_table((part,), rules, now=now),
        amount=money,
        way_out=_way_out,
    )


def _way_out(code: str) -> tuple[str, str] | None:
    """As for designs, but its agreements are asked for on the same page."""
    return ASKS if code in {"reciprocity", "instance-rules"} else way_out(code)
