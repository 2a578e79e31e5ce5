"""All machines of the network as one index that is read anew only where one changed.

A query over thousands of labs must not read thousands of rows: the index keeps what each
machine offers by the stamp that the database puts on it anew whenever that changes.
"""

import threading
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rough import read_rough
from orchestrator.network.rows import MachineRow
from orchestrator.planning.offers import capability_of, requirement_of_rough
from routing.matching.index import Index, able, indexed
from routing.matching.problem import Capability

READ_AT_ONCE: Final = 500
PLACES_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class OfLabs:
    """The machines of some labs, and which kinds of step they make: found once each."""

    index: Index
    _makes: dict[str, bool] = field(default_factory=dict)

    def makes(self, rough: str) -> bool:
        """Whether one may make a step that asks this, a word of rough.py."""
        known = self._makes.get(rough)
        if known is None:
            least = read_rough(rough)
            sizeless = replace(least, part_mm=(), sheet_mm=())
            known = self._makes[rough] = (
                least == sizeless or self.makes(sizeless.word())
            ) and bool(able(self.index, requirement_of_rough(least)).size)
        return known


@dataclass(slots=True)
class Fleet:
    """The index of the machines that are in service."""

    _seen: tuple[int, int] | None = None
    _stamps: dict[str, int] = field(default_factory=dict)
    _offers: dict[str, Capability] = field(default_factory=dict)
    _index: Index = field(default_factory=lambda: indexed(()))
    _of_labs: dict[frozenset[str], OfLabs] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def index(self, session: Session, labs: frozenset[str] | None = None) -> Index:
        """The machines, of `labs` if they are named, as they are in this session's eyes."""
        if labs is not None:
            return self.of_labs(session, labs).index
        seen = _all_stamps(session)
        with self._lock:
            self._catch_up(session, seen)
            return self._index

    def of_labs(self, session: Session, labs: frozenset[str]) -> OfLabs:
        """The machines of these labs, likewise, and which kinds of step they make."""
        seen = _all_stamps(session)
        with self._lock:
            self._catch_up(session, seen)
            known = self._of_labs.get(labs)
            if known is None:
                own = [one for one in self._index.capabilities if one.facility in labs]
                if len(self._of_labs) == PLACES_KEPT:
                    self._of_labs.pop(next(iter(self._of_labs)))
                known = self._of_labs[labs] = OfLabs(indexed(own))
            return known

    def _catch_up(self, session: Session, seen: tuple[int, int]) -> None:
        if seen != self._seen:
            self._read(session, _stamps(session))
            self._seen = seen

    def _read(self, session: Session, stamps: dict[str, int]) -> None:
        changed = [
            name for name, stamp in stamps.items() if self._stamps.get(name) != stamp
        ]
        offers = {name: offer for name, offer in self._offers.items() if name in stamps}
        for start in range(0, len(changed), READ_AT_ONCE):
            some = changed[start : start + READ_AT_ONCE]
            query = select(MachineRow).where(MachineRow.id.in_(some))
            # or a session would take those that it read before as they were then
            for row in session.scalars(query.execution_options(populate_existing=True)):
                offers[row.id] = capability_of(row)
        self._stamps = stamps
        if offers != self._offers:  # how much is left on a spool is no other offer
            self._index = indexed(list(offers.values()))
            self._offers, self._of_labs = offers, {}


def _all_stamps(session: Session) -> tuple[int, int]:
    """How many machines are in service, and the sum of their stamps.

    Stamps are drawn by chance: another set has this sum once in 10,000,000,000,000.
    """
    count, total = session.execute(
        select(func.count(), func.sum(MachineRow.offer_stamp)).where(
            MachineRow.withdrawn_at.is_(None)
        )
    ).one()
    return count, int(total or 0)


def _stamps(session: Session) -> dict[str, int]:
    """The stamp of each machine in service."""
    rows = session.execute(
        select(MachineRow.id, MachineRow.offer_stamp).where(
            MachineRow.withdrawn_at.is_(None)
        )
    )
    return dict(rows.all())
