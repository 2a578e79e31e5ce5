"""All machines of the network as one index that is read anew only where one changed.

A query over thousands of labs must not read thousands of rows: the index keeps what each
machine offers by when its agent and its lab last spoke of it.
"""

import threading
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from orchestrator.network.rows import MachineRow
from orchestrator.planning.offers import capability_of
from routing.matching.index import Index, indexed
from routing.matching.problem import Capability

READ_AT_ONCE: Final = 500
PLACES_KEPT: Final = 64
type Word = tuple[str, str | None]


@dataclass(slots=True)
class Fleet:
    """The index of the machines that are in service."""

    _all_words: str | None = None
    _words: dict[str, Word] = field(default_factory=dict)
    _offers: dict[str, Capability] = field(default_factory=dict)
    _index: Index = field(default_factory=lambda: indexed(()))
    _of_labs: dict[frozenset[str], Index] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def index(self, session: Session, labs: frozenset[str] | None = None) -> Index:
        """The machines, of `labs` if they are named, as they are in this session's eyes."""
        all_words = _all_words(session)
        with self._lock:
            if all_words != self._all_words:
                self._read(session, _words(session))
                self._all_words = all_words
            return self._index if labs is None else self._of(labs)

    def _of(self, labs: frozenset[str]) -> Index:
        known = self._of_labs.get(labs)
        if known is None:
            own = [one for one in self._index.capabilities if one.facility in labs]
            if len(self._of_labs) == PLACES_KEPT:
                self._of_labs.pop(next(iter(self._of_labs)))
            known = self._of_labs[labs] = indexed(own)
        return known

    def _read(self, session: Session, words: dict[str, Word]) -> None:
        changed = [
            name for name, word in words.items() if self._words.get(name) != word
        ]
        offers = {name: offer for name, offer in self._offers.items() if name in words}
        for start in range(0, len(changed), READ_AT_ONCE):
            some = changed[start : start + READ_AT_ONCE]
            for row in session.scalars(
                select(MachineRow).where(MachineRow.id.in_(some))
            ):
                offers[row.id] = capability_of(row)
        self._index = indexed(list(offers.values()))
        self._words, self._offers, self._of_labs = words, offers, {}


def _all_words(session: Session) -> str | None:
    """All that `_words` tells, as one text that the database puts together.

    A text that differs though nothing does, as in another order, only costs a reading.
    """
    said = func.coalesce(cast(MachineRow.said_at, String), "")
    told = cast(MachineRow.capability_at, String)
    return session.scalar(
        select(func.aggregate_strings(MachineRow.id + told + said, " ")).where(
            MachineRow.withdrawn_at.is_(None)
        )
    )


def _words(session: Session) -> dict[str, Word]:
    """When each machine in service was last spoken of, as the database writes it."""
    rows = session.execute(
        select(
            MachineRow.id,
            cast(MachineRow.capability_at, String),
            cast(MachineRow.said_at, String),
        ).where(MachineRow.withdrawn_at.is_(None))
    )
    return {name: (told, said) for name, told, said in rows}
