"""Screen 11, Design: can I have it, at what price, who makes it, may I sell it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.api import CatalogueSettings
from orchestrator.catalogue.designs import (
    citations_of,
    design_of,
    files_of,
    latest_of,
    steps_of,
    version_of,
    versions_of,
)
from orchestrator.catalogue.lineage import family_of
from orchestrator.catalogue.rows import CitationRow, DesignVersionRow, StepRow
from orchestrator.catalogue.withdrawing import offer_again, withdraw
from orchestrator.doors.web.access import (
    DESIGNS_CHANGED,
    Asker,
    AskerDep,
    DesignerDep,
)
from orchestrator.doors.web.around import KM_USUAL, Around, around
from orchestrator.doors.web.family import family_picture
from orchestrator.doors.web.flow import drawn, of_version
from orchestrator.doors.web.licence_words import (
    DO_NOT_CHANGE,
    ForMe,
    for_me,
    licence_name,
    sentences_of,
    way_out,
)
from orchestrator.doors.web.listing import first_drawing
from orchestrator.doors.web.live import MACHINES_CHANGED
from orchestrator.doors.web.made_in import made_in
from orchestrator.doors.web.makers import makers_of, near_misses
from orchestrator.doors.web.pages import Page, Pages, render
from orchestrator.doors.web.trade_words import kind_word, machine_told, trade_of
from orchestrator.foundation.api import ClockDep, ReaderDep, SessionDep
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.errors import NotFoundError
from orchestrator.members.shown import names_shown
from orchestrator.orders.pricing import Fee
from orchestrator.orders.tariff import tariff_at
from orchestrator.planning.api import PlanningSettings
from orchestrator.planning.makers import shops_of

router = APIRouter()

PPM = 1_000_000
PIECES = (1, 10, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A design beside this one, and the share of value between them."""

    version: DesignVersionRow
    share: float


@router.get("/designs/{version_id}")
def design_page(
    *,
    version_id: Annotated[str, Field(max_length=64)],
    request: Request,
    asker: AskerDep,
    session: ReaderDep,
    clock: ClockDep,
    near: Annotated[str, Query(max_length=200)] = "",
    km: Annotated[int, Query(ge=1, le=1_000)] = KM_USUAL,
) -> Response:
    """One version; the id of a design leads to its newest one.

    `near`, `km`: whose machines are asked, where there are more than a page asks.
    """
    try:
        version = version_of(session, version_id)
    except NotFoundError:
        newest = latest_of(session, version_id)
        return RedirectResponse(f"/designs/{newest.id}", status_code=303)
    catalogue: CatalogueSettings = request.app.state.catalogue
    steps = steps_of(session, version_id)
    family = family_of(session, version)
    mine: ForMe | None = None
    principal = asker.principal
    may_order = principal is not None and "shop" in principal.roles
    if principal is not None and may_order:
        mine = for_me(session, version_id, principal.agent_id, now=clock.now())
    return render(
        request,
        "design.html",
        page=Page(
            title=version.title,
            description=version.summary,
            topics=(MACHINES_CHANGED, DESIGNS_CHANGED),
        ),
        version=version,
        **_designer(session, version, asker),
        steps=steps,
        **_flow(request, version, steps),
        drawing=first_drawing(catalogue.files, steps),
        design_files=files_of(session, version_id),
        family=family,
        family_picture=family_picture(family, version_id),
        built_on=_built_on(session, version_id),
        built_upon=_built_upon(session, version_id),
        versions=versions_of(session, version.design_id),
        sentences=sentences_of(version.licence),
        licence=licence_name(version.licence),
        mine=mine,
        way_out=way_out,
        may_order=may_order,
        is_guest=principal is None,
        in_all=made_in(session, catalogue.files, version_id),
        trade_of=trade_of,
        kind_word=kind_word,
        machine_told=machine_told,
        near=near.strip(),
        **_who(request, session, version, steps, around(session, near.strip(), km)),
    )


@router.post("/designs/{design_id}/withdrawn")
def withdraw_page(
    *,
    design_id: Annotated[str, Field(max_length=64)],
    act: Annotated[Literal["withdraw", "offer"], Form()],
    designer: DesignerDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Its designer withdraws it, or offers it again."""
    me = designer.agent_id
    if act == "withdraw":
        withdraw(session, design_id, designer_id=me, now=clock.now())
    else:
        offer_again(session, design_id, designer_id=me)
    return RedirectResponse(f"/designs/{design_id}", status_code=303)


def _who(
    request: Request,
    session: Session,
    version: DesignVersionRow,
    steps: Sequence[StepRow],
    asked: Around,
) -> dict[str, Any]:
    """Who makes it of the labs that are asked, and why others there do not."""
    clock: Clock = request.app.state.clock
    planning: PlanningSettings = request.app.state.planning
    shops = shops_of(session, planning.fleet, asked.labs, now=clock.now())
    fee = Fee(cents=version.fee_cents, upstream_ppm=0)
    makers = makers_of(shops, steps, fee, tariff_at(session, clock.now()), PIECES)
    return {
        "around": asked,
        "makers": makers,
        "near_misses": near_misses(shops, steps, makers),
    }


def _designer(
    session: Session, version: DesignVersionRow, asker: Asker
) -> dict[str, Any]:
    """Whose it is, and what the one who looks may do with it as a designer."""
    design = design_of(session, version.design_id)
    agent_id = design.designer_id
    reader = asker.principal.agent_id if asker.principal else None
    publishes = asker.principal is not None and "designer" in asker.principal.roles
    may_change = DO_NOT_CHANGE not in sentences_of(version.licence)
    return {
        "designer": names_shown(session, {agent_id}, reader=reader)[agent_id],
        "is_own": publishes and agent_id == reader,
        "withdrawn_at": design.withdrawn_at,
        "may_build_on": publishes and may_change,
    }


def _flow(
    request: Request, version: DesignVersionRow, steps: Sequence[StepRow]
) -> dict[str, Any]:
    """How it is made, step by step, and the picture of that."""
    pages: Pages = request.app.state.pages
    made = of_version(version, steps, pages.settings.translations.gettext)
    return {"made": made, "flow": drawn(made)}


def _built_on(session: Session, version_id: str) -> Sequence[Cited]:
    return [
        Cited(version=version_of(session, row.upstream_id), share=row.weight_ppm / PPM)
        for row in citations_of(session, version_id)
    ]


def _built_upon(session: Session, version_id: str) -> Sequence[Cited]:
    """Designs that cite this version."""
    rows = session.scalars(
        select(CitationRow)
        .where(CitationRow.upstream_id == version_id)
        .order_by(CitationRow.version_id)
    )
    return [
        Cited(version=version_of(session, row.version_id), share=row.weight_ppm / PPM)
        for row in rows
    ]
