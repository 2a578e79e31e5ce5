"""What a planner needs to know of the ground: seconds and metres between places."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from routing.errors import InvalidProblemError
from routing.measures import UNREACHABLE_M, UNREACHABLE_S

type Table = NDArray[np.int64]
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TravelMatrix:
    """Travel between n places by one profile; places are known by their index.

    Shapes: `seconds` and `metres` (n, n), row = from; int64 in C order and read-only,
    so that a matrix can be shared and handed to compiled code as it is. What leaves
    a planner is made an int first. A pair without a way holds UNREACHABLE_S and
    UNREACHABLE_M. `snap_m` (n,) is how far each place lies from the roads; that walk
    is part of the figures. `source` says whether roads were followed or a distance
    was only estimated. Two matrices are equal only if they are the same object.

    Errors: InvalidProblemError for tables that are not whole numbers, differ in shape
    or are not square, and for the first pair with a negative time or length or one
    above UNREACHABLE.
    """

    profile: Profile
    seconds: Table
    metres: Table
    source: Source
    snap_m: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        seconds, metres = (
            _locked("seconds", self.seconds),
            _locked("metres", self.metres),
        )
        count = len(seconds) if seconds.ndim else 0
        for name, table, most in (
            ("seconds", seconds, UNREACHABLE_S),
            ("metres", metres, UNREACHABLE_M),
        ):
            if table.shape != (count, count):
                raise InvalidProblemError(
                    f"{name} must be one row and one column a place, got {table.shape}"
                )
            _require_within(name, table, most)
            object.__setattr__(self, name, table)
        if self.snap_m and len(self.snap_m) != count:
            raise InvalidProblemError(
                f"snap_m must have {count} entries, got {len(self.snap_m)}"
            )

    @property
    def unreachable(self) -> tuple[tuple[int, int], ...]:
        """The pairs (from, to) without a way."""
        pairs = np.argwhere(self.seconds >= UNREACHABLE_S)
        return tuple((int(start), int(end)) for start, end in pairs)

    def is_way(self, start: int, end: int) -> bool:
        """Whether one can get from place `start` to place `end` at all."""
        return bool(self.seconds[start, end] < UNREACHABLE_S)


def no_way_matrix(count: int, profile: Profile) -> TravelMatrix:
    """Return the matrix (n, n) of places that no road of the profile joins."""
    seconds = np.full((count, count), UNREACHABLE_S, dtype=np.int64)
    metres = np.full((count, count), UNREACHABLE_M, dtype=np.int64)
    np.fill_diagonal(seconds, 0)
    np.fill_diagonal(metres, 0)
    return TravelMatrix(profile=profile, seconds=seconds, metres=metres, source="road")


def _require_within(name: str, table: Table, most: int) -> None:
    # Seen without a sign, what is negative is larger than anything.
    if table.size and int(table.view(np.uint64).max()) > most:
        start, end = np.argwhere((table < 0) | (table > most))[0].tolist()
        raise InvalidProblemError(
            f"{name} from place {start} to {end} must be in 0..{most}, got "
            f"{table[start, end]}"
        )


def _locked(name: str, given: Table) -> Table:
    """Return the table itself if nobody can write to it, else a copy of that kind."""
    try:
        table = np.asarray(given)
    except ValueError as error:
        raise InvalidProblemError(f"{name} has rows of different lengths") from error
    if table.dtype.kind not in "iu":
        raise InvalidProblemError(f"{name} must be integers, got {table.dtype}")
    if not (table.dtype == np.int64 and table.flags.c_contiguous) or (
        table.flags.writeable or table.base is not None
    ):
        table = np.array(table, dtype=np.int64, order="C")
        table.flags.writeable = False
    return table
