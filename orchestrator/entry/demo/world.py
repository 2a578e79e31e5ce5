"""The demo's people, labs, shops and couriers, read from one file beside it."""

from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.members.agents import LegalForm


class Thing(BaseModel):
    """Frozen, and no field that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    name: str


class Spot(Thing):
    """A thing with a place on the map."""

    lat: float
    lon: float


class Machine(Thing):
    """A machine with its simulated board."""

    kind: str
    dialect: str
    processes: tuple[str, ...]
    envelope_mm: Annotated[tuple[float, float, float], Field()]
    materials: tuple[str, ...]
    hourly_cents: int


class Lab(Spot):
    """A fablab and its machines."""

    address: str
    machines: tuple[Machine, ...]


class Shop(Spot):
    """A shop that orders; its legal form decides what the licence gate answers."""

    address: str
    legal_form: LegalForm


class Courier(Spot):
    """Somebody who carries, at the place where the shift begins."""

    profile: str


class World(BaseModel):
    """All of the demo's region."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str
    labs: tuple[Lab, ...]
    shops: tuple[Shop, ...]
    couriers: tuple[Courier, ...]
    designers: tuple[Thing, ...]


def helsinki() -> World:
    """Central Helsinki, with names made up."""
    text = (resources.files("orchestrator.entry.demo") / "helsinki.json").read_text()
    return World.model_validate_json(text)
