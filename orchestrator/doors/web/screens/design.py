"""Screen 11, Design: can I have it, at what price, who makes it, may I sell it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request, Response
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
from orchestrator.catalogue.rows import CitationRow, DesignVersionRow
from orchestrator.doors.web.access import DESIGNS_CHANGED, AskerDep
from orchestrator.doors.web.family import family_picture
from orchestrator.doors.web.licence_words import (
    ForMe,
    for_me,
    licence_name,
    sentences_of,
    way_out,
)
from orchestrator.doors.web.live import MACHINES_CHANGED
from orchestrator.doors.web.makers import makers_of, workshop
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.screens.designs import first_drawing
from orchestrator.doors.web.trade_words import kind_word, machine_told, trade_of
from orchestrator.foundation.api import ClockDep, ReaderDep
from orchestrator.foundation.errors import NotFoundError
from orchestrator.members.agents import agent_of
from orchestrator.orders.pricing import Fee
from orchestrator.orders.tariff import tariff_at

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
    version_id: Annotated[str, Field(max_length=64)],
    request: Request,
    asker: AskerDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """One version; the id of a design leads to its newest one."""
    try:
        version = version_of(session, version_id)
    except NotFoundError:
        newest = latest_of(session, version_id)
        return RedirectResponse(f"/designs/{newest.id}", status_code=303)
    catalogue: CatalogueSettings = request.app.state.catalogue
    steps = steps_of(session, version_id)
    family = family_of(session, version)
    fee = Fee(cents=version.fee_cents, upstream_ppm=0)
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
        designer=agent_of(session, design_of(session, version.design_id).designer_id),
        steps=steps,
        drawing=first_drawing(catalogue, steps),
        makers=makers_of(
            workshop(session, now=clock.now()),
            steps,
            fee,
            tariff_at(session, clock.now()),
            PIECES,
        ),
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
        run_s=sum(step.setup_s + step.run_s for step in steps),
        trade_of=trade_of,
        kind_word=kind_word,
        machine_told=machine_told,
    )


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
