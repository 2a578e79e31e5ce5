"""Bring labs in: a directory's file, what would come in, and those not yet joined."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlalchemy.orm import Session

from orchestrator.doors.web.access import StewardDep, StewardDeskDep
from orchestrator.doors.web.access_words import ACCESS_WORDS
from orchestrator.doors.web.map_view import MapSpot, MapView
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.states import Shown
from orchestrator.doors.web.words import N_, language_of
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import (
    ConflictError,
    FabcommonsError,
    InvalidInputError,
)
from orchestrator.network import arrivals as listed
from orchestrator.network.facilities import facility_of
from orchestrator.network.rows import ArrivalRow, FacilityRow
from orchestrator.planning.arrivals import (
    FILE_MAX_BYTES,
    LABS_MAX,
    Arrival,
    Arrivals,
    bring_all_in,
)
from orchestrator.planning.arrivals_api import (
    ListedLabIO,
    ground_of,
    listed_io,
    looked_at,
)

router = APIRouter()

HOME: Final = "/labs/arrivals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A lab of the file as the page shows it; `value`: what its tick sends."""

    arrival: Arrival
    value: str
    access: str
    understood: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotJoined:
    """A lab that waits for its people."""

    lab: FacilityRow
    arrival: ArrivalRow


@router.get(HOME)
def arrivals_page(
    request: Request,
    _steward: StewardDep,
    session: ReaderDep,
    done: Annotated[int | None, Query(ge=0, le=LABS_MAX)] = None,
) -> Response:
    """The field for a file, and the labs that are not yet joined."""
    return _page(request, session, done=done)


@router.post(f"{HOME}/look")
def look(
    file: UploadFile,
    request: Request,
    _steward: StewardDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """What the file would bring in; nothing of it is kept."""
    try:
        found = looked_at(request, session, file)
    except InvalidInputError as refusal:
        return _page(request, session, wrong=sentence(str(refusal)), status=422)
    spots = tuple(_spot(number, one) for number, one in enumerate(found.labs, start=1))
    view = MapView(as_of=clock.now(), labs=spots)
    return _page(request, session, found=found, view=view)


@router.post(HOME)
def bring_in(
    *,
    lab: Annotated[list[str], Form(max_length=LABS_MAX)] = [],  # noqa: B006 - FastAPI copies it
    request: Request,
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """Those that were ticked."""
    try:
        labs = [ListedLabIO.model_validate_json(one).lab() for one in lab]
        done = bring_all_in(session, desk, labs, ground_of(request))
    except (FabcommonsError, ValidationError) as refusal:
        session.rollback()
        return _page(request, session, wrong=sentence(_why(refusal)), status=422)
    return RedirectResponse(f"{HOME}?done={len(done.new)}", status_code=303)


@router.post(f"{HOME}/{{facility_id}}/take-out")
def take_out(
    facility_id: Id,
    request: Request,
    session: SessionDep,
    desk: StewardDeskDep,
) -> Response:
    """A lab that nobody ever used."""
    try:
        listed.take_out(session, desk, facility_id)
    except ConflictError as refusal:
        return _page(request, session, wrong=sentence(str(refusal)), status=409)
    return RedirectResponse(HOME, status_code=303)


def _page(
    request: Request,
    session: Session,
    *,
    found: Arrivals | None = None,
    view: MapView | None = None,
    done: int | None = None,
    wrong: str = "",
    status: int = 200,
) -> Response:
    waiting = [
        NotJoined(lab=facility_of(session, row.facility_id), arrival=row)
        for row in listed.arrivals(session)
    ]
    return render(
        request,
        "arrivals.html",
        page=Page(title="Bring labs in", with_map=found is not None),
        status=status,
        found=found,
        shelf=[_shelf(one) for one in found.labs] if found else [],
        view=view.model_dump(mode="json") if view else None,
        language=language_of(request),
        waiting=waiting,
        done=done,
        wrong=wrong,
        file_max_mb=FILE_MAX_BYTES >> 20,
    )


def _shelf(one: Arrival) -> Shelf:
    return Shelf(
        arrival=one,
        value=listed_io(one.lab).model_dump_json(exclude_defaults=True),
        access=ACCESS_WORDS.get(one.lab.access or "", ""),
        understood=sum(bool(machine.processes) for machine in one.lab.machines),
    )


def _spot(number: int, one: Arrival) -> MapSpot:
    state, word = Shown.READY, N_("New")
    if one.known is not None:
        state, word = Shown.DONE, N_("Here already")
    elif one.beside is not None:
        state, word = Shown.NEEDS_YOU, N_("Another lab is there")
    return MapSpot(
        id=f"lab-{number}",
        name=one.lab.name,
        lon=one.lab.lon,
        lat=one.lab.lat,
        state=state,
        word=word,
    )


def _why(refusal: FabcommonsError | ValidationError) -> str:
    if isinstance(refusal, ValidationError):
        first = refusal.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(refusal)
