"""The list of designs: the filters, and which designs pass them, page by page."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched, chain
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import DesignVersionRow, StepRow
from orchestrator.catalogue.search import (
    ASKS,
    LIMIT_MAX,
    Question,
    ask,
    newest,
    newest_with_asks,
    values_of,
    versions,
)
from orchestrator.doors.web.around import KM_USUAL, Around, around
from orchestrator.doors.web.licence_words import for_me, licence_name
from orchestrator.doors.web.made_in import MadeIn, taken
from orchestrator.doors.web.makers import (
    Makers,
    makers_of,
    steps_by_version,
)
from orchestrator.doors.web.toolpath import Drawing, drawing_of
from orchestrator.doors.web.trade_words import Trade, trade_of
from orchestrator.orders.pricing import Fee
from orchestrator.orders.tariff import tariff_at
from orchestrator.planning.fleet import Fleet
from orchestrator.planning.makers import Shops, shops_of

PAGE_SIZE: Final = 24
LOOKED_MAX: Final = 200  # designs that are held against machines for one page
PASSED_MAX: Final = 2_000  # designs that are gone through for one page
ASKS_KNOWN: Final = 2_000  # kinds of step that are told apart before a search
READ_AT_ONCE: Final = PAGE_SIZE + 1  # one more tells that the list goes on
NARROWED_AT: Final = 16 * READ_AT_ONCE  # designs after which what is rare is looked up
NOW: Final = "now"
MINE: Final = "mine"  # of the licence filter: what the gate allows me to sell


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The filters, as they stand in the address."""

    q: str = ""
    process: str = ""
    material: str = ""
    licence: str = ""
    size: str = ""  # mm, of the longest side
    near: str = ""  # part of a lab's name or address
    km: str = ""  # from there
    can: str = ""  # NOW: only what a lab can make now

    @property
    def query(self) -> str:
        """The address's own spelling; empty without any filter."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return urlencode({name: value for name, value in told.items() if value})

    def but(self, **changes: str) -> str:
        """The address with some filters otherwise."""
        return f"/designs?{replace(self, **changes).query}"

    def drops(self) -> list[tuple[str, str]]:
        """(what is dropped, the address without it), for each filter that is set."""
        words = {"size": f"≤ {self.size} mm", "km": f"{self.km} km"}
        return [
            (words.get(name, getattr(self, name)), self.but(**{name: ""}))
            for name in self.__slots__
            if getattr(self, name)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who looks, when, and what is at hand. `agent_id` None: nobody signed in."""

    fleet: Fleet
    files: Path
    now: datetime
    agent_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A design in the list."""

    version: DesignVersionRow
    steps: Sequence[StepRow]
    trade: Trade
    makers: Makers
    drawing: Drawing | None
    licence: str
    made: MadeIn  # one piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page of the list. `after`: the version from which the next one goes on."""

    found: Sequence[Found]
    around: Around
    after: str | None = None


def listed(
    session: Session,
    wanted: Wanted,
    reader: Reader,
    *,
    after: str = "",
    limit: int = PAGE_SIZE,
) -> Listed:
    """The newest designs that fit; of one page those that can be made now come first.

    Where a place is named, or `can` is, only what the labs there make. Of at most
    PASSED_MAX it is seen what they ask roughly, LOOKED_MAX are held against machines:
    the next page goes on from there.
    """
    asked = around(session, wanted.near, int(wanted.km or KM_USUAL))
    if asked.is_unknown:
        return Listed(found=(), around=asked)
    shops = shops_of(session, reader.fleet, asked.labs, now=reader.now, of=())
    tariff = tariff_at(session, reader.now)
    must_fit = bool(wanted.near or wanted.can) and not asked.is_far
    walk = _Walk(session, wanted, after, shops, must_fit=must_fit)
    found: list[Found] = []
    goes_on: str | None = None
    for looked, (version, steps) in enumerate(walk.designs(), start=1):
        fee = Fee(cents=version.fee_cents, upstream_ppm=0)
        makers = makers_of(shops, steps, fee, tariff)
        fits = makers.labs if wanted.can == NOW else makers.ever
        if (fits or not must_fit) and _is_mine(session, wanted, reader, version):
            if len(found) == limit:
                goes_on = found[-1].version.id
                break
            made = taken(steps, shops.picture.paces.by_process)
            found.append(_found(version, steps, makers, made, reader.files))
        if looked == max(LOOKED_MAX, 2 * limit):
            goes_on = version.id
            break
    found.sort(key=lambda one: not one.makers.labs)
    return Listed(found=found, around=asked, after=goes_on or walk.ends_at)


def first_drawing(files: Path, steps: Iterable[StepRow]) -> Drawing | None:
    """The drawing of the first step whose program shows one."""
    for step in steps:
        if step.program_sha256 is not None:
            drawing = drawing_of(files, step.program_sha256)
            if drawing is not None:
                return drawing
    return None


class _Walk:
    """Through the designs that pass the filters, the newest first, in larger strides.

    `must_fit`: only what the shops may make. `ends_at`: the version that it stopped at,
    with more to come.
    """

    def __init__(
        self,
        session: Session,
        wanted: Wanted,
        after: str,
        shops: Shops,
        *,
        must_fit: bool,
    ) -> None:
        self.ends_at: str | None = None
        self._session, self._wanted, self._after = session, wanted, after
        self._shops = shops
        self._makes = shops.offers.makes if must_fit else None

    def designs(self) -> Iterator[tuple[DesignVersionRow, Sequence[StepRow]]]:
        """Those left over, with their steps, read some at a time, with their machines."""
        session, stride, passed = self._session, READ_AT_ONCE, 0
        question = self._ask(None)
        while True:
            met = self._met(question, stride)
            for some in batched(self._makeable(met), READ_AT_ONCE):
                steps_of = steps_by_version(session, some)
                self._shops.read(session, chain.from_iterable(steps_of.values()))
                for row in versions(session, some):
                    yield row, steps_of[row.id]
            if len(met) < stride:
                return
            self._after, passed = met[-1][0], passed + stride
            if passed >= PASSED_MAX:
                self.ends_at = self._after
                return
            if self._makes and stride == NARROWED_AT:
                known = values_of(session, ASKS, ASKS_KNOWN)
                if len(known) < ASKS_KNOWN:
                    question = self._ask([one for one in known if self._makes(one)])
            stride = min(4 * stride, LIMIT_MAX)

    def _met(self, question: Question, count: int) -> Sequence[tuple[str, list[str]]]:
        if self._makes is not None:
            return newest_with_asks(
                self._session, question, after=self._after, limit=count
            )
        ids = newest(self._session, question, after=self._after, limit=count)
        return [(name, []) for name in ids]

    def _makeable(self, met: Iterable[tuple[str, list[str]]]) -> Iterator[str]:
        makes = self._makes
        return (name for name, asks in met if makes is None or all(map(makes, asks)))

    def _ask(self, asks: Sequence[str] | None) -> Question:
        wanted = self._wanted
        return ask(
            self._session,
            text=wanted.q,
            process=wanted.process,
            material=wanted.material,
            licence="" if wanted.licence == MINE else wanted.licence,
            size_max_mm=int(wanted.size or 0),
            asks=asks,
        )


def _is_mine(
    session: Session, wanted: Wanted, reader: Reader, version: DesignVersionRow
) -> bool:
    """Whether the licence gate would let the reader sell it, where that is wanted."""
    if wanted.licence != MINE or reader.agent_id is None:
        return True
    answer = for_me(session, version.id, reader.agent_id, now=reader.now)
    return answer.is_allowed


def _found(
    version: DesignVersionRow,
    steps: Sequence[StepRow],
    makers: Makers,
    made: MadeIn,
    files: Path,
) -> Found:
    return Found(
        version=version,
        steps=steps,
        trade=trade_of(steps[0].process),
        makers=makers,
        drawing=first_drawing(files, steps),
        licence=licence_name(version.licence),
        made=made,
    )
