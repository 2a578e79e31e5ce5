"""A leaver's designs stay under their licence, without her name in them."""

from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from orchestrator.belongings.masking import Needles, masked
from orchestrator.catalogue.designs import files_of, latest_of, steps_of, versions_of
from orchestrator.catalogue.rows import (
    DesignFileRow,
    DesignRow,
    DesignVersionRow,
    StepRow,
)
from orchestrator.catalogue.search import remember
from orchestrator.foundation import files


def erase_from_designs(
    session: Session, folder: Path, agent_id: str, needles: Needles
) -> None:
    """Mask her name in what she published, the files included.

    A masked file is another content with another name; the one before is waste once
    this is committed. The hash of what was published stands as it stood in the log.
    """
    designs = select(DesignRow).where(DesignRow.designer_id == agent_id)
    for design in session.scalars(designs).all():
        design.title = masked(design.title, needles.all)
        for version in versions_of(session, design.id):
            _erase_from_version(session, folder, version, needles)
        session.flush()
        newest = latest_of(session, design.id)
        remember(session, newest, steps_of(session, newest.id), agent_id)


def _erase_from_version(
    session: Session, folder: Path, version: DesignVersionRow, needles: Needles
) -> None:
    version.title = masked(version.title, needles.all)
    version.summary = masked(version.summary, needles.all)
    version.licensor = masked(version.licensor, needles.all)
    version.manifest = masked(version.manifest, needles.all)
    for step in steps_of(session, version.id):
        step.name = masked(step.name, needles.all)
    for row in files_of(session, version.id):
        content = files.read_file(folder, row.sha256)
        without = masked(content, needles.all)
        if without != content:
            stored = files.put(folder, [without])
            _rename(session, version, row, stored.sha256)


def _rename(
    session: Session, version: DesignVersionRow, row: DesignFileRow, sha256: str
) -> None:
    session.execute(
        update(StepRow)
        .where(StepRow.version_id == version.id, StepRow.program_sha256 == row.sha256)
        .values(program_sha256=sha256)
    )
    if version.picture_sha256 == row.sha256:
        version.picture_sha256 = sha256
    row.sha256 = sha256
