"""How fast each profile moves on each kind of road, in the middle of a town."""

from enum import IntEnum
from typing import Final

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


ACCESS_BIT: Final = {
    Profile.BICYCLE: 1,
    Profile.CARGO_BIKE: 2,
    Profile.VAN: 4,
    Profile.FOOT: 8,
}

WALK_KMH: Final = 4.7

# Speeds include the waits at lights. A bicycle on a footway is pushed.
SPEED_KMH: Final[dict[Profile, tuple[float, ...]]] = {
    Profile.BICYCLE: (15, 15, 15, 14.5, 12, 16, 12, 4.5, 8, 1.5),
    Profile.CARGO_BIKE: (13, 13, 13, 12.5, 10, 13.5, 9, 4, 6.5, 1),
    Profile.VAN: (24, 22, 20, 16, 9, 5, 5, 5, 5, 1),
    Profile.FOOT: (4.7, 4.7, 4.7, 4.7, 4.7, 4.7, 4.7, 4.7, 4.7, 2.5),
}

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
