"""What OpenStreetMap's tags say of a road: kind, surface, limit, and who may use it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from routing.travel.matrix import Profile
from routing.travel.speeds import ACCESS_BIT, RoadKind, Surface, Wait

type Tags = Mapping[str, str]

CYCLES: Final = ACCESS_BIT[Profile.BICYCLE] | ACCESS_BIT[Profile.CARGO_BIKE]
VAN: Final = ACCESS_BIT[Profile.VAN]
FOOT: Final = ACCESS_BIT[Profile.FOOT]
EVERYBODY: Final = CYCLES | VAN | FOOT

KIND_OF_HIGHWAY: Final = {
    "motorway": RoadKind.MOTORWAY,
    "motorway_link": RoadKind.MOTORWAY,
    "trunk": RoadKind.PRIMARY,
    "trunk_link": RoadKind.PRIMARY,
    "primary": RoadKind.PRIMARY,
    "primary_link": RoadKind.PRIMARY,
    "secondary": RoadKind.SECONDARY,
    "secondary_link": RoadKind.SECONDARY,
    "tertiary": RoadKind.TERTIARY,
    "tertiary_link": RoadKind.TERTIARY,
    "unclassified": RoadKind.RESIDENTIAL,
    "residential": RoadKind.RESIDENTIAL,
    "living_street": RoadKind.RESIDENTIAL,
    "road": RoadKind.RESIDENTIAL,
    "service": RoadKind.SERVICE,
    "track": RoadKind.TRACK,
    "cycleway": RoadKind.CYCLEWAY,
    "path": RoadKind.PATH,
    "bridleway": RoadKind.PATH,
    "footway": RoadKind.FOOTWAY,
    "crossing": RoadKind.FOOTWAY,
    "pedestrian": RoadKind.PEDESTRIAN,
    "steps": RoadKind.STEPS,
}
ALLOWED_ON: Final = {
    RoadKind.CYCLEWAY: CYCLES | FOOT,
    RoadKind.PATH: CYCLES | FOOT,
    RoadKind.TRACK: CYCLES | FOOT,
    RoadKind.FOOTWAY: CYCLES | FOOT,  # a bicycle is pushed
    RoadKind.PEDESTRIAN: CYCLES | FOOT,
    RoadKind.STEPS: ACCESS_BIT[Profile.BICYCLE] | FOOT,
    RoadKind.STEPS_WITH_RAMP: ACCESS_BIT[Profile.BICYCLE] | FOOT,
    RoadKind.MOTORWAY: VAN,
}
# Where somebody who is not meant may be let in by a tag of their own.
OPENABLE: Final = frozenset(
    {*(kind for kind in RoadKind if kind < RoadKind.CYCLEWAY), RoadKind.TRACK}
)
YES: Final = frozenset({"yes", "designated", "permissive", "destination", "delivery"})
NO: Final = frozenset({"no", "private", "use_sidepath"})
# Who a tag speaks for, the finer tag last, so that it has the last word.
SPEAKS_FOR: Final = (
    ("access", EVERYBODY),
    ("vehicle", CYCLES | VAN),
    ("motor_vehicle", VAN),
    ("motorcar", VAN),
    ("goods", VAN),
    ("bicycle", CYCLES),
    ("foot", FOOT),
)

SURFACES: Final = {
    Surface.STONES: "sett cobblestone unhewn_cobblestone stone grass_paver bricks",
    Surface.FIRM: "compacted fine_gravel wood metal tartan",
    Surface.GRAVEL: "gravel unpaved pebblestone",
    Surface.EARTH: "ground dirt earth grass clay rock",
    Surface.SOFT: "sand mud snow ice",
}
SURFACE_OF: Final = {
    value: surface for surface, values in SURFACES.items() for value in values.split()
}
SURFACE_OF_GRADE: Final = {
    "grade1": Surface.SMOOTH,
    "grade2": Surface.FIRM,
    "grade3": Surface.GRAVEL,
    "grade4": Surface.EARTH,
    "grade5": Surface.SOFT,
}
SURFACE_OF_SMOOTHNESS: Final = {
    "bad": Surface.STONES,
    "very_bad": Surface.GRAVEL,
    "horrible": Surface.EARTH,
    "very_horrible": Surface.SOFT,
    "impassable": Surface.SOFT,
}

LIMIT_MAX_KMH: Final = 255
KMH_OF_MILE: Final = 1.609344
SIGNED: Final = re.compile(r"(\d{1,3})\s*(km/h|kmh|mph)?")
# "CH:urban" and its like: where no number is signed, the kind of place is.
LIMIT_OF_PLACE: Final = {
    "urban": 50,
    "rural": 80,
    "living_street": 20,
    "walk": 6,
    "bicycle_road": 30,
}

# Whom a thing on the way stops, unless a tag of their own lets them pass.
BARS: Final = {
    VAN: "bollard block cycle_barrier motorcycle_barrier jersey_barrier chain log "
    "planter bus_trap sump_buster rope barrier_board",
    VAN | ACCESS_BIT[Profile.CARGO_BIKE]: "stile kissing_gate turnstile wicket_gate",
    VAN | CYCLES: "full-height_turnstile",
    EVERYBODY: "wall fence hedge debris",
}
BARRED_BY: Final = {
    value: bits for bits, values in BARS.items() for value in values.split()
}
WAIT_AT_BARRIER: Final = {
    "gate": Wait.GATE,
    "swing_gate": Wait.GATE,
    "lift_gate": Wait.GATE,
    "sliding_gate": Wait.GATE,
    "stile": Wait.GATE,
    "kissing_gate": Wait.GATE,
    "cycle_barrier": Wait.CHICANE,
    "motorcycle_barrier": Wait.CHICANE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """What one way is; pairs are along it and against it."""

    way: int
    kind: RoadKind
    surface: Surface
    access: tuple[int, int]
    limits_kmh: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """What is on one node: whom it bars, and what waits there along and against."""

    bars: int
    waits: tuple[int, int]


def road_of(tags: Tags, way: int) -> Road | None:
    """Return what the way is, or None if it is no road for anybody."""
    kind = road_kind(tags)
    if kind is None:
        return None
    access = road_access(tags, kind)
    if not any(access):
        return None
    return Road(
        way=way,
        kind=kind,
        surface=surface_of(tags, kind),
        access=access,
        limits_kmh=limits_of(tags),
    )


def road_kind(tags: Tags) -> RoadKind | None:
    """Return what kind of road a way is, or None if it is none that we use."""
    if tags.get("area") == "yes" or tags.get("indoor") == "yes":
        return None
    kind = KIND_OF_HIGHWAY.get(tags.get("highway", ""))
    is_walk = kind in {RoadKind.FOOTWAY, RoadKind.PEDESTRIAN}
    if is_walk and tags.get("bicycle") in YES:
        return RoadKind.PATH
    if kind is RoadKind.STEPS and "yes" in (tags.get("ramp"), tags.get("ramp:bicycle")):
        return RoadKind.STEPS_WITH_RAMP
    return kind


def road_access(tags: Tags, kind: RoadKind) -> tuple[int, int]:
    """Return who may go along the way, and who may go against it (access bits)."""
    allowed = ALLOWED_ON.get(kind, EVERYBODY)
    for tag, speaks_for in SPEAKS_FOR:
        value = tags.get(tag)
        if value in NO:
            allowed &= ~speaks_for
        elif value in YES and tag != "access" and kind in OPENABLE:
            allowed |= speaks_for
    back = allowed & (FOOT | (CYCLES if _is_contraflow(tags) else 0))
    if tags.get("oneway") == "-1":
        return back, allowed
    is_one_way = tags.get("oneway") in {"yes", "1", "true"}
    if is_one_way or tags.get("junction") == "roundabout":
        return allowed, back
    if tags.get("oneway") is None and tags.get("highway", "").startswith("motorway"):
        return allowed, back
    return allowed, allowed


def _is_contraflow(tags: Tags) -> bool:
    return tags.get("oneway:bicycle") == "no" or "opposite" in tags.get("cycleway", "")


def surface_of(tags: Tags, kind: RoadKind) -> Surface:
    """Return the worst that surface, grade and smoothness say."""
    named = tags.get("surface", "").split(";")[0].split(":")[0]
    told = [
        SURFACE_OF.get(named),
        SURFACE_OF_GRADE.get(tags.get("tracktype", "")),
        SURFACE_OF_SMOOTHNESS.get(tags.get("smoothness", "")),
    ]
    known = [surface for surface in told if surface is not None]
    if not known and not named:
        return Surface.GRAVEL if kind is RoadKind.TRACK else Surface.SMOOTH
    return max(known, default=Surface.SMOOTH)


def limits_of(tags: Tags) -> tuple[int, int]:
    """Return the limits along and against the way in km/h, 0 where none is signed."""
    both = 0
    for name in ("maxspeed", "zone:maxspeed", "maxspeed:type", "source:maxspeed"):
        both = both or limit_kmh(tags.get(name, ""))
    if not both and tags.get("highway") == "living_street":
        both = LIMIT_OF_PLACE["living_street"]
    along = limit_kmh(tags.get("maxspeed:forward", ""))
    against = limit_kmh(tags.get("maxspeed:backward", ""))
    return along or both, against or both


def limit_kmh(value: str) -> int:
    """Return a limit in km/h, 0 if it says none that we know."""
    place = value.rpartition(":")[2].removeprefix("zone")
    signed = SIGNED.fullmatch(place.strip())
    if not signed:
        return LIMIT_OF_PLACE.get(place, 0)
    number = int(signed[1]) * (KMH_OF_MILE if signed[2] == "mph" else 1)
    return min(round(number), LIMIT_MAX_KMH)


def spot_of(tags: Tags) -> Spot | None:
    """Return what a node bars or holds up, or None if nothing is there."""
    barrier = tags.get("barrier", "")
    bars = BARRED_BY.get(barrier, 0)
    if tags.get("bollard") == "rising":
        bars = 0
    if tags.get("locked") == "yes":
        bars = EVERYBODY
    if barrier or bars:
        for tag, speaks_for in SPEAKS_FOR:
            if tags.get(tag) in NO:
                bars |= speaks_for
            elif tags.get(tag) in YES and tag != "access":
                bars &= ~speaks_for
    wait = WAIT_AT_BARRIER.get(barrier, Wait(0))
    along, against = wait, wait
    highway = tags.get("highway")
    if highway in {"traffic_signals", "stop"}:
        sign = Wait.SIGNAL if highway == "traffic_signals" else Wait.STOP_SIGN
        way = tags.get("traffic_signals:direction", tags.get("direction", "both"))
        along |= Wait(0) if way == "backward" else sign
        against |= Wait(0) if way == "forward" else sign
    if not (bars or along or against):
        return None
    return Spot(bars=bars, waits=(int(along), int(against)))
