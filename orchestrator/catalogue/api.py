"""Designs over HTTP: publish, look through, fetch files."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from orchestrator.catalogue.access import DeviceMayFetch, file_for
from orchestrator.catalogue.combining import IncompatibleLicencesError
from orchestrator.catalogue.contents import InvalidFileError
from orchestrator.catalogue.designs import (
    citations_of,
    design_of,
    files_of,
    latest_of,
    steps_of,
    version_of,
    versions_of,
)
from orchestrator.catalogue.okh_text import SIZE_MAX_BYTES, InvalidManifestError
from orchestrator.catalogue.process import InvalidProcessError, ProcessIn, read_process
from orchestrator.catalogue.process_out import process_as_published
from orchestrator.catalogue.publish import (
    CitationCycleError,
    UnknownUpstreamError,
    Upload,
    keep_files,
    publish,
)
from orchestrator.catalogue.rows import DesignVersionRow
from orchestrator.catalogue.search import find_designs
from orchestrator.catalogue.spdx import InvalidLicenceError
from orchestrator.catalogue.withdrawing import offer_again, withdraw
from orchestrator.foundation import files as store
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.members.principal_api import MaybePrincipalDep, PrincipalDep
from orchestrator.members.principals import require_role

router = APIRouter(prefix="/api/v1", tags=["designs"])

FILE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=31536000, immutable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueSettings:
    """What the HTTP door puts in `app.state.catalogue` before it serves.

    `files`: the folder of the content store. `device_may_fetch`: whether a device
    was commanded a job with this program; above this room knows that.
    """

    files: Path
    device_may_fetch: DeviceMayFetch


class FileOut(BaseModel):
    """A file of a version; fetched at /api/v1/files/SHA256."""

    name: str
    sha256: str
    size_bytes: int
    media_type: str
    role: str


class StepOut(BaseModel):
    """One step; times are for one run, grams for one part.

    `after`: positions of the steps that come first; `quantity`: parts in one piece.
    """

    id: str
    position: int
    name: str
    process: str
    machine_kind: str
    dialect: str
    program_sha256: str | None
    material: str
    material_g: float
    box_x_mm: float
    box_y_mm: float
    box_z_mm: float
    setup_s: int
    run_s: int
    labour_s: int
    pieces_per_run: int
    quantity: int
    after: list[int]


class HandOut(BaseModel):
    """Work by hand, counted in the labour of the steps.

    Numbered after the steps; `after` may hold both, `before` are steps.
    """

    name: str
    labour_s: int
    after: list[int]
    before: list[int]


class CitationOut(BaseModel):
    """What this version builds on."""

    upstream_id: str
    weight_ppm: int


class DesignOut(BaseModel):
    """A version in a list."""

    id: str
    design_id: str
    number: int
    title: str
    summary: str
    licence: str
    licensor: str
    content_hash: str
    picture_sha256: str | None
    fee_cents: int
    published_at: datetime


class DesignDetailOut(DesignOut):
    """A version with all that it is made of."""

    designer_id: str
    manifest_media_type: str
    files: list[FileOut]
    steps: list[StepOut]
    hands: list[HandOut]
    citations: list[CitationOut]
    versions: list[str]  # of the same design, newest first


@router.post(
    "/designs",
    status_code=201,
    responses=refusals(
        NotSignedInError,
        NotAllowedError,
        NotFoundError,
        InvalidManifestError,
        InvalidLicenceError,
        InvalidProcessError,
        InvalidFileError,
        UnknownUpstreamError,
        CitationCycleError,
        IncompatibleLicencesError,
        store.FileTooLargeError,
    ),
)
def publish_design(
    *,
    manifest: Annotated[UploadFile, File(description="okh.toml, okh.yml or JSON")],
    process: Annotated[str, Form(max_length=1 << 20, description="process.json")],
    files: Annotated[list[UploadFile] | None, File()] = None,
    design_id: Annotated[str | None, Form(max_length=64)] = None,
    principal: PrincipalDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> DesignDetailOut:
    """Publish a design, or a new version of your own; the same again changes nothing."""
    require_role(principal, "designer")
    settings: CatalogueSettings = request.app.state.catalogue
    read = read_process(process.encode())
    exact = manifest.file.read(SIZE_MAX_BYTES + 1)
    uploads = [
        Upload(name=each.filename or "", chunks=store.chunks_of(each.file))
        for each in files or ()
    ]
    kept = keep_files(settings.files, uploads)
    version = publish(
        session,
        settings.files,
        designer_id=principal.agent_id,
        manifest=exact,
        manifest_name=manifest.filename or "",
        kept=kept,
        process=read,
        now=clock.now(),
        design_id=design_id,
    )
    return detail_of(session, version)


@router.get("/designs")
def list_designs(
    *,
    session: ReaderDep,
    text: Annotated[str, Query(max_length=200)] = "",
    process: Annotated[str, Query(max_length=80)] = "",
    material: Annotated[str, Query(max_length=80)] = "",
    licence: Annotated[str, Query(max_length=200)] = "",
    size_max_mm: Annotated[int, Query(ge=0, le=100_000)] = 0,
    designer_id: Annotated[str, Query(max_length=64)] = "",
    after: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[DesignOut]:
    """The newest version of each design that fits; `after`: the last id you have."""
    found = find_designs(
        session,
        text=text,
        process=process,
        material=material,
        licence=licence,
        size_max_mm=size_max_mm,
        designer_id=designer_id,
        after=after,
        limit=limit,
    )
    return [DesignOut.model_validate(row, from_attributes=True) for row in found]


@router.put(
    "/designs/{design_id}/withdrawn",
    status_code=204,
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def withdraw_design(
    design_id: Id, principal: PrincipalDep, session: SessionDep, clock: ClockDep
) -> None:
    """Nobody finds or orders your design from now on; what is ordered is still made."""
    withdraw(session, design_id, designer_id=principal.agent_id, now=clock.now())


@router.delete(
    "/designs/{design_id}/withdrawn",
    status_code=204,
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def offer_design_again(
    design_id: Id, principal: PrincipalDep, session: SessionDep
) -> None:
    """Take that back."""
    offer_again(session, design_id, designer_id=principal.agent_id)


@router.get("/designs/{design_id}", responses=refusals(NotFoundError))
def show_design(
    design_id: Id,
    session: ReaderDep,
    version: Annotated[str | None, Query(max_length=64)] = None,
) -> DesignDetailOut:
    """A design in its newest or the given version."""
    if version is None:
        return detail_of(session, latest_of(session, design_id))
    row = version_of(session, version)
    if row.design_id != design_id:
        raise NotFoundError("this design has no such version", field="version")
    return detail_of(session, row)


@router.get(
    "/versions/{version_id}/manifest",
    response_class=Response,
    responses=refusals(NotFoundError),
)
def show_manifest(version_id: Id, session: ReaderDep) -> Response:
    """The manifest, byte for byte as it was published."""
    row = version_of(session, version_id)
    end = row.manifest_media_type.removeprefix("application/")
    return Response(
        row.manifest,
        media_type=row.manifest_media_type,
        headers=FILE_HEADERS
        | {"Content-Disposition": f'attachment; filename="okh.{end}"'},
    )


@router.get("/versions/{version_id}/process", responses=refusals(NotFoundError))
def show_process(version_id: Id, session: ReaderDep) -> ProcessIn:
    """The bill of process as `process.json`: published again, it is the same."""
    return process_as_published(session, version_of(session, version_id))


@router.get(
    "/files/{sha256}",
    response_class=FileResponse,
    responses=refusals(NotFoundError, NotSignedInError),
)
def fetch_file(
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")],
    principal: MaybePrincipalDep,
    request: Request,
    session: ReaderDep,
) -> FileResponse:
    """A file of a published design; a device gets only programs of its own jobs."""
    settings: CatalogueSettings = request.app.state.catalogue
    file = file_for(session, principal, sha256, settings.device_may_fetch)
    path = store.path_of(settings.files, sha256)
    if not path.is_file():
        raise NotFoundError(f"file {sha256} is not stored here", field="sha256")
    return FileResponse(
        path,
        media_type=file.media_type,
        filename=file.name.replace("/", "_"),
        content_disposition_type="attachment",
        headers=FILE_HEADERS | {"ETag": f'"{sha256}"'},
    )


def detail_of(session: Session, row: DesignVersionRow) -> DesignDetailOut:
    """A version with all that it is made of."""
    return DesignDetailOut(
        **DesignOut.model_validate(row, from_attributes=True).model_dump(),
        designer_id=design_of(session, row.design_id).designer_id,
        manifest_media_type=row.manifest_media_type,
        files=[
            FileOut.model_validate(file, from_attributes=True)
            for file in files_of(session, row.id)
        ],
        steps=[
            StepOut.model_validate(step, from_attributes=True)
            for step in steps_of(session, row.id)
        ],
        hands=[HandOut.model_validate(hand) for hand in row.hands],
        citations=[
            CitationOut.model_validate(citation, from_attributes=True)
            for citation in citations_of(session, row.id)
        ],
        versions=[version.id for version in versions_of(session, row.design_id)],
    )
