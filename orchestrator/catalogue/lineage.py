"""The family of a design version: what it builds on and what builds on it, in steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from orchestrator.catalogue.okh_document import read_document
from orchestrator.catalogue.rows import CitationRow, DesignVersionRow

KIN_MAX: Final = 16  # to each side: more than that is no picture any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Versions, each after all that it cites; `elsewhere`: an upstream not in here.

    `is_cut`: there is more kin than `KIN_MAX` to one side.
    """

    versions: tuple[DesignVersionRow, ...]
    citations: tuple[CitationRow, ...]
    elsewhere: str
    is_cut: bool


def family_of(session: Session, version: DesignVersionRow) -> Family:
    """The nearest kin of `version` to both sides, and how they cite each other."""
    above, more_above = _kin(
        session, version.id, CitationRow.version_id, CitationRow.upstream_id
    )
    below, more_below = _kin(
        session, version.id, CitationRow.upstream_id, CitationRow.version_id
    )
    names = [*above, version.id, *below]
    citations = session.scalars(
        select(CitationRow)
        .where(CitationRow.version_id.in_(names), CitationRow.upstream_id.in_(names))
        .order_by(CitationRow.version_id, CitationRow.upstream_id)
    ).all()
    rows = session.scalars(
        select(DesignVersionRow).where(DesignVersionRow.id.in_(names))
    )
    row_of = {row.id: row for row in rows}
    return Family(
        versions=tuple(row_of[name] for name in _upstream_first(names, citations)),
        citations=tuple(citations),
        elsewhere=_elsewhere(version),
        is_cut=more_above or more_below,
    )


def _kin(
    session: Session,
    version_id: str,
    from_: InstrumentedAttribute[str],
    to: InstrumentedAttribute[str],
) -> tuple[list[str], bool]:
    """Ids in the order of nearness, and whether there are more."""
    found: dict[str, None] = {}
    frontier = [version_id]
    while frontier:
        step = session.scalars(
            select(to).where(from_.in_(frontier)).order_by(to.desc()).limit(KIN_MAX * 4)
        ).all()
        frontier = [each for each in dict.fromkeys(step) if each not in found]
        found |= dict.fromkeys(frontier)
        if len(found) > KIN_MAX:
            return list(found)[:KIN_MAX], True
    return list(found), False


def _upstream_first(
    names: Sequence[str], citations: Sequence[CitationRow]
) -> tuple[str, ...]:
    sorter = TopologicalSorter[str](dict.fromkeys(names, ()))
    for row in citations:
        sorter.add(row.version_id, row.upstream_id)
    return tuple(sorter.static_order())


def _elsewhere(version: DesignVersionRow) -> str:
    """What the manifest names as `fork-of`: an address or a name, mostly outside."""
    named = read_document(version.manifest).fields.get("fork-of")
    return named.strip()[:500] if isinstance(named, str) else ""
