"""What a design's file tells, its picture and its 3D view, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field
from sqlalchemy.orm import Session

from orchestrator.catalogue.access import file_for
from orchestrator.catalogue.api import FILE_HEADERS, CatalogueSettings
from orchestrator.catalogue.files.apart import Looked
from orchestrator.catalogue.found import Found
from orchestrator.catalogue.looks import BusyError, of_stored
from orchestrator.foundation.api import ReaderDep, refusals
from orchestrator.foundation.errors import NotFoundError, NotSignedInError
from orchestrator.members.principal_api import MaybePrincipalDep
from orchestrator.members.principals import Principal

router = APIRouter(prefix="/api/v1/files", tags=["designs"])

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
REFUSALS = refusals(NotFoundError, NotSignedInError, BusyError)


@router.get("/{sha256}/found", responses=REFUSALS)
def show_found(
    sha256: Sha256, principal: MaybePrincipalDep, request: Request, session: ReaderDep
) -> Found:
    """What the file tells: sizes, holes, time … and what is wrong with it."""
    return _looked(request, session, principal, sha256).found


@router.get("/{sha256}/picture", response_class=Response, responses=REFUSALS)
def show_picture(
    sha256: Sha256, principal: MaybePrincipalDep, request: Request, session: ReaderDep
) -> Response:
    """The file as a picture, PNG or SVG."""
    picture = _looked(request, session, principal, sha256).picture
    if not picture:
        raise NotFoundError("there is no picture of this file", field="sha256")
    kind = "image/png" if picture.startswith(b"\x89PNG") else "image/svg+xml"
    return Response(picture, media_type=kind, headers=FILE_HEADERS)


@router.get("/{sha256}/view", response_class=Response, responses=REFUSALS)
def show_view(
    sha256: Sha256, principal: MaybePrincipalDep, request: Request, session: ReaderDep
) -> Response:
    """The body for the 3D view: nine unsigned 16 bit numbers a triangle."""
    view = _looked(request, session, principal, sha256).view
    if not view:
        raise NotFoundError("this file has no body", field="sha256")
    return Response(view, media_type="application/octet-stream", headers=FILE_HEADERS)


def _looked(
    request: Request, session: Session, principal: Principal | None, sha256: str
) -> Looked:
    settings: CatalogueSettings = request.app.state.catalogue
    file = file_for(session, principal, sha256, settings.device_may_fetch)
    return of_stored(settings.files, sha256, file.name)
