"""What the map shows and its twin list says: the shape of every `map.json`."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from orchestrator.doors.web.states import Shown

Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Line = tuple[tuple[Longitude, Latitude], ...]
DECIMALS = 5  # of a degree: about a metre


class _Seen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MapSpot(_Seen):
    """Something at a place. `word` replaces the state's own word; `detail` follows it.

    `url` is where a click leads; `line` is the way still ahead of a courier.
    """

    id: str
    name: str
    lon: Longitude
    lat: Latitude
    state: Shown
    word: str | None = None
    detail: str = ""
    url: str | None = None
    line: Line = ()


class MapLeg(_Seen):
    """One part of an order's journey, from place to place."""

    id: str
    words: str  # "Fab Kallio to Corner shop, by bicycle"
    state: Literal["done", "now", "next"]
    line: Line
    ends_at: AwareDatetime | None = None


class MapStop(_Seen):
    """A stop of a courier's route: `number` along it, where, and in words what."""

    courier: str  # the id of its spot
    number: int
    lon: Longitude
    lat: Latitude
    words: str


class MapView(_Seen):
    """All of one map. Empty parts are left out of the twin list."""

    as_of: AwareDatetime
    labs: tuple[MapSpot, ...] = ()
    shops: tuple[MapSpot, ...] = ()
    couriers: tuple[MapSpot, ...] = ()
    legs: tuple[MapLeg, ...] = ()
    stops: tuple[MapStop, ...] = ()


def moves_payload(couriers: Sequence[MapSpot]) -> str:
    """The payload of topic `map-moved`: `{"COURIER": [lon, lat], …}`, five decimals."""
    pairs = (f'"{one.id}":[{one.lon:.5f},{one.lat:.5f}]' for one in couriers)
    return "{" + ",".join(pairs) + "}"
