"""Distances where no road graph is: a great circle times a detour, and it says so."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from routing.errors import InvalidProblemError
from routing.travel.matrix import Place, Profile, TravelMatrix
from routing.travel.polyline import Polyline
from routing.travel.speeds import CROW_DETOUR, CROW_SPEED_KMH

EARTH_RADIUS_M: Final = 6_371_008.8


def great_circle_m(start: Place, end: Place) -> float:
    """Return the metres between two places on a sphere (haversine)."""
    latitude_a, latitude_b = map(math.radians, (start.latitude_deg, end.latitude_deg))
    half_latitude = (latitude_b - latitude_a) / 2
    half_longitude = math.radians(end.longitude_deg - start.longitude_deg) / 2
    haversine = (
        math.sin(half_latitude) ** 2
        + math.cos(latitude_a) * math.cos(latitude_b) * math.sin(half_longitude) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, haversine)))


def checked(place: Place) -> Place:
    """Return the place. Errors: InvalidProblemError if it is not on the globe."""
    if not (
        -180 <= place.longitude_deg <= 180  # also false for a NaN
        and -90 <= place.latitude_deg <= 90
    ):
        raise InvalidProblemError(
            f"a place needs longitude -180..180 and latitude -90..90, got {place}"
        )
    return place


def estimate_matrix(places: Sequence[Place], profile: Profile) -> TravelMatrix:
    """Return the matrix (n, n) of great circles times the profile's detour factor."""
    for place in places:
        checked(place)
    radians = np.radians(
        [(place.longitude_deg, place.latitude_deg) for place in places]
    ).reshape(-1, 2)
    longitudes, latitudes = radians[:, 0], radians[:, 1]
    haversine = (
        np.sin((latitudes[:, None] - latitudes) / 2) ** 2
        + np.cos(latitudes[:, None])
        * np.cos(latitudes)
        * np.sin((longitudes[:, None] - longitudes) / 2) ** 2
    )
    straight_m = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1, haversine)))
    metres = np.ceil(straight_m * CROW_DETOUR[profile]).astype(np.int64)
    seconds = np.ceil(metres * 3.6 / CROW_SPEED_KMH[profile]).astype(np.int64)
    return TravelMatrix(
        profile=profile,
        seconds=seconds,
        metres=metres,
        source="great-circle",
        snap_m=(0,) * len(places),
    )


def estimate_path(start: Place, end: Place, profile: Profile) -> Polyline:
    """Return the straight line, with the estimated metres and seconds at its end."""
    matrix = estimate_matrix((start, end), profile)
    return Polyline(
        longitudes_deg=(start.longitude_deg, end.longitude_deg),
        latitudes_deg=(start.latitude_deg, end.latitude_deg),
        metres=(0.0, float(matrix.metres[0, 1])),
        seconds=(0.0, float(matrix.seconds[0, 1])),
        source="great-circle",
    )
