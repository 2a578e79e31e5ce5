"""A licence picked by three answers, and who could then do what, before it is published."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from orchestrator.catalogue.designs import version_of, with_all_cited
from orchestrator.catalogue.search import find_designs
from orchestrator.doors.web.licence_table import whole_table
from orchestrator.doors.web.licence_words import (
    licence_name,
    parts_told,
    sentences_of,
    way_out,
)
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.words import N_
from orchestrator.foundation.api import ClockDep, ReaderDep
from orchestrator.orders.choosing import Changes, Made, Sellers, Wish, licence_for
from orchestrator.orders.gate_rules import rules_at
from orchestrator.orders.table import Part

router = APIRouter()

DESIGNS_MAX: Final = 200
MADE: Final = {
    Made.THING: N_("A thing: its drawings and machine files"),
    Made.TEXT: N_("A text, picture or pattern"),
    Made.PROGRAM: N_("A program"),
}
SELLERS: Final = {
    Sellers.SHARERS: (
        N_("Those who share"),
        N_("Worker cooperatives, sole traders, non-profits. Firms pay a fee."),
    ),
    Sellers.ANYBODY: (N_("Anybody"), N_("Firms too, without asking.")),
    Sellers.NOBODY: (N_("Nobody"), N_("Everybody may make it for themselves.")),
}
CHANGES: Final = {
    Changes.WHOLE: (
        N_("Yes, and all that is built with it"),
        N_("Nobody closes what you opened."),
    ),
    Changes.PART: (
        N_("Yes, but not what it is built into"),
        N_("It may be a part of something closed."),
    ),
    Changes.FREE: (N_("No"), N_("Naming you is enough.")),
}


@router.get("/licences")
def choose_page(
    *,
    request: Request,
    session: ReaderDep,
    clock: ClockDep,
    made: Made = Made.THING,
    sellers: Sellers = Sellers.SHARERS,
    changes: Changes = Changes.WHOLE,
    builds_on: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The licence that does what the answers say, alone or with what it builds on."""
    wish = Wish(made=made, sellers=sellers, changes=changes)
    licence = licence_for(wish)
    own = Part(title="Your design", licensor="you", licence=licence)
    cited = with_all_cited(session, builds_on) if builds_on else []
    return render(
        request,
        "licences.html",
        page=Page(title="Choose a licence"),
        wish=wish,
        made_words=MADE,
        sellers_words=SELLERS,
        changes_words=CHANGES,
        builds_on=builds_on,
        designs=find_designs(session, limit=DESIGNS_MAX),
        spdx=licence,
        licence=licence_name(licence),
        sentences=sentences_of(licence),
        parts=cited,
        table=whole_table(
            [own, *parts_told(cited)],
            rules_at(session, clock.now()),
            now=clock.now(),
        ),
        way_out=way_out,
    )


@router.get("/designs/{version_id}/licence")
def design_licence_page(
    version_id: Annotated[str, Field(max_length=64)],
    request: Request,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """Who may do what with this version and all that it builds on."""
    version = version_of(session, version_id)
    parts = with_all_cited(session, version_id)
    return render(
        request,
        "design_licence.html",
        page=Page(title=f"Licence of {version.title}"),
        version=version,
        parts=parts,
        licence=licence_name(version.licence),
        licence_name=licence_name,
        sentences=sentences_of(version.licence),
        table=whole_table(
            parts_told(parts), rules_at(session, clock.now()), now=clock.now()
        ),
        way_out=way_out,
    )
