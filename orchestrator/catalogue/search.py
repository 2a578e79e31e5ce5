"""Finding designs by words and by what they need, as quickly among 100,000 as among ten.

An inverted index in one plain table, the same on both databases: each row says that a
design's newest version has a term. A term is a word of its text, or a facet
(`:process:3DP`, `:material:PLA`, `:licence:MIT`, `:size:200`, `:by:agent-…`, `:asks:…`
as rough.py writes it), which no word begins; all designs have the empty term. The key
orders a term's versions by age, so that the newest that fit are met first and the
search stops at its limit.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict, Unpack

from sqlalchemy import (
    ColumnElement,
    Select,
    delete,
    func,
    insert,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, defer

from orchestrator.catalogue.rough import rough_of
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
RARE_MAX: Final = 8_000  # versions; a term that has no more of them leads the search
ASKS: Final = "asks"  # the facet of what a step asks roughly
BATCH: Final = 500
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A term that a version must have, or the beginning of one, or one of several."""

    term: str = ""
    is_prefix: bool = False
    any_of: tuple[str, ...] | None = None

    @property
    def is_exact(self) -> bool:
        """Whether it is one term, whose versions the key has in order."""
        return not self.is_prefix and self.any_of is None

    def holds(self, column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        if self.any_of is not None:
            return column.in_(self.any_of)
        if not self.is_prefix:
            return column == self.term
        return (column >= self.term) & (column < self._end)

    def had(
        self,
        session: Session,
        row: type[DesignTermRow],
        hit: ColumnElement[str] | InstrumentedAttribute[str],
    ) -> ColumnElement[bool]:
        """Whether this row says so of that version: looked up by the version."""
        is_its = row.version_id == hit
        if not self.is_prefix or session.get_bind().dialect.name == "sqlite":
            return is_its & self.holds(row.term)
        # PostgreSQL would take the term's own index where it guesses that few have it
        both = tuple_(row.version_id, row.term)
        return (
            is_its & (both >= tuple_(hit, self.term)) & (both < tuple_(hit, self._end))
        )

    @property
    def _end(self) -> str:
        return f"{self.term}\U0010ffff"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and by which of it the search begins: `ask` makes it."""

    lead: _Wanted
    others: tuple[_Wanted, ...]


class Asked(TypedDict, total=False):
    """What a design must have. What is empty is not asked.

    `text`: each of its words begins a word of the design's title, summary, licensor,
    steps or materials. `size_max_mm`: no step is longer, rounded up to one of
    `SIZES_MM`.
    """

    text: str
    process: str
    material: str
    licence: str
    size_max_mm: int
    designer_id: str


def ask(
    session: Session, *, asks: Collection[str] | None = None, **asked: Unpack[Asked]
) -> Question:
    """A question for designs that have all of this.

    `asks`: words of rough.py; a step asks for one of them. They only help to begin
    where such designs are rare: the answer may have others, too.
    """
    size_max_mm = asked.get("size_max_mm")
    facets = (
        ("process", asked.get("process")),
        ("material", asked.get("material")),
        ("licence", asked.get("licence")),
        ("by", asked.get("designer_id")),
        ("size", str(size_of(size_max_mm)) if size_max_mm else ""),
    )
    wanted = [_Wanted(_facet(kind, value)) for kind, value in facets if value]
    wanted += [
        _Wanted(word, is_prefix=len(word) >= PREFIX_MIN)
        for word in list(words_of(asked.get("text", "")))[:WORDS_MAX]
    ]
    if asks is not None:
        wanted.append(_Wanted(any_of=tuple(_facet(ASKS, word) for word in asks)))
    return _led(session, wanted)


def newest(
    session: Session, question: Question, *, after: str = "", limit: int = 50
) -> list[str]:
    """The version ids that answer it, newest first. `after`: one that was met before."""
    return list(session.scalars(_page(session, question, after, limit)))


def newest_with_asks(
    session: Session, question: Question, *, after: str = "", limit: int = 50
) -> list[tuple[str, list[str]]]:
    """The same, each with what its steps ask roughly: words of rough.py, each once."""
    page = _page(session, question, after, limit).subquery()
    row, start = aliased(DesignTermRow), _facet(ASKS, "")
    has = _Wanted(start, is_prefix=True).had(session, row, page.c.version_id)
    asks = select(func.aggregate_strings(row.term, "\n")).where(has).scalar_subquery()
    found = session.execute(
        select(page.c.version_id, asks).order_by(page.c.version_id.desc())
    )
    return [
        (name, [term.removeprefix(start) for term in (terms or "").splitlines()])
        for name, terms in found
    ]


def _page(session: Session, question: Question, after: str, limit: int) -> Select[str]:
    lead, row = question.lead, aliased(DesignTermRow)
    query = select(row.version_id).where(lead.holds(row.term))
    if after:
        query = query.where(row.version_id < after)
    hit: ColumnElement[str] | InstrumentedAttribute[str] = row.version_id
    if not lead.is_exact:
        # Few, and not in order: taken out first, or databases go through the whole
        # other index, which has the order, but all terms of all versions.
        few = query.cte().prefix_with("MATERIALIZED").c.version_id
        hit = select(few).distinct().order_by(few.desc()).subquery().c.version_id
        query = select(hit)
    for each in question.others:
        row = aliased(DesignTermRow)
        has = select(row.term).where(each.had(session, row, hit))
        # Of a beginning PostgreSQL guesses how many rows have it, wrong a thousandfold,
        # and makes a join of EXISTS by that: it is looked up for each version instead.
        is_had = (
            has.exists()
            if each.is_exact
            else has.limit(1).scalar_subquery().is_not(None)
        )
        query = query.where(is_had)
    return query.order_by(hit.desc()).limit(max(1, min(limit, LIMIT_MAX)))


def versions(session: Session, ids: Sequence[str]) -> list[DesignVersionRow]:
    """Their rows, newest first, without the manifests."""
    rows = session.scalars(
        select(DesignVersionRow)
        .where(DesignVersionRow.id.in_(ids))
        .options(defer(DesignVersionRow.manifest))
    )
    return sorted(rows, key=lambda row: row.id, reverse=True)


def find_designs(
    session: Session, *, after: str = "", limit: int = 50, **asked: Unpack[Asked]
) -> Sequence[DesignVersionRow]:
    """The newest version of each design that has all that is asked, newest first.

    `after`: the version id that ended the page before.
    """
    question = ask(session, **asked)
    return versions(session, newest(session, question, after=after, limit=limit))


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
    forget(session, version.design_id)
    terms = terms_of_version(version, list(steps), designer_id)
    session.execute(
        insert(DesignTermRow),
        [{"term": term, "version_id": version.id} for term in terms],
    )


def forget(session: Session, design_id: str) -> None:
    """Let searches find no version of this design."""
    own = select(DesignVersionRow.id).where(DesignVersionRow.design_id == design_id)
    session.execute(delete(DesignTermRow).where(DesignTermRow.version_id.in_(own)))


def remember_all(session: Session) -> None:
    """Catch up with designs from before there was this index; the caller commits."""
    newest = (
        select(func.max(DesignVersionRow.id))
        .join(DesignRow, DesignRow.id == DesignVersionRow.design_id)
        .where(DesignRow.withdrawn_at.is_(None), ~_is_known())
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
        facets.append(_facet(ASKS, rough_of(step).word()))
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
    return f":{kind}:{value}"


def _is_known() -> ColumnElement[bool]:
    newer = aliased(DesignVersionRow)
    return (
        select(DesignTermRow.term)
        .join(newer, newer.id == DesignTermRow.version_id)
        .where(DesignTermRow.term == "", newer.design_id == DesignVersionRow.design_id)
        .exists()
    )


def _led(session: Session, wanted: Sequence[_Wanted]) -> Question:
    """Begins with a rare term, else with any exact one, else with all designs."""
    if not wanted:
        return Question(_Wanted(), ())
    counts = {each: _count(session, each) for each in wanted}
    lead = min(wanted, key=lambda each: counts[each])
    if counts[lead] > RARE_MAX:
        exact = (one for one in wanted if one.is_exact)
        lead = next(exact, _Wanted())
    others = [one for one in wanted if one != lead and one.any_of is None]
    others.sort(key=lambda each: counts[each])
    return Question(lead, tuple(others))


def _count(session: Session, wanted: _Wanted) -> int:
    """How many rows have it, as far as that matters: RARE_MAX and one."""
    some = (
        select(DesignTermRow.version_id)
        .where(wanted.holds(DesignTermRow.term))
        .limit(RARE_MAX + 1)
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(some)) or 0
