"""All machines of the network as one index that is read anew only where one changed.

A query over thousands of labs must not read thousands of rows: the index keeps what each
machine offers by when its agent and its lab last spoke of it.
"""

import threading
from dataclasses import dataclass, field

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from orchestrator.network.rows import MachineRow
from orchestrator.planning.offers import capability_of
from routing.matching.index import Index, indexed
from routing.matching.problem import Capability

READ_AT_ONCE = 500
type Word = tuple[str, str | None]


@dataclass(slots=True)
class Fleet:
    """The index of the machines that are in service."""

    _words: dict[str, Word] = field(default_factory=dict)
    _offers: dict[str, Capability] = field(default_factory=dict)
    _index: Index = field(default_factory=lambda: indexed(()))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def index(self, session: Session) -> Index:
        """The machines as they are in this session's eyes."""
        words = _words(session)
        with self._lock:
            if words != self._words:
                self._read(session, words)
            return self._index

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
        self._words, self._offers = words, offers


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
