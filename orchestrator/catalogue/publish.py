"""Publishing a design: judged whole, stored whole, and never changed again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.catalogue.combining import Licensed, check_mix
from orchestrator.catalogue.contents import (
    HEAD_BYTES,
    InvalidFileError,
    checked_name,
    media_type_of,
    role_of,
)
from orchestrator.catalogue.designs import with_all_cited
from orchestrator.catalogue.hands import carried_s
from orchestrator.catalogue.okh import Manifest, read_manifest
from orchestrator.catalogue.process import (
    InvalidProcessError,
    LaidOut,
    ProcessIn,
    laid_out,
)
from orchestrator.catalogue.programs import check_program
from orchestrator.catalogue.rows import (
    CitationRow,
    DesignFileRow,
    DesignRow,
    DesignVersionRow,
    StepRow,
)
from orchestrator.catalogue.search import remember
from orchestrator.foundation import canonical, files
from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.ids import new_id

FILES_MAX: Final = 64
PICTURE_MAX_BYTES: Final = 8 << 20


class UnknownUpstreamError(InvalidInputError):
    """A cited design version is not in this catalogue."""

    code = "unknown-upstream"


class CitationCycleError(InvalidInputError):
    """A design would, through what it cites, build on itself."""

    code = "citation-cycle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it comes: its name and its content in chunks."""

    name: str
    chunks: Iterable[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file that is in the content store."""

    name: str
    sha256: str
    size_bytes: int
    media_type: str


def keep_files(folder: Path, uploads: Sequence[Upload]) -> list[KeptFile]:
    """Store the files by content. What no version names later is only waste.

    Errors: InvalidFileError, FileTooLargeError, StorageFullError.
    """
    if len(uploads) > FILES_MAX:
        raise InvalidFileError(
            f"a design has at most {FILES_MAX} files, got {len(uploads)}", field="files"
        )
    names = [checked_name(upload.name) for upload in uploads]
    if len(set(names)) != len(names):
        raise InvalidFileError("two files have the same name", field="files")
    return [
        kept_as(folder, upload.name, files.put(folder, upload.chunks))
        for upload in uploads
    ]


def publish(
    session: Session,
    folder: Path,
    *,
    designer_id: str,
    manifest: bytes,
    manifest_name: str = "okh.toml",
    kept: Sequence[KeptFile],
    process: ProcessIn,
    now: datetime,
    design_id: str | None = None,
) -> DesignVersionRow:
    """A new version: of `design_id`, or of a new design when that is None.

    What this designer published already, bit for bit, is returned as it stands.
    Errors: InvalidManifestError, InvalidLicenceError, InvalidProcessError,
    InvalidFileError, UnknownUpstreamError, CitationCycleError, NotFoundError,
    IncompatibleLicencesError, NotAllowedError for somebody else's design.
    """
    read = read_manifest(manifest, name=manifest_name)
    kept_of = {file.name: file for file in kept}
    _check_files(folder, process, kept_of)
    content_hash = content_hash_of(manifest, kept, process)
    known = _published(session, designer_id, design_id, content_hash)
    if known is not None:
        return known
    design = _design(session, designer_id, design_id, read, now)
    cited = _cited(session, design.id, process)
    check_mix(
        Licensed(title=read.title, licensor=read.licensor, licence=read.licence),
        [
            Licensed(title=row.title, licensor=row.licensor, licence=row.licence)
            for row in cited
        ],
    )
    laid = laid_out(process)
    version = _version(
        session,
        design=design,
        read=read,
        process=process,
        laid=laid,
        content_hash=content_hash,
        kept_of=kept_of,
        now=now,
    )
    session.flush()
    session.add_all(_file_row(version.id, file, process) for file in kept)
    steps = _step_rows(version.id, laid, kept_of)
    session.add_all(steps)
    session.add_all(_citation_rows(version.id, process))
    remember(session, version, steps, designer_id)
    session.flush()
    announce(session, "designs", f"design/{design.id}")
    return version


def content_hash_of(
    manifest: bytes, kept: Sequence[KeptFile], process: ProcessIn
) -> str:
    """SHA-256 over what makes the version this version: 64 hex digits."""
    whole: dict[str, Any] = {
        "manifest": sha256(manifest).hexdigest(),
        "files": sorted([file.name, file.sha256] for file in kept),
        "steps": [step.model_dump(mode="json") for step in process.steps],
        "citations": sorted(
            [citation.version_id, citation.weight_ppm] for citation in process.citations
        ),
        "fee_cents": process.fee_cents,
    }
    if process.hands:  # versions from before there were any keep the hash they had
        whole["hands"] = [hand.model_dump(mode="json") for hand in process.hands]
    return sha256(canonical.dumps(whole)).hexdigest()


def kept_as(folder: Path, name: str, stored: files.StoredFile) -> KeptFile:
    """A stored file under this name; its type is told by its first bytes."""
    with files.open_file(folder, stored.sha256) as stream:
        media_type = media_type_of(stream.read(HEAD_BYTES))
    return KeptFile(
        name=name,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        media_type=media_type,
    )


def _check_files(
    folder: Path, process: ProcessIn, kept_of: Mapping[str, KeptFile]
) -> None:
    for index, step in enumerate(process.steps):
        if step.program is None:
            continue
        field = f"steps[{index}].program"
        if step.program not in kept_of:
            raise InvalidProcessError(
                f"program {step.program!r} is not among the files", field=field
            )
        content = files.read_file(folder, kept_of[step.program].sha256)
        check_program(content, step.dialect, field=field)
    if process.picture is not None:
        picture = kept_of.get(process.picture)
        if picture is None or not picture.media_type.startswith("image/"):
            raise InvalidProcessError(
                f"picture {process.picture!r} is no image among the files",
                field="picture",
            )
        if picture.size_bytes > PICTURE_MAX_BYTES:
            raise InvalidFileError(
                f"a picture has at most {PICTURE_MAX_BYTES} bytes", field="picture"
            )


def _published(
    session: Session, designer_id: str, design_id: str | None, content_hash: str
) -> DesignVersionRow | None:
    query = (
        select(DesignVersionRow)
        .join(DesignRow, DesignRow.id == DesignVersionRow.design_id)
        .where(
            DesignRow.designer_id == designer_id,
            DesignVersionRow.content_hash == content_hash,
        )
        .order_by(DesignVersionRow.number.desc())
    )
    if design_id is not None:
        query = query.where(DesignVersionRow.design_id == design_id)
    return session.scalars(query.limit(1)).first()


def _design(
    session: Session,
    designer_id: str,
    design_id: str | None,
    read: Manifest,
    now: datetime,
) -> DesignRow:
    if design_id is None:
        row = DesignRow(
            id=new_id("design"),
            title=read.title,
            designer_id=designer_id,
            created_at=now,
        )
        session.add(row)
        session.flush()
        return row
    known = session.get(DesignRow, design_id, with_for_update=True)
    if known is None:
        raise NotFoundError(f"there is no design {design_id[:64]!r}", field="design_id")
    if known.designer_id != designer_id:
        raise NotAllowedError(
            "only its designer publishes a new version: publish your own design "
            "and cite this one",
            field="design_id",
        )
    known.title, known.withdrawn_at = read.title, None
    return known


def _cited(
    session: Session, design_id: str, process: ProcessIn
) -> list[DesignVersionRow]:
    """All that the process cites, however far, each once."""
    cited: dict[str, DesignVersionRow] = {}
    for index, citation in enumerate(process.citations):
        field = f"citations[{index}].version_id"
        try:
            upstream = with_all_cited(session, citation.version_id)
        except NotFoundError as error:
            raise UnknownUpstreamError(
                f"cited version {citation.version_id} is not in this catalogue",
                field=field,
            ) from error
        if any(version.design_id == design_id for version in upstream):
            raise CitationCycleError(
                f"{citation.version_id} itself builds on this design", field=field
            )
        cited |= {version.id: version for version in upstream}
    return list(cited.values())


def _version(
    session: Session,
    *,
    design: DesignRow,
    read: Manifest,
    process: ProcessIn,
    laid: LaidOut,
    content_hash: str,
    kept_of: Mapping[str, KeptFile],
    now: datetime,
) -> DesignVersionRow:
    last = session.scalar(
        select(func.max(DesignVersionRow.number)).where(
            DesignVersionRow.design_id == design.id
        )
    )
    row = DesignVersionRow(
        id=new_id("version"),
        design_id=design.id,
        number=(last or 0) + 1,
        title=read.title,
        summary=read.summary,
        manifest=read.exact,
        manifest_media_type=read.media_type,
        licence=read.licence,
        licensor=read.licensor,
        content_hash=content_hash,
        picture_sha256=kept_of[process.picture].sha256 if process.picture else None,
        fee_cents=process.fee_cents,
        hands=[asdict(hand) for hand in laid.hands],
        published_at=now,
    )
    session.add(row)
    return row


def _file_row(version_id: str, file: KeptFile, process: ProcessIn) -> DesignFileRow:
    is_program = any(step.program == file.name for step in process.steps)
    return DesignFileRow(
        version_id=version_id,
        name=file.name,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        media_type=file.media_type,
        role=role_of(file.name, file.media_type, is_program=is_program),
    )


def _citation_rows(version_id: str, process: ProcessIn) -> list[CitationRow]:
    return [
        CitationRow(
            version_id=version_id,
            upstream_id=citation.version_id,
            weight_ppm=citation.weight_ppm,
        )
        for citation in process.citations
    ]


def _step_rows(
    version_id: str, laid: LaidOut, kept_of: Mapping[str, KeptFile]
) -> list[StepRow]:
    """What is done by hand is counted with the runs of the steps; see hands.py."""
    carried = carried_s(laid.steps, laid.hands)
    return [
        StepRow(
            id=new_id("step"),
            version_id=version_id,
            position=position,
            name=step.name,
            process=step.process,
            machine_kind=step.machine_kind,
            dialect=step.dialect,
            program_sha256=kept_of[step.program].sha256 if step.program else None,
            material=step.material,
            material_g=step.material_g,
            box_x_mm=step.box_x_mm,
            box_y_mm=step.box_y_mm,
            box_z_mm=step.box_z_mm,
            setup_s=step.setup_s,
            run_s=step.run_s,
            labour_s=step.labour_s + carried[position],
            pieces_per_run=step.pieces_per_run,
            quantity=step.quantity,
            after=list(laid.after[position]),
            needs=step.needs.model_dump(mode="json", exclude_defaults=True),
        )
        for position, step in enumerate(laid.steps)
    ]
