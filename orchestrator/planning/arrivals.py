"""What a directory of labs would bring in: read, bounded, and held beside what is here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.catalogue.okw import Directory, Equipment, Facility
from orchestrator.catalogue.okw_directories import directory
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.ledger.desk import Desk
from orchestrator.network.arrivals import ListedLab, ListedMachine, bring_in
from orchestrator.network.couriers import distance_m
from orchestrator.network.facilities import access_told, facilities
from orchestrator.network.models import model_in
from orchestrator.network.rows import FacilityRow
from orchestrator.planning.match_okw import processes_of
from orchestrator.planning.match_text import ENDS, plain_values
from orchestrator.planning.travel import PlaceTooFarError, RegionMap, check_place
from orchestrator.planning.turn import take_turn
from routing.matching.access import access_named
from routing.matching.processes import folded, process_named

FILE_MAX_BYTES: Final = 16 << 20
LABS_MAX: Final = 200  # of one file: a region has no more
MACHINES_MAX: Final = 100  # of a lab
NAME_MAX: Final = 120
WORDS_MAX: Final = 300
SAME_M: Final = 2_000.0  # of the same name within: the same lab
BESIDE_M: Final = 100.0  # of any name within: perhaps the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A lab of the file. `known`: the same is here; `beside`: another in its place."""

    lab: ListedLab
    known: FacilityRow | None
    beside: FacilityRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """What would come in.

    `placeless`, by name: nobody can bring anything there. `far`: to so many no road of
    this region leads. `left_out`: so many more than are told. `refused`: what was no lab.
    """

    labs: tuple[Arrival, ...]
    placeless: tuple[str, ...]
    far: int
    left_out: int
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtIn:
    """What came in, and what was here before, by name."""

    new: tuple[FacilityRow, ...]
    known: tuple[str, ...]


def directory_in(data: bytes, *, name: str) -> Directory:
    """Labs of a file: OKW in JSON, YAML or TOML, fablabs.io or SpaceAPI.

    Errors: InvalidInputError, with the line where one is known.
    """
    if len(data) > FILE_MAX_BYTES:
        raise InvalidInputError(
            f"a directory has at most {FILE_MAX_BYTES >> 20} MB: take the labs that are "
            "near",
            field="file",
        )
    if not name.lower().endswith(ENDS) and data.lstrip()[:1] in {b"[", b"{"}:
        name = f"{name}.json"  # TOML begins so, too
    value = plain_values(data, name=name, size_max_bytes=FILE_MAX_BYTES)
    return directory(value)


def arrivals_in(session: Session, found: Directory, ground: RegionMap) -> Arrivals:
    """The labs of a directory that roads of this region lead to, beside those here."""
    here = facilities(session)
    labs: list[Arrival] = []
    placeless: list[str] = []
    far = left_out = 0
    for facility in found.facilities:
        lab = _listed(facility)
        if lab is None:
            placeless.append(_line(facility.name, NAME_MAX))
        elif not _is_reached(ground, lab):
            far += 1
        elif len(labs) == LABS_MAX:
            left_out += 1
        else:
            labs.append(_beside(lab, here))
    return Arrivals(
        labs=tuple(labs),
        placeless=tuple(placeless[:LABS_MAX]),
        far=far,
        left_out=left_out,
        refused=tuple(_line(why, WORDS_MAX) for why in found.refused[:LABS_MAX]),
    )


def bring_all_in(
    session: Session, desk: Desk, labs: Sequence[ListedLab], ground: RegionMap
) -> BroughtIn:
    """Those that are not here yet, also when asked twice. The caller commits.

    Errors: PlaceTooFarError, and InvalidInputError for a name or place that can't be.
    """
    take_turn(session)  # two stewards with the same file bring it in once
    here = list(facilities(session))
    zone = here[0].zone if here else "UTC"
    new: list[FacilityRow] = []
    known: list[str] = []
    for lab in labs:
        check_place(ground, lab.lat, lab.lon)
        if _beside(lab, here).known is None:
            new.append(bring_in(session, desk, lab, zone=zone))
            here.append(new[-1])
        else:
            known.append(lab.name)
    return BroughtIn(new=tuple(new), known=tuple(known))


def _beside(lab: ListedLab, here: Sequence[FacilityRow]) -> Arrival:
    place = lab.lat, lab.lon
    away = sorted(
        ((distance_m(place, (row.lat, row.lon)), row) for row in here),
        key=lambda pair: pair[0],
    )
    near = [row for metres, row in away if metres <= SAME_M]
    known = next((row for row in near if _plain(row.name) == _plain(lab.name)), None)
    is_beside = known is None and away and away[0][0] <= BESIDE_M
    return Arrival(lab=lab, known=known, beside=away[0][1] if is_beside else None)


def _plain(name: str) -> str:
    """A name without what tells no two labs apart: "Fab-Lab Kallio", "FabLab Kallio"."""
    return "".join(each for each in folded(name) if each.isalnum())


def _is_reached(ground: RegionMap, lab: ListedLab) -> bool:
    try:
        check_place(ground, lab.lat, lab.lon)
    except PlaceTooFarError:
        return False
    return True


def _listed(lab: Facility) -> ListedLab | None:
    """The lab in our words; None: it does not say where it is."""
    if lab.latitude is None or lab.longitude is None:
        return None
    city = lab.rest.get("city")
    parts = (lab.address, city if isinstance(city, str) else None, lab.country)
    name = _line(lab.name, NAME_MAX)
    address = _line(", ".join(dict.fromkeys(filter(None, parts))), WORDS_MAX)
    return ListedLab(
        name=name,
        address=address or name,
        lat=lab.latitude,
        lon=lab.longitude,
        origin=_line(lab.origin, NAME_MAX),
        url=_address(lab.url),
        access=access_told(access_named(lab.access_type)) if lab.access_type else None,
        machines=tuple(map(_machine, lab.equipment[:MACHINES_MAX]))
        or tuple(map(_ability, lab.manufacturing_processes[:MACHINES_MAX])),
    )


def _machine(machine: Equipment) -> ListedMachine:
    """By what it says it does, else by the model that its name tells."""
    named = " ".join(filter(None, (machine.make, machine.model))) or machine.name
    name = named if named == machine.name else f"{machine.name} ({named})"
    told = processes_of(machine)
    codes = [process_named(one) for one in told]
    known = tuple(dict.fromkeys(code for code in codes if code))
    unknown = [one for one, code in zip(told, codes, strict=True) if code is None]
    if not known and (model := model_in(f"{named} {machine.name}")) is not None:
        known, unknown = tuple(model.values["processes"]), []
    return ListedMachine(
        name=_line(name, NAME_MAX),
        processes=known,
        unknown=tuple(_line(one, NAME_MAX) for one in unknown[:MACHINES_MAX]),
    )


def _ability(process: str) -> ListedMachine:
    """Of a lab that tells no machines: what it can do, each by itself."""
    code, name = process_named(process), _line(process.replace("_", " "), NAME_MAX)
    return ListedMachine(
        name=name, processes=(code,) if code else (), unknown=() if code else (name,)
    )


def _line(text: str, length_max: int) -> str:
    """One line that can be shown, with no more blanks than it needs."""
    shown = "".join(
        each if each.isprintable() else " " for each in text[: 4 * length_max]
    )
    return " ".join(shown.split())[:length_max].strip() or "?"


def _address(url: str | None) -> str:
    is_web = url is not None and url.startswith(("https://", "http://"))
    return url if url and is_web and len(url) <= WORDS_MAX and url.isprintable() else ""
