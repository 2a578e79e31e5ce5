"""Who may use the network's data sets for what; a commercial use asks first."""

from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy.orm import Session

from orchestrator.doors.web.access import AskerDep, SignedInDep
from orchestrator.doors.web.licence_table import whole_table
from orchestrator.doors.web.licence_words import (
    ForMe,
    answer_told,
    licence_name,
    way_out,
)
from orchestrator.doors.web.pages import Page, render
from orchestrator.foundation.api import ClockDep, ReaderDep, SessionDep
from orchestrator.foundation.clock import Clock
from orchestrator.orders.api import OrdersSettings
from orchestrator.orders.data_use import ask_for_data, part_of
from orchestrator.orders.gate_rules import rules_at
from orchestrator.orders.table import Use

router = APIRouter()

HOME: Final = "/licences/data/{data_set}"
Name = Annotated[str, Field(max_length=64)]


@router.get(HOME)
def data_page(
    data_set: Name,
    request: Request,
    asker: AskerDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """The whole table for a data set."""
    return _page(request, session, clock, data_set, is_guest=asker.principal is None)


@router.post(HOME)
def ask(
    data_set: Name,
    request: Request,
    me: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """The gate answers a member who wants to gain money with it; the ledger keeps it."""
    settings: OrdersSettings = request.app.state.orders
    answer = ask_for_data(
        session,
        data_set=data_set,
        agent_id=me.agent_id,
        use=Use.MAKE_AND_SELL,
        key=settings.key,
        now=clock.now(),
    )
    return _page(request, session, clock, data_set, answer=answer_told(answer))


def _page(
    request: Request,
    session: Session,
    clock: Clock,
    data_set: str,
    *,
    answer: ForMe | None = None,
    is_guest: bool = False,
) -> Response:
    part = part_of(data_set)
    now = clock.now()
    return render(
        request,
        "data_use.html",
        page=Page(title="Use of data"),
        data_set=data_set,
        part=part,
        licence=licence_name(part.licence),
        answer=answer,
        is_guest=is_guest,
        table=whole_table((part,), rules_at(session, now), now=now),
        way_out=way_out,
    )
