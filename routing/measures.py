"""The limits within which no solver's integer overflows."""

from collections.abc import Iterable
from typing import Final

from routing.errors import InvalidProblemError

SECONDS_MAX: Final = 10**8  # three years after the plan's epoch
METRES_MAX: Final = 10**8
GRAMS_MAX: Final = 10**9
CENTS_MAX: Final = 10**10
PIECES_MAX: Final = 10**6
COUNT_MAX: Final = 10**5

# CP-SAT computes in 64 bits; a quarter of them is left as head room.
SUM_MAX: Final = 2**61

# A travel time from here on means: there is no way.
UNREACHABLE_S: Final = SECONDS_MAX
UNREACHABLE_M: Final = METRES_MAX


def within(name: str, value: int, *, least: int, most: int) -> int:
    """Return `value` if it is an integer in least..most.

    Errors: InvalidProblemError that names `name`, the value and the range.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidProblemError(f"{name} must be an integer, got {value!r}")
    if not least <= value <= most:
        raise InvalidProblemError(f"{name} must be in {least}..{most}, got {value}")
    return value


def total(name: str, values: Iterable[int]) -> int:
    """Return the sum. Errors: InvalidProblemError if it could overflow a solver."""
    result = sum(values)
    if abs(result) > SUM_MAX:
        raise InvalidProblemError(f"{name} adds up to {result}, more than {SUM_MAX}")
    return result


def cents_of(fine: int) -> int:
    """Round fine units (see FINE_PER_CENT) to whole cents, halves up."""
    return (2 * fine + FINE_PER_CENT) // (2 * FINE_PER_CENT)


# Prices come per kilometre, per hour and per minute. In units of 1/18000 cent all
# three are integers, so that sums are exact and plans compare without rounding.
FINE_PER_CENT: Final = 18_000
FINE_PER_CENT_METRE: Final = FINE_PER_CENT // 1_000
FINE_PER_CENT_HOUR_SECOND: Final = FINE_PER_CENT // 3_600
FINE_PER_CENT_MINUTE_SECOND: Final = FINE_PER_CENT // 60
