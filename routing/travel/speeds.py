"""How fast each profile moves on each kind of road and surface, and where it waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final

import numpy as np
from numpy.typing import NDArray

from routing.travel.matrix import Profile


class RoadKind(IntEnum):
    """What a piece of road is; stored as one byte."""

    PRIMARY = 0
    SECONDARY = 1
    TERTIARY = 2
    RESIDENTIAL = 3
    SERVICE = 4
    CYCLEWAY = 5
    PATH = 6
    FOOTWAY = 7
    PEDESTRIAN = 8
    STEPS = 9
    MOTORWAY = 10
    TRACK = 11
    STEPS_WITH_RAMP = 12  # a bicycle is pushed beside them


class Surface(IntEnum):
    """What is under the wheels; stored as one byte."""

    SMOOTH = 0
    STONES = 1  # setts, cobbles
    FIRM = 2  # compacted, fine gravel
    GRAVEL = 3
    EARTH = 4
    SOFT = 5  # sand, mud


class Wait(IntFlag):
    """What holds those up who come to a piece's head; stored as one byte."""

    SIGNAL = 1
    STOP_SIGN = 2
    GATE = 4
    CHICANE = 8


ACCESS_BIT: Final = {
    Profile.BICYCLE: 1,
    Profile.CARGO_BIKE: 2,
    Profile.VAN: 4,
    Profile.FOOT: 8,
}

WALK_KMH: Final = 4.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How one profile moves.

    `kmh` by RoadKind, on a smooth surface, without waits; `on_surface` the share of
    it by Surface; `limit_share` of a signed limit is driven on streets, 0: the limit
    only binds. `wait_ms` the mean wait.
    """

    kmh: tuple[float, ...]
    on_surface: tuple[float, ...]
    limit_share: float = 0.0
    wait_ms: Mapping[Wait, int]


# Who walks crosses where there is room: waits are in the speed. A bicycle on a footway
# is pushed, on steps carried.
PACES: Final = {
    Profile.BICYCLE: Pace(
        kmh=(16.5, 16.5, 16.5, 16, 13, 17, 13, 4.5, 8, 1.5, 1, 14, 2.5),
        on_surface=(1, 0.8, 0.95, 0.75, 0.6, 0.35),
        wait_ms={
            Wait.SIGNAL: 6_000,
            Wait.STOP_SIGN: 2_000,
            Wait.GATE: 8_000,
            Wait.CHICANE: 4_000,
        },
    ),
    Profile.CARGO_BIKE: Pace(
        kmh=(15, 15, 15, 14.5, 11.5, 15.5, 10.5, 4, 6.5, 1, 1, 12, 1),
        on_surface=(1, 0.65, 0.9, 0.65, 0.45, 0.25),
        wait_ms={
            Wait.SIGNAL: 6_000,
            Wait.STOP_SIGN: 3_000,
            Wait.GATE: 12_000,
            Wait.CHICANE: 12_000,
        },
    ),
    Profile.VAN: Pace(
        kmh=(48, 44, 38, 24, 12, 5, 5, 5, 5, 1, 90, 15, 1),
        on_surface=(1, 0.85, 0.85, 0.65, 0.45, 0.25),
        limit_share=0.8,
        wait_ms={
            Wait.SIGNAL: 7_000,
            Wait.STOP_SIGN: 3_000,
            Wait.GATE: 20_000,
            Wait.CHICANE: 0,
        },
    ),
    Profile.FOOT: Pace(
        kmh=(*(WALK_KMH,) * 9, 2.5, 1, WALK_KMH, 2.5),
        on_surface=(1, 1, 1, 1, 1, 0.8),
        wait_ms=dict.fromkeys(Wait, 0),
    ),
}

# Where a limit is signed, traffic moves by it; on a yard or a path it does not.
_IS_STREET: Final = np.array(
    [kind <= RoadKind.RESIDENTIAL or kind == RoadKind.MOTORWAY for kind in RoadKind]
)

# The fallback knows no roads: one speed, and a distance longer than a bird's.
CROW_SPEED_KMH: Final = {
    Profile.BICYCLE: 12.5,
    Profile.CARGO_BIKE: 11.0,
    Profile.VAN: 16.0,
    Profile.FOOT: WALK_KMH,
}
CROW_DETOUR: Final = {
    Profile.BICYCLE: 1.5,
    Profile.CARGO_BIKE: 1.5,
    Profile.VAN: 1.7,
    Profile.FOOT: 1.4,
}


def piece_ms(
    profile: Profile,
    *,
    lengths_m: NDArray[np.float64],
    kinds: NDArray[np.uint8],
    surfaces: NDArray[np.uint8],
    limits_kmh: NDArray[np.uint8],
    waits: NDArray[np.uint8],
) -> NDArray[np.float64]:
    """Return the milliseconds for each of k pieces and the waits at its head, (k,)."""
    pace = PACES[profile]
    kmh = np.array(pace.kmh)[kinds]
    limits = limits_kmh.astype(np.float64)
    if pace.limit_share:
        kmh = np.where(_IS_STREET[kinds] & (limits > 0), limits * pace.limit_share, kmh)
    kmh = np.where(limits > 0, np.minimum(kmh, limits), kmh)
    kmh = kmh * np.array(pace.on_surface)[surfaces]
    times: NDArray[np.float64] = np.ceil(lengths_m / (kmh / 3.6) * 1_000)
    for wait, ms in pace.wait_ms.items():
        times += np.where(waits & wait, ms, 0)
    return times
