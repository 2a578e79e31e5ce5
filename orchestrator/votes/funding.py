"""Who gets which part of common money: co-budgeting and matched pledges, in whole cents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Final

PERMILLE: Final = 1_000
ROOT_SCALE: Final = 10**6  # a root is told in millionths, rounded down


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How a budget ends. `funded` and `returned` sum to the pot."""

    funded: Mapping[str, int]  # cents by item: its goal
    returned: int


def settle(pot: int, goals: Mapping[str, int], given: Mapping[str, int]) -> Settlement:
    """Fund each item whose goal is reached, with its goal; all else returns.

    `goals` and `given` in cents by item; what members gave beyond a goal, to an item
    that missed it, or to none, goes back to where the pot came from. Errors: ValueError
    when more was given than the pot holds.
    """
    if sum(given.values()) > pot or any(cents < 0 for cents in given.values()):
        raise ValueError(f"{sum(given.values())} given out of a pot of {pot}")
    funded = {
        item: goal for item, goal in sorted(goals.items()) if given.get(item, 0) >= goal
    }
    return Settlement(funded=funded, returned=pot - sum(funded.values()))


def quadratic_match(pledges: Sequence[int]) -> int:
    """What quadratic funding adds to these pledges (one sum a member), in cents.

    The square of the sum of their roots, less their sum: many small pledges draw more
    than one large one; a single pledge draws nothing. Buterin, Hitzig and Weyl (2019),
    doi:10.1287/mnsc.2019.3337. In integers, each root rounded down to a millionth.
    """
    roots = sum(isqrt(cents * ROOT_SCALE**2) for cents in pledges)
    return max(0, roots**2 // ROOT_SCALE**2 - sum(pledges))


def match(
    pledges: Sequence[int], *, minimum: int, optimum: int, reserve: int, permille: int
) -> int:
    """What the common reserve adds to a campaign's pledges.

    Nothing unless the pledges alone reach the minimum; never beyond the optimum, nor
    more than `permille` of the reserve, so that one campaign can't empty it.
    """
    pledged = sum(pledges)
    if pledged < minimum:
        return 0
    cap = max(0, reserve) * permille // PERMILLE
    return max(0, min(quadratic_match(pledges), optimum - pledged, cap))
