"""My share: each point back to its event, each share forward to its cent."""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response

from orchestrator.doors.web.access import SignedInDep
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.period_view import (
    ACTION_WORDS,
    COMMUNITY_WORDS,
    LINES_SHOWN,
    ToldLine,
    kinds_of,
    told_lines,
)
from orchestrator.foundation.api import ReaderDep
from orchestrator.members.agents import agent_of
from orchestrator.periods.exports import csv_of, points_text
from orchestrator.periods.statements import Statement, statements_of

router = APIRouter()

PERIODS_SHOWN: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A period as its member reads it."""

    statement: Statement
    points_of: list[tuple[str, str]]  # community, points
    kept: list[tuple[str, str]]  # for what, points
    kinds: list[tuple[str, int, str, str]]
    lines: list[ToldLine]
    exact: list[str]  # beside each payment, what it was before rounding


@router.get("/mine")
def mine_page(request: Request, me: SignedInDep, session: ReaderDep) -> Response:
    """What I did, what it is worth, and what I got for it."""
    found = statements_of(session, me.agent_id)
    return render(
        request,
        "mine.html",
        page=Page(title="My share"),
        shown=[_shown(one) for one in found[:PERIODS_SHOWN]],
        cents=sum(one.cents for one in found),
        lines_shown=LINES_SHOWN,
        points_text=points_text,
        community_words=COMMUNITY_WORDS,
    )


@router.get("/mine/statement")
def statement_page(request: Request, me: SignedInDep, session: ReaderDep) -> Response:
    """All periods on paper: what was done, what was paid, by which close."""
    found = statements_of(session, me.agent_id)
    return render(
        request,
        "mine_statement.html",
        page=Page(title="Activity and payments"),
        name=agent_of(session, me.agent_id).name,
        agent_id=me.agent_id,
        shown=[_shown(one) for one in reversed(found)],
        points_text=points_text,
        community_words=COMMUNITY_WORDS,
    )


@router.get("/mine/statement.csv")
def statement_csv(me: SignedInDep, session: ReaderDep) -> Response:
    """The same for a spreadsheet or the tax office."""
    return Response(
        csv_of(statements_of(session, me.agent_id)),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="my-share.csv"',
            "Cache-Control": "no-store",
        },
    )


def _shown(one: Statement) -> Shown:
    return Shown(
        statement=one,
        points_of=[
            (COMMUNITY_WORDS[community], points_text(milli))
            for community, milli in one.milli_points_of.items()
        ],
        kept=[
            (ACTION_WORDS[kept.kind.partition(" ")[0]], points_text(kept.milli_points))
            for kept in one.kept
        ],
        kinds=kinds_of(one),
        lines=told_lines(one),
        exact=[f"{float(paid.exact_cents) / 100:.4f}" for paid in one.paid],
    )
