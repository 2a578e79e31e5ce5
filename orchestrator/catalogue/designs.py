"""Reading the catalogue: designs, versions, steps, files, and what builds on what."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.hands import Hand
from orchestrator.catalogue.rows import (
    CitationRow,
    DesignFileRow,
    DesignRow,
    DesignVersionRow,
    StepRow,
)
from orchestrator.foundation.errors import NotFoundError


def design_of(session: Session, design_id: str) -> DesignRow:
    """The design. Errors: NotFoundError."""
    row = session.get(DesignRow, design_id)
    if row is None:
        raise NotFoundError(f"there is no design {design_id[:64]!r}", field="design_id")
    return row


def version_of(session: Session, version_id: str) -> DesignVersionRow:
    """The version. Errors: NotFoundError."""
    row = session.get(DesignVersionRow, version_id)
    if row is None:
        raise NotFoundError(
            f"there is no design version {version_id[:64]!r}", field="version_id"
        )
    return row


def versions_of(session: Session, design_id: str) -> Sequence[DesignVersionRow]:
    """All versions of a design, the newest first."""
    return session.scalars(
        select(DesignVersionRow)
        .where(DesignVersionRow.design_id == design_id)
        .order_by(DesignVersionRow.number.desc())
    ).all()


def latest_of(session: Session, design_id: str) -> DesignVersionRow:
    """The newest version of a design. Errors: NotFoundError."""
    design_of(session, design_id)
    return versions_of(session, design_id)[0]


def hands_of(
    session: Session, version_ids: Collection[str]
) -> dict[str, tuple[Hand, ...]]:
    """By version of a design, its work without a machine."""
    rows = session.execute(
        select(DesignVersionRow.id, DesignVersionRow.hands).where(
            DesignVersionRow.id.in_(version_ids)
        )
    )
    return {name: tuple(Hand(**hand) for hand in hands) for name, hands in rows}


def steps_of(session: Session, version_id: str) -> Sequence[StepRow]:
    """The steps of a version, in order."""
    return session.scalars(
        select(StepRow)
        .where(StepRow.version_id == version_id)
        .order_by(StepRow.position)
    ).all()


def files_of(session: Session, version_id: str) -> Sequence[DesignFileRow]:
    """The files of a version, by name."""
    return session.scalars(
        select(DesignFileRow)
        .where(DesignFileRow.version_id == version_id)
        .order_by(DesignFileRow.name)
    ).all()


def citations_of(session: Session, version_id: str) -> Sequence[CitationRow]:
    """What a version builds on directly."""
    return session.scalars(
        select(CitationRow)
        .where(CitationRow.version_id == version_id)
        .order_by(CitationRow.upstream_id)
    ).all()


def with_all_cited(session: Session, version_id: str) -> list[DesignVersionRow]:
    """The version, then everything that it builds on, however far, each once.

    Errors: NotFoundError.
    """
    found = [version_of(session, version_id)]
    known = {version_id}
    frontier = [version_id]
    while frontier:
        cited = session.scalars(
            select(CitationRow.upstream_id)
            .where(CitationRow.version_id.in_(frontier))
            .order_by(CitationRow.upstream_id)
        ).all()
        frontier = [each for each in dict.fromkeys(cited) if each not in known]
        known.update(frontier)
        found += [version_of(session, each) for each in frontier]
    return found
