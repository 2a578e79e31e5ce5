"""Screen 10, Catalogue: what can be made near me, who can make it now, from what price?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from orchestrator.catalogue.api import CatalogueSettings
from orchestrator.catalogue.rows import DesignVersionRow, StepRow
from orchestrator.catalogue.search import SIZES_MM, find_designs, values_of
from orchestrator.doors.web.access import DESIGNS_CHANGED, Asker, AskerDep
from orchestrator.doors.web.licence_words import for_me, licence_name
from orchestrator.doors.web.live import MACHINES_CHANGED
from orchestrator.doors.web.makers import (
    Makers,
    makers_of,
    near,
    steps_by_version,
    workshop,
)
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.toolpath import Drawing, drawing_of
from orchestrator.doors.web.trade_words import Trade, trade_of
from orchestrator.foundation.api import ClockDep, ReaderDep
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.tables import csv_text
from orchestrator.orders.pricing import Fee
from orchestrator.orders.tariff import tariff_at

router = APIRouter()

FOUND_MAX: Final = 200
PAGE_SIZE: Final = 24
KMS: Final = (5, 25, 100)
KM_USUAL: Final = 25
NOW: Final = "now"
MINE: Final = "mine"  # of the licence filter: what the gate allows me to sell
Word = Annotated[str, Query(max_length=200)]
Number = Annotated[str, Query(pattern=r"^[0-9]{0,5}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The filters, as they stand in the address."""

    q: str = ""
    process: str = ""
    material: str = ""
    licence: str = ""
    size: str = ""  # mm, of the longest side
    near: str = ""  # part of a lab's name or address
    km: str = ""  # from there
    can: str = ""  # NOW: only what a lab can make now

    @property
    def query(self) -> str:
        """The address's own spelling; empty without any filter."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return urlencode({name: value for name, value in told.items() if value})

    def drops(self) -> list[tuple[str, str]]:
        """(what is dropped, the address without it), for each filter that is set."""
        words = {"size": f"≤ {self.size} mm", "km": f"{self.km} km"}
        return [
            (
                words.get(name, getattr(self, name)),
                f"/designs?{replace(self, **{name: ''}).query}",
            )
            for name in self.__slots__
            if getattr(self, name)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A design in the list."""

    version: DesignVersionRow
    steps: Sequence[StepRow]
    trade: Trade
    makers: Makers
    drawing: Drawing | None
    licence: str

    @property
    def run_s(self) -> int:
        """The machines' time for one piece."""
        return sum(step.setup_s + step.run_s for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the filters offer: of all designs, not of those found."""

    processes: tuple[tuple[str, str], ...]
    materials: tuple[str, ...]
    licences: tuple[tuple[str, str], ...]
    sizes_mm: tuple[int, ...] = SIZES_MM
    kms: tuple[int, ...] = KMS
    now: str = NOW


@router.get("/designs")
def catalogue(
    *,
    request: Request,
    asker: AskerDep,
    session: ReaderDep,
    clock: ClockDep,
    q: Word = "",
    process: Word = "",
    material: Word = "",
    licence: Word = "",
    size: Number = "",
    near: Word = "",
    km: Number = "",
    can: Word = "",
    page: Annotated[int, Query(ge=1, le=100)] = 1,
) -> Response:
    """The designs that fit the filters, with who can make each now."""
    wanted = Wanted(
        q=q.strip(),
        process=process,
        material=material,
        licence=licence,
        size=size,
        near=near.strip(),
        km=km,
        can=can,
    )
    found = _found(request, session, clock, asker, wanted)
    first = (page - 1) * PAGE_SIZE
    address = f"/designs?{wanted.query}"
    return render(
        request,
        "designs.html",
        page=Page(title="Designs", topics=(DESIGNS_CHANGED, MACHINES_CHANGED)),
        is_cut=len(found) >= FOUND_MAX,
        found=found[first : first + PAGE_SIZE],
        makeable_count=sum(bool(one.makers.labs) for one in found),
        before=f"{address}&page={page - 1}" if page > 1 else None,
        after=f"{address}&page={page + 1}" if first + PAGE_SIZE < len(found) else None,
        wanted=wanted,
        choices=_choices(session),
        may_order=asker.principal is not None and "shop" in asker.principal.roles,
        mine=MINE,
        address=f"{address}&page={page}",
    )


@router.get("/designs.csv")
def catalogue_as_csv(
    *,
    request: Request,
    asker: AskerDep,
    session: ReaderDep,
    clock: ClockDep,
    q: Word = "",
    process: Word = "",
    material: Word = "",
    licence: Word = "",
    size: Number = "",
    near: Word = "",
    km: Number = "",
    can: Word = "",
) -> Response:
    """The same list as CSV."""
    wanted = Wanted(
        q=q.strip(),
        process=process,
        material=material,
        licence=licence,
        size=size,
        near=near.strip(),
        km=km,
        can=can,
    )
    return Response(
        _csv(_found(request, session, clock, asker, wanted)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="designs.csv"'},
    )


def _found(
    request: Request, session: Session, clock: Clock, asker: Asker, wanted: Wanted
) -> list[Found]:
    versions = find_designs(
        session,
        text=wanted.q,
        process=wanted.process,
        material=wanted.material,
        licence="" if wanted.licence == MINE else wanted.licence,
        size_max_mm=int(wanted.size or 0),
        limit=FOUND_MAX,
    )
    steps_of = steps_by_version(session, [row.id for row in versions])
    catalogue: CatalogueSettings = request.app.state.catalogue
    tariff = tariff_at(session, clock.now())
    picture = workshop(session, now=clock.now())
    if wanted.near:
        around = near(picture, wanted.near, int(wanted.km or KM_USUAL))
        if around is None:
            return []
        picture = around
    found = []
    for version in versions:
        steps = steps_of[version.id]
        if wanted.licence == MINE and not _may_sell(request, session, asker, version):
            continue
        fee = Fee(cents=version.fee_cents, upstream_ppm=0)
        makers = makers_of(picture, steps, fee, tariff)
        if wanted.can == NOW and not makers.labs:
            continue
        found.append(
            Found(
                version=version,
                steps=steps,
                trade=trade_of(steps[0].process),
                makers=makers,
                drawing=first_drawing(catalogue, steps),
                licence=licence_name(version.licence),
            )
        )
    return sorted(found, key=lambda one: (not one.makers.labs, one.version.title))


def first_drawing(
    settings: CatalogueSettings, steps: Iterable[StepRow]
) -> Drawing | None:
    """The drawing of the first step whose program shows one."""
    for step in steps:
        if step.program_sha256 is not None:
            drawing = drawing_of(settings.files, step.program_sha256)
            if drawing is not None:
                return drawing
    return None


def _may_sell(
    request: Request, session: Session, asker: Asker, version: DesignVersionRow
) -> bool:
    """Whether the licence gate would let this visitor sell it; true for nobody."""
    if asker.principal is None:
        return True
    clock: Clock = request.app.state.clock
    answer = for_me(
        session,
        version.id,
        asker.principal.agent_id,
        now=clock.now(),
    )
    return answer.is_allowed


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
