"""Labs from a directory, by HTTP: looked at, brought in by a steward, taken out again."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, UploadFile
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from orchestrator.foundation.api import Id, ReaderDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.ledger.desk_api import StewardDeskDep
from orchestrator.members.principal_api import StewardDep, Strict
from orchestrator.network import arrivals as listed
from orchestrator.network.arrivals import ListedLab, ListedMachine
from orchestrator.network.facilities import Access
from orchestrator.network.wire import Latitude, Longitude
from orchestrator.planning.arrivals import (
    FILE_MAX_BYTES,
    LABS_MAX,
    MACHINES_MAX,
    NAME_MAX,
    WORDS_MAX,
    Arrivals,
    arrivals_in,
    bring_all_in,
    directory_in,
)
from orchestrator.planning.travel import RegionMap

router = APIRouter()

REFUSED = refusals(NotSignedInError, NotAllowedError, InvalidInputError)
Line = Annotated[str, Field(min_length=1, max_length=NAME_MAX)]


class ListedMachineIO(Strict):
    """A machine as a directory tells it.

    `processes`: codes of the vocabulary; `unknown`: words that call no process.
    """

    name: Line
    processes: Annotated[tuple[Line, ...], Field(max_length=MACHINES_MAX)] = ()
    unknown: Annotated[tuple[Line, ...], Field(max_length=MACHINES_MAX)] = ()


class ListedLabIO(Strict):
    """A lab as a directory tells it: what is looked at is what is brought in."""

    name: Line
    address: Annotated[str, Field(min_length=1, max_length=WORDS_MAX)]
    lat: Latitude
    lon: Longitude
    origin: Line
    url: Annotated[str, Field(max_length=WORDS_MAX, pattern="^(https?://.*)?$")] = ""
    access: Access | None = None
    machines: Annotated[
        tuple[ListedMachineIO, ...], Field(max_length=MACHINES_MAX)
    ] = ()

    def lab(self) -> ListedLab:
        """The same, as the room takes it."""
        told = self.model_dump(exclude={"machines"})
        machines = tuple(ListedMachine(**one.model_dump()) for one in self.machines)
        return ListedLab(**told, machines=machines)


class ArrivalOut(BaseModel):
    """`known`: the lab that it is already; `beside`: one of another name in its place."""

    lab: ListedLabIO
    known: str | None
    beside: str | None


class ArrivalsOut(BaseModel):
    """What would come in, and what would not.

    `placeless` have no coordinates; to `far` no road of this region leads; `left_out`
    are more than 200; `refused` were no labs.
    """

    labs: list[ArrivalOut]
    placeless: list[str]
    far: int
    left_out: int
    refused: list[str]


class BringIn(Strict):
    """Labs to bring in, as the look told them."""

    labs: Annotated[list[ListedLabIO], Field(min_length=1, max_length=LABS_MAX)]


class BroughtInOut(BaseModel):
    """The ids of new labs, and the names of those that were here before."""

    new: list[str]
    known: list[str]


class WaitingOut(BaseModel):
    """A lab that is not yet joined, and what its directory says."""

    facility_id: str
    origin: str
    url: str
    machines: list[ListedMachineIO]
    brought_at: datetime
    brought_by: str


@router.post("/arrivals/look", responses=REFUSED)
def look_at_directory(
    file: UploadFile, _steward: StewardDep, request: Request, session: ReaderDep
) -> ArrivalsOut:
    """What of a directory (OKW, fablabs.io, SpaceAPI; 16 MB) would come in. Keeps nothing."""
    return _arrivals_out(looked_at(request, session, file))


@router.get("/arrivals", responses=refusals(NotSignedInError, NotAllowedError))
def list_arrivals(_steward: StewardDep, session: ReaderDep) -> list[WaitingOut]:
    """Labs that are not yet joined, the newest first."""
    return [
        WaitingOut.model_validate(row, from_attributes=True)
        for row in listed.arrivals(session)
    ]


@router.post("/arrivals", status_code=201, responses=REFUSED)
def bring_labs_in(
    *,
    asked: BringIn,
    request: Request,
    session: SessionDep,
    desk: StewardDeskDep,
) -> BroughtInOut:
    """They stand on the map, held by you; no job is sent there before they join."""
    labs = [one.lab() for one in asked.labs]
    done = bring_all_in(session, desk, labs, ground_of(request))
    return BroughtInOut(new=[row.id for row in done.new], known=list(done.known))


@router.delete(
    "/arrivals/{facility_id}",
    status_code=204,
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError, ConflictError),
)
def take_lab_out(facility_id: Id, session: SessionDep, desk: StewardDeskDep) -> None:
    """Take a lab out again that nobody ever used; both acts stay in the ledger."""
    listed.take_out(session, desk, facility_id)


def looked_at(request: Request, session: Session, file: UploadFile) -> Arrivals:
    """What a file would bring in. Errors: InvalidInputError."""
    data = file.file.read(FILE_MAX_BYTES + 1)
    found = directory_in(data, name=file.filename or "")
    return arrivals_in(session, found, ground_of(request))


def listed_io(lab: ListedLab) -> ListedLabIO:
    """The lab as it goes over the wire, out and in again."""
    return ListedLabIO.model_validate(lab, from_attributes=True)


def ground_of(request: Request) -> RegionMap:
    """The roads of this region."""
    ground: RegionMap = request.app.state.planning.ground
    return ground


def _arrivals_out(found: Arrivals) -> ArrivalsOut:
    return ArrivalsOut(
        labs=[
            ArrivalOut(
                lab=listed_io(one.lab),
                known=one.known.id if one.known else None,
                beside=one.beside.id if one.beside else None,
            )
            for one in found.labs
        ],
        placeless=list(found.placeless),
        far=found.far,
        left_out=found.left_out,
        refused=list(found.refused),
    )
