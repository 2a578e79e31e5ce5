"""What a planner needs to know of the ground: seconds and metres between places."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from routing.measures import UNREACHABLE_S

type Rows = tuple[tuple[int, ...], ...]
type Source = Literal["road", "great-circle"]


class Profile(StrEnum):
    """How a courier moves."""

    BICYCLE = "bicycle"
    CARGO_BIKE = "cargo-bike"
    VAN = "van"
    FOOT = "foot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point on the ground, WGS 84 degrees."""

    longitude_deg: float
    latitude_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TravelMatrix:
    """Travel between n places by one profile; places are known by their index.

    Shapes: `seconds` and `metres` (n, n), row = from. A pair without a way holds
    UNREACHABLE_S and UNREACHABLE_M and is named in `unreachable`. `snap_m` (n,) is
    how far each place lies from the roads; that walk is part of the figures.
    `source` says whether roads were followed or a distance was only estimated.
    """

    profile: Profile
    seconds: Rows
    metres: Rows
    source: Source
    unreachable: tuple[tuple[int, int], ...] = ()
    snap_m: tuple[int, ...] = ()

    def is_way(self, start: int, end: int) -> bool:
        """Whether one can get from place `start` to place `end` at all."""
        return self.seconds[start][end] < UNREACHABLE_S
