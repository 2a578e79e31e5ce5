"""Screen 8, what if: a lab closed, a machine still, a courier away; nothing is changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.doors.web.access import StewardDep, needs
from orchestrator.doors.web.formats import duration
from orchestrator.doors.web.live import WHAT_IF
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, render, zone_of
from orchestrator.doors.web.words import N_
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.members.agents import names_of
from orchestrator.members.rows import AgentRow
from orchestrator.network.couriers import couriers
from orchestrator.network.facilities import facilities
from orchestrator.network.machines import machines
from orchestrator.planning.rows import WhatIfRow
from orchestrator.planning.suppose import Supposition
from orchestrator.planning.what_if import question, suppose

router = APIRouter()

STEWARD: Final = [Depends(needs("steward"))]
HOME: Final = "/plan/what-if"
ASKED_SHOWN: Final = 10
DAY_HOURS: Final = 24
WHEN: Final[Mapping[str, str]] = {
    "now": N_("For a day from now on"),
    "tomorrow": N_("All of tomorrow"),
}
SAID_OF: Final[Mapping[str, str]] = {
    "lab": N_("What if {name} is closed?"),
    "machine": N_("What if {name} stands still?"),
    "courier": N_("What if {name} is away?"),
}
Kind = Literal["lab", "machine", "courier"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOrder:
    """An order that would be served otherwise, in words."""

    id: str
    number: int
    words: tuple[str, ...]
    late: str
    left_out: str
    helps: str


@router.get(HOME, dependencies=STEWARD)
def what_if_page(request: Request, session: ReaderDep) -> Response:
    """What may be supposed, and what was asked before."""
    asked = session.scalars(
        select(WhatIfRow).order_by(WhatIfRow.asked_at.desc()).limit(ASKED_SHOWN)
    ).all()
    return render(
        request,
        "what_if.html",
        page=Page(title="What if", topics=(WHAT_IF,)),
        groups=_groups(session),
        when=WHEN,
        said_of=SAID_OF,
        asked=asked,
    )


@router.post(HOME)
def ask(
    *,
    subject: Annotated[str, Form(max_length=80)],
    when: Annotated[Literal["now", "tomorrow"], Form()],
    steward: StewardDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Ask; the answer comes to the question's own page."""
    kind, _, name = subject.partition("/")
    if kind not in SAID_OF:
        raise InvalidInputError("choose a lab, a machine or a courier", field="subject")
    from_at, until_at = _span(when, clock.now(), zone_of(request))
    known: Kind = kind  # type: ignore[assignment]  # SAID_OF holds the same three
    supposed = Supposition(
        kind=known, subject_id=name, from_at=from_at, until_at=until_at
    )
    row = suppose(session, supposed, asked_by=steward.agent_id, now=clock.now())
    return RedirectResponse(f"{HOME}/{row.id}", status_code=303)


@router.get(f"{HOME}/{{question_id}}", dependencies=STEWARD)
def answer_page(
    request: Request,
    question_id: Id,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """The differences, once they are known; with the act where there is one."""
    row = question(session, question_id)
    answer = row.answer or {}
    can_do = row.kind == "lab" and row.from_at <= clock.now() < row.until_at
    return render(
        request,
        "what_if_answer.html",
        page=Page(title="What if", topics=(WHAT_IF,)),
        asked=row,
        said=SAID_OF[row.kind],
        answer=answer,
        orders=_orders(session, answer),
        looked_at=datetime.fromisoformat(answer["at"]) if answer else None,
        do_url=f"/plan/labs/{row.subject_id}/off" if can_do else None,
        hours=DAY_HOURS,
    )


def _span(when: str, now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    if when == "now":
        return now, now + timedelta(hours=DAY_HOURS)
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1), today + timedelta(days=2)


def _groups(session: Session) -> list[tuple[str, list[tuple[str, str]]]]:
    """Labs, their machines, couriers: each choice with its words."""
    labs = facilities(session)
    names = {lab.id: lab.name for lab in labs}
    people = [row.agent_id for row in couriers(session)]
    riders = session.execute(
        select(AgentRow.id, AgentRow.name)
        .where(AgentRow.id.in_(people))
        .order_by(AgentRow.name)
    )
    return [
        (N_("Labs"), [(f"lab/{lab.id}", lab.name) for lab in labs]),
        (N_("Couriers"), [(f"courier/{name}", words) for name, words in riders]),
        (
            N_("Machines"),
            sorted(
                (
                    (f"machine/{row.id}", f"{names[row.facility_id]}: {row.name}")
                    for row in machines(session)
                    if row.withdrawn_at is None
                ),
                key=lambda choice: choice[1],
            ),
        ),
    ]


def _orders(session: Session, answer: Mapping[str, Any]) -> list[ShownOrder]:
    """Those left out first, then the latest."""
    told = answer.get("orders", [])
    ids = {
        name
        for one in told
        for pair in (one["lab"], one["courier"])
        for name in pair or ()
    }
    names = {lab.id: lab.name for lab in facilities(session)}
    names |= names_of(session, ids)
    told = sorted(
        told, key=lambda one: (not one["left_out"], -one["late_s"], one["number"])
    )
    return [
        ShownOrder(
            id=one["order_id"],
            number=one["number"],
            words=tuple(_words(one, names)),
            late=duration(one["late_s"]) if one["late_s"] >= 60 else "",
            left_out=sentence(one["left_out"]),
            helps=sentence(one["helps"]),
        )
        for one in told
    ]


def _words(one: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    words = []
    for kind in ("lab", "courier"):
        if one[kind]:
            before, after = (names.get(name, "nobody") for name in one[kind])
            words.append(f"{before} → {after}")
    if one["machines"] and not one["lab"]:
        words.append("other machine")
    if one["later_s"]:
        much = duration(abs(one["later_s"]))
        words.append(f"{much} {'later' if one['later_s'] > 0 else 'earlier'}")
    return words
