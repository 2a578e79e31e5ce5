"""What a turn costs at a junction, by its angle and by who else is there."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from routing.travel.matrix import Profile
from routing.travel.speeds import RoadKind, Wait

# A bend up to this is no turn; from a right angle on a turn is as slow as it gets.
STRAIGHT_DEG: Final = 25.0
SHARP_DEG: Final = 90.0
BACK_DEG: Final = 170.0  # from here on it crosses the others to whichever side it is

# Who gives way to whom, the smaller number goes first; by RoadKind.
PRIORITY: Final = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 6, 9])
MAIN: Final = PRIORITY[RoadKind.TERTIARY]
STREET: Final = PRIORITY[RoadKind.SERVICE]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTimes:
    """Mean milliseconds of one profile.

    `slow_ms`: braking for a right angle and getting going again. `across_ms`: besides,
    across those who come towards one on a street, `across_main_ms` on a main road
    without a light. `yield_ms`: besides, from a smaller road on to a main one or over
    it, without a light. `stop_ms`: coming to a stop and leaving the one before. Who
    turns round in a street stops, so a stop never makes a way shorter.
    """

    slow_ms: int
    across_ms: int
    across_main_ms: int
    yield_ms: int
    stop_ms: int


# On foot one turns for nothing. Means of a town in daytime, estimated.
TURN_TIMES: Final = {
    Profile.BICYCLE: TurnTimes(
        slow_ms=1_500,
        across_ms=1_500,
        across_main_ms=4_000,
        yield_ms=3_000,
        stop_ms=3_000,
    ),
    Profile.CARGO_BIKE: TurnTimes(
        slow_ms=2_500,
        across_ms=2_000,
        across_main_ms=5_000,
        yield_ms=4_000,
        stop_ms=5_000,
    ),
    Profile.VAN: TurnTimes(
        slow_ms=3_500,
        across_ms=2_000,
        across_main_ms=6_000,
        yield_ms=4_000,
        stop_ms=12_000,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turns:
    """k turns at junctions; all shapes (k,).

    `bends_deg`: to the right, -180 to 180; `kinds` of the road that is left and
    `busiest`, the least PRIORITY of any that meets there; `waits` at the junction;
    `is_oncoming`: whether others come the other way on the road that is left.
    """

    bends_deg: NDArray[np.float64]
    kinds: NDArray[np.uint8]
    busiest: NDArray[np.int64]
    waits: NDArray[np.uint8]
    is_oncoming: NDArray[np.bool_]


def turn_ms(
    turns: Turns, times: TurnTimes, *, drives_left: bool
) -> NDArray[np.float64]:
    """Return what each turn costs, shape (k,)."""
    bend = np.abs(turns.bends_deg)
    share = np.clip((bend - STRAIGHT_DEG) / (SHARP_DEG - STRAIGHT_DEG), 0, 1)
    far_side = turns.bends_deg if drives_left else -turns.bends_deg
    rank = PRIORITY[turns.kinds]
    is_free = (turns.waits & Wait.SIGNAL) == 0
    is_far = (far_side > STRAIGHT_DEG) | (bend > BACK_DEG)
    is_across = is_far & turns.is_oncoming & (rank <= STREET)
    is_main = (rank <= MAIN) & is_free
    across = np.where(is_main, times.across_main_ms, times.across_ms)
    yields = is_free & (turns.busiest <= MAIN) & (turns.busiest < rank)
    cost = share * times.slow_ms
    cost += np.where(is_across, across, 0)
    cost += np.where(yields, times.yield_ms, 0)
    return np.round(cost)
