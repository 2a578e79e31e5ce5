"""Screen 10, Catalogue: what can be made near me, who can make it now, from what price?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from orchestrator.catalogue.api import CatalogueSettings
from orchestrator.catalogue.search import SIZES_MM, values_of
from orchestrator.doors.web.access import DESIGNS_CHANGED, Asker, AskerDep
from orchestrator.doors.web.around import KMS
from orchestrator.doors.web.licence_words import licence_name
from orchestrator.doors.web.listing import (
    MINE,
    NOW,
    Found,
    Reader,
    Wanted,
    listed,
)
from orchestrator.doors.web.live import MACHINES_CHANGED
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.trade_words import trade_of
from orchestrator.foundation.api import ClockDep, ReaderDep
from orchestrator.foundation.tables import csv_text
from orchestrator.planning.api import PlanningSettings

router = APIRouter()

CSV_MAX: Final = 200
Word = Annotated[str, Query(max_length=200)]
Number = Annotated[str, Query(pattern=r"^[0-9]{0,5}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the filters offer: of all designs, not of those found."""

    processes: tuple[tuple[str, str], ...]
    materials: tuple[str, ...]
    licences: tuple[tuple[str, str], ...]
    sizes_mm: tuple[int, ...] = SIZES_MM
    kms: tuple[int, ...] = KMS
    now: str = NOW


def _wanted(
    *,
    q: Word = "",
    process: Word = "",
    material: Word = "",
    licence: Word = "",
    size: Number = "",
    near: Word = "",
    km: Number = "",
    can: Word = "",
) -> Wanted:
    return Wanted(
        q=q.strip(),
        process=process,
        material=material,
        licence=licence,
        size=size,
        near=near.strip(),
        km=km,
        can=can,
    )


WantedDep = Annotated[Wanted, Depends(_wanted)]


@router.get("/designs")
def catalogue(
    *,
    request: Request,
    wanted: WantedDep,
    asker: AskerDep,
    session: ReaderDep,
    clock: ClockDep,
    after: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The designs that fit the filters, with who can make each now."""
    page = listed(session, wanted, reader_of(request, asker, clock.now()), after=after)
    address = wanted.but()
    return render(
        request,
        "designs.html",
        page=Page(title="Designs", topics=(DESIGNS_CHANGED, MACHINES_CHANGED)),
        listed=page,
        newest=address if after else None,
        older=f"{address}&after={page.after}" if page.after else None,
        wanted=wanted,
        choices=_choices(session),
        may_order=asker.principal is not None and "shop" in asker.principal.roles,
        mine=MINE,
        address=f"{address}&after={after}",
    )


@router.get("/designs.csv")
def catalogue_as_csv(
    *,
    request: Request,
    wanted: WantedDep,
    asker: AskerDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """The same list as CSV, the newest CSV_MAX of it."""
    reader = reader_of(request, asker, clock.now())
    return Response(
        _csv(listed(session, wanted, reader, limit=CSV_MAX).found),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="designs.csv"'},
    )


def reader_of(request: Request, asker: Asker, now: datetime) -> Reader:
    """Who looks at designs, and what they are shown from."""
    settings: CatalogueSettings = request.app.state.catalogue
    planning: PlanningSettings = request.app.state.planning
    return Reader(
        fleet=planning.fleet,
        files=settings.files,
        now=now,
        agent_id=asker.principal.agent_id if asker.principal else None,
    )


def _choices(session: Session) -> Choices:
    return Choices(
        processes=tuple(
            (code, trade_of(code).word) for code in values_of(session, "process")
        ),
        materials=tuple(values_of(session, "material")),
        licences=tuple(
            (each, licence_name(each)) for each in values_of(session, "licence")
        ),
    )


def _csv(found: Sequence[Found]) -> str:
    names = ("title", "version_id", "processes", "materials", "licence")
    rows = (
        (
            one.version.title,
            one.version.id,
            " ".join(step.process for step in one.steps),
            " ".join(step.material for step in one.steps),
            one.version.licence,
            one.makers.price_from_cents if one.makers.labs else "",
            "; ".join(lab.name for lab in one.makers.labs),
        )
        for one in found
    )
    return csv_text((*names, "price_from_cents", "made_by_now"), rows)
