"""Labs around a place that people name by a lab's name or address."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.network.couriers import distance_m
from orchestrator.network.rows import FacilityRow

CENTRES_MAX: Final = 20
PROPOSED: Final = 3
LIKENESS: Final = 0.6
METRES_A_DEGREE: Final = 111_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearby:
    """`labs`: the nearest first. None is known by that name: `proposed` ones are."""

    labs: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()


def labs_nearby(session: Session, name: str, km: int) -> Nearby:
    """The labs within `km` of one whose name or address has `name`."""
    labs = session.execute(
        select(
            FacilityRow.id,
            FacilityRow.name,
            FacilityRow.address,
            FacilityRow.lat,
            FacilityRow.lon,
        ).order_by(FacilityRow.name, FacilityRow.id)
    ).all()
    word = name.strip().casefold()
    centres = [
        (lab.lat, lab.lon)
        for lab in labs
        if word in f"{lab.name} {lab.address}".casefold()
    ][:CENTRES_MAX]
    if not centres:
        return Nearby(
            proposed=_proposed(word, [(lab.name, lab.address) for lab in labs])
        )
    reach_m = km * 1_000
    found = [
        (min(distances), lab.id)
        for lab in labs
        if (distances := _within((lab.lat, lab.lon), centres, reach_m))
    ]
    return Nearby(labs=tuple(lab for _, lab in sorted(found)))


def _within(
    spot: tuple[float, float], centres: Iterable[tuple[float, float]], reach_m: int
) -> list[float]:
    """The distances, in metres, to those centres that are within reach."""
    near = (
        distance_m(spot, centre)
        for centre in centres
        if abs(centre[0] - spot[0]) * METRES_A_DEGREE <= reach_m
    )
    return [metres for metres in near if metres <= reach_m]


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
