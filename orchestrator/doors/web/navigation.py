"""Who looks at a page, and where each role can go from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.doors.web.words import N_


class Role(StrEnum):
    """The hats of a person on pages; `guest` has not signed in."""

    OPERATOR = "operator"
    DESIGNER = "designer"
    SHOP = "shop"
    COURIER = "courier"
    MEMBER = "member"
    STEWARD = "steward"
    GUEST = "guest"


ROLE_WORDS: Mapping[Role, str] = {
    Role.OPERATOR: N_("Lab operator"),
    Role.DESIGNER: N_("Designer"),
    Role.SHOP: N_("Shop"),
    Role.COURIER: N_("Courier"),
    Role.MEMBER: N_("Member"),
    Role.STEWARD: N_("Steward"),
    Role.GUEST: N_("Guest"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """The person behind a request. `roles` holds every hat, `role` the one worn now."""

    name: str | None = None
    role: Role = Role.GUEST
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One entry of the navigation; `rooms`: what lies in it, each with a path its own."""

    path: str
    word: str
    icon: str = ""
    rooms: tuple["Place", ...] = ()


TODAY = Place(path="/", word=N_("Today"), icon="sun")
MAP = Place(path="/map", word=N_("Map"), icon="map-trifold")
LABS = Place(path="/labs", word=N_("Lab"), icon="factory")
PLAN = Place(path="/plan", word=N_("Plan"), icon="kanban")
DESIGNS = Place(path="/designs", word=N_("Designs"), icon="cube")
RIDE = Place(path="/ride", word=N_("Ride"), icon="bicycle")
COMMONS = Place(
    path="/commons",
    word=N_("Commons"),
    icon="users",
    rooms=(
        Place(path="/commons", word=N_("Is it fair?")),
        Place(path="/votes", word=N_("Votes")),
        Place(path="/rules", word=N_("Rules")),
        Place(path="/licences", word=N_("Licences")),
        Place(path="/mine", word=N_("My share")),
        Place(path="/my-data", word=N_("My data")),
        Place(path="/periods", word=N_("Periods")),
        Place(path="/accounts", word=N_("Money")),
        Place(path="/funding", word=N_("Funding")),
        Place(path="/challenges", word=N_("Challenges")),
        Place(path="/ledger", word=N_("Ledger")),
        Place(path="/stewards", word=N_("Stewards")),
    ),
)

PLACES_OF_ROLE: Mapping[Role, tuple[Place, ...]] = {
    Role.OPERATOR: (TODAY, LABS, PLAN, MAP, COMMONS),
    Role.DESIGNER: (TODAY, DESIGNS, MAP, COMMONS),
    Role.SHOP: (TODAY, DESIGNS, MAP, COMMONS),
    Role.COURIER: (TODAY, RIDE, MAP, COMMONS),
    Role.MEMBER: (TODAY, DESIGNS, MAP, COMMONS),
    Role.STEWARD: (TODAY, PLAN, LABS, MAP, COMMONS),
    Role.GUEST: (TODAY, DESIGNS, MAP, COMMONS),
}


def is_here(place: Place, path: str) -> bool:
    """Whether `path` is the place, one of its rooms, or lies below it."""
    return (
        path == place.path
        or (place.path != "/" and path.startswith(f"{place.path}/"))
        or any(is_here(room, path) for room in place.rooms)
    )
