"""Finding designs by words and by what they need, as quickly among 100,000 as among ten.

An inverted index in one plain table, the same on both databases: each row says that a
design's newest version has a term. A term is a word of its text, or a facet
(`process:3DP`, `material:PLA`, `licence:MIT`, `size:200`, `by:agent-…`); all designs
have the empty term. The key orders a term's versions by age, so that the newest that
fit are met first and the search stops at its limit.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, defer

from orchestrator.catalogue.made import materials_of
from orchestrator.catalogue.rows import (
    DesignRow,
    DesignTermRow,
    DesignVersionRow,
    StepRow,
)

LIMIT_MAX: Final = 1_000
SIZES_MM: Final = (50, 100, 200, 400, 1_000)
TERM_MAX: Final = 40
TERMS_MAX: Final = 400  # of one design
WORDS_MAX: Final = 8  # of one question
PREFIX_MIN: Final = 3  # letters, from which on the beginning of a word is enough
RARE_MAX: Final = 1_000  # versions; a term that has no more of them leads the search
BATCH: Final = 500
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One term that a version must have, or the beginning of one."""

    term: str
    is_prefix: bool = False

    def holds(self, column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        if not self.is_prefix:
            return column == self.term
        return (column >= self.term) & (column < f"{self.term}\U0010ffff")


def find_designs(
    session: Session,
    *,
    text: str = "",
    process: str = "",
    material: str = "",
    licence: str = "",
    size_max_mm: int = 0,
    designer_id: str = "",
    without: Collection[tuple[str, str]] = (),
    after: str = "",
    limit: int = 50,
) -> Sequence[DesignVersionRow]:
    """The newest version of each design that has all that is asked, newest first.

    `text`: each of its words begins a word of the design's title, summary, licensor,
    steps or materials. `size_max_mm`: no step is longer, rounded up to one of
    `SIZES_MM`. `without`: facets that it must not have. `after`: the version id that ended the page before.
    """
    facets = (
        ("process", process),
        ("material", material),
        ("licence", licence),
        ("by", designer_id),
        ("size", str(size_of(size_max_mm)) if size_max_mm else ""),
    )
    wanted = [_Wanted(_facet(kind, value)) for kind, value in facets if value]
    wanted += [
        _Wanted(word, is_prefix=len(word) >= PREFIX_MIN)
        for word in list(words_of(text))[:WORDS_MAX]
    ]
    lead, others = _lead(session, wanted)
    first = aliased(DesignTermRow)
    query = select(first.version_id).where(lead.holds(first.term))
    for each in others:
        row = aliased(DesignTermRow)
        has = select(row.term).where(
            row.version_id == first.version_id, each.holds(row.term)
        )
        query = query.where(has.exists())
    if without:
        row = aliased(DesignTermRow)
        unwanted = [_facet(kind, value) for kind, value in without]
        has = select(row.term).where(
            row.version_id == first.version_id, row.term.in_(unwanted)
        )
        query = query.where(~has.exists())
    if after:
        query = query.where(first.version_id < after)
    if lead.is_prefix:
        query = query.distinct()
    query = query.order_by(first.version_id.desc())
    names = session.scalars(query.limit(max(1, min(limit, LIMIT_MAX)))).all()
    rows = session.scalars(
        select(DesignVersionRow)
        .where(DesignVersionRow.id.in_(names))
        .options(defer(DesignVersionRow.manifest))
    )
    return sorted(rows, key=lambda row: row.id, reverse=True)


def values_of(session: Session, kind: str, limit: int = 64) -> list[str]:
    """What there is of a facet (`process`, `material`, `licence`), in order.

    It leaps from value to value through the index: it does not read their versions.
    """
    start = _facet(kind, "")
    end = f"{start}\U0010ffff"
    row = DesignTermRow
    first = select(func.min(row.term).label("term")).where(
        row.term > start, row.term < end
    )
    known = first.cte("known", recursive=True)
    following = (
        select(func.min(row.term))
        .where(row.term > known.c.term, row.term < end)
        .scalar_subquery()
    )
    known = known.union_all(select(following).where(known.c.term.is_not(None)))
    found = session.scalars(
        select(known.c.term).where(known.c.term.is_not(None)).limit(limit)
    )
    return [term.removeprefix(start) for term in found]


def remember(
    session: Session,
    version: DesignVersionRow,
    steps: Iterable[StepRow],
    designer_id: str,
) -> None:
    """Let searches find this version, and no older one of its design."""
    older = select(DesignVersionRow.id).where(
        DesignVersionRow.design_id == version.design_id
    )
    session.execute(delete(DesignTermRow).where(DesignTermRow.version_id.in_(older)))
    session.add_all(
        DesignTermRow(term=term, version_id=version.id)
        for term in terms_of_version(version, list(steps), designer_id)
    )


def remember_all(session: Session) -> None:
    """Catch up with designs from before there was this index; the caller commits."""
    newest = (
        select(func.max(DesignVersionRow.id))
        .where(~_is_known())
        .group_by(DesignVersionRow.design_id)
        .limit(BATCH)
    )
    while names := session.scalars(newest).all():
        for name in names:
            version = session.get_one(DesignVersionRow, name)
            steps = session.scalars(select(StepRow).where(StepRow.version_id == name))
            design = session.get_one(DesignRow, version.design_id)
            remember(session, version, steps, design.designer_id)
        session.flush()


def terms_of_version(
    version: DesignVersionRow, steps: Sequence[StepRow], designer_id: str
) -> list[str]:
    """All terms of a version, each once; facets first, since words may be cut off."""
    facets = ["", _facet("licence", version.licence), _facet("by", designer_id)]
    for step in steps:
        facets.append(_facet("process", step.process))
        if step.material:
            facets.append(_facet("material", step.material))
            if len(materials_of(step)) == 1:
                facets.append(_facet("only-of", step.material))
    longest_mm = max(
        (max(step.box_x_mm, step.box_y_mm, step.box_z_mm) for step in steps), default=0
    )
    if longest_mm > 0:
        facets += [_facet("size", str(mm)) for mm in SIZES_MM if longest_mm <= mm]
    texts = [version.title, version.licensor, version.licence]
    texts += [f"{step.name} {step.process} {step.material}" for step in steps]
    words = words_of(" ".join([*texts, version.summary]))
    return list(dict.fromkeys([*facets, *words]))[:TERMS_MAX]


def words_of(text: str) -> Iterator[str]:
    """The words of a text, without case and accents, each once."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    yield from dict.fromkeys(word[:TERM_MAX] for word in _WORD.findall(letters))


def size_of(size_max_mm: int) -> int:
    """The least of SIZES_MM that is no smaller; the largest beyond all."""
    return next((mm for mm in SIZES_MM if size_max_mm <= mm), SIZES_MM[-1])


def _facet(kind: str, value: str) -> str:
    return f"{kind}:{value}"


def _is_known() -> ColumnElement[bool]:
    newer = aliased(DesignVersionRow)
    return (
        select(DesignTermRow.term)
        .join(newer, newer.id == DesignTermRow.version_id)
        .where(DesignTermRow.term == "", newer.design_id == DesignVersionRow.design_id)
        .exists()
    )


def _lead(session: Session, wanted: Sequence[_Wanted]) -> tuple[_Wanted, list[_Wanted]]:
    """The term to begin with: a rare one, else any exact one, else all designs."""
    if not wanted:
        return _Wanted(""), []
    counts = {each: _count(session, each) for each in wanted}
    lead = min(wanted, key=lambda each: counts[each])
    if counts[lead] > RARE_MAX:
        lead = next((each for each in wanted if not each.is_prefix), _Wanted(""))
    return lead, [each for each in wanted if each != lead]


def _count(session: Session, wanted: _Wanted) -> int:
    """How many versions have it, as far as that matters: RARE_MAX and one."""
    some = (
        select(DesignTermRow.version_id)
        .where(wanted.holds(DesignTermRow.term))
        .limit(RARE_MAX + 1)
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(some)) or 0
