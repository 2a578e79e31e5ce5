"""Labs around a place that people name by a lab's name or address."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from orchestrator.network.couriers import distance_m
from orchestrator.network.rows import FacilityRow

CENTRES_MAX: Final = 20
PROPOSED: Final = 3
LIKENESS: Final = 0.6
METRES_A_DEGREE: Final = 111_000
type Spot = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearby:
    """`labs`: the nearest first. None is known by that name: `proposed` ones are."""

    labs: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Lab:
    id: str
    name: str
    address: str
    spot: Spot
    words: str  # folded


@dataclass(frozen=True, slots=True)
class _Kept:
    """The labs, from south to north, as they were when `words` told all of them."""

    words: str = ""
    labs: Sequence[_Lab] = ()
    latitudes: Sequence[float] = ()


_last: Final = [_Kept()]


def labs_nearby(session: Session, name: str, km: int) -> Nearby:
    """The labs within `km` of one whose name or address has `name`."""
    kept = _read(session)
    word = name.strip().casefold()
    called = [lab for lab in kept.labs if word in lab.words]
    if not called:
        labs = sorted(kept.labs, key=lambda lab: (lab.name, lab.id))
        return Nearby(
            proposed=_proposed(word, [(lab.name, lab.address) for lab in labs])
        )
    called.sort(key=lambda lab: (lab.name, lab.id))
    reach_m = km * 1_000
    nearest_m: dict[str, float] = {}
    for centre in dict.fromkeys(lab.spot for lab in called[:CENTRES_MAX]):
        for lab in _band(kept, centre, reach_m):
            metres = distance_m(lab.spot, centre)
            if metres <= min(reach_m, nearest_m.get(lab.id, reach_m)):
                nearest_m[lab.id] = metres
    return Nearby(labs=tuple(sorted(nearest_m, key=lambda lab: (nearest_m[lab], lab))))


def _band(kept: _Kept, centre: Spot, reach_m: float) -> Sequence[_Lab]:
    """Those not too far to the north or the south."""
    off = reach_m / METRES_A_DEGREE
    start = bisect_left(kept.latitudes, centre[0] - off)
    return kept.labs[start : bisect_right(kept.latitudes, centre[0] + off)]


def _read(session: Session) -> _Kept:
    """All labs; they are read anew where the text that the database makes differs."""
    row = FacilityRow
    spot = cast(row.lat, String) + cast(row.lon, String)
    told = row.id + row.name + row.address + spot
    words = session.scalar(select(func.aggregate_strings(told, " "))) or ""
    kept = _last[0]
    if kept.words != words:
        rows = session.execute(
            select(row.id, row.name, row.address, row.lat, row.lon).order_by(row.lat)
        )
        labs = [
            _Lab(lab, name, address, (lat, lon), f"{name} {address}".casefold())
            for lab, name, address, lat, lon in rows
        ]
        kept = _last[0] = _Kept(words, labs, [lab.spot[0] for lab in labs])
    return kept


def _proposed(word: str, labs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Names of labs and parts of their addresses that are spelled like the word.

    Where none is: the first labs, so that there is something to go by.
    """
    names: dict[str, str] = {}
    for name, address in labs:
        for part in (name, *address.split(","), *address.split()):
            names.setdefault(part.strip().casefold(), part.strip())
    like = get_close_matches(word, [*names], PROPOSED, LIKENESS)
    return tuple(names[one] for one in like) or tuple(
        name for name, _ in list(labs)[:PROPOSED]
    )
