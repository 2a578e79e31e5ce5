"""Facilities as OKW states them: read into one model, and written as OKW again.

OKW 1 has no work envelope, no material and no source of a value: those are our own
fields, and their names begin with `fabcommons_`.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from orchestrator.catalogue.okh_size import InvalidSizeError, Size, size_mm
from orchestrator.catalogue.okh_text import decoded, parsed
from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError

DIRECTORY_MAX_BYTES: Final = 64 << 20
ENVELOPE: Final = "fabcommons_work_envelope_mm"
ENVELOPE_SOURCE: Final = "fabcommons_work_envelope_source"
TAGS: Final = "fabcommons_tags"
ORIGIN: Final = "fabcommons_origin"


class InvalidFacilityError(InvalidInputError):
    """A facility cannot be read; the others of its directory are kept."""

    code = "invalid-facility"


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """One machine as the facility states it; `rest` is what has no place here."""

    name: str
    make: str | None = None
    model: str | None = None
    manufacturing_process: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # as written: likeness of names decides nothing
    work_envelope_mm: Size | None = None
    work_envelope_source: str | None = None  # measured, maker or declared
    rest: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """A place with equipment; degrees are WGS 84; `rest` is kept as it came."""

    name: str
    origin: str  # OKW, fablabs.io or SpaceAPI
    latitude: float | None = None
    longitude: float | None = None
    address: str | None = None
    country: str | None = None
    url: str | None = None
    contact: str | None = None
    description: str | None = None
    facility_status: str | None = None
    access_type: str | None = None
    manufacturing_processes: tuple[str, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    rest: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Facilities, and what was wrong with those that could not be read."""

    facilities: tuple[Facility, ...]
    refused: tuple[str, ...] = ()


class Fields:
    """A table that is read piece by piece; `left` is what nobody understood."""

    def __init__(self, raw: Mapping[str, object]) -> None:
        self.left = dict(raw)

    def text(self, *names: str) -> str | None:
        """The first of `names` that is text. Another type stays in `left`."""
        for name in names:
            value = self.left.get(name)
            if isinstance(value, str) and value.strip():
                del self.left[name]
                return value
        return None

    def words(self, *names: str) -> tuple[str, ...]:
        """The first of `names` that is text or a list of texts."""
        for name in names:
            value = self.left.get(name)
            listed = [value] if isinstance(value, str) else value
            if isinstance(listed, list) and all(isinstance(w, str) for w in listed):
                del self.left[name]
                return tuple(listed)
        return ()

    def degrees(self, limit: int, *names: str) -> float | None:
        """The first of `names` that is a number within -limit..limit."""
        for name in names:
            value = self.left.get(name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if math.isfinite(value) and abs(value) <= limit:
                del self.left[name]
                return float(value)
        return None

    def tables(self, name: str) -> list["Fields"]:
        """A list of tables; when one of them is none, all stay in `left`."""
        value = self.left.get(name)
        if not isinstance(value, list) or not all(isinstance(t, dict) for t in value):
            return []
        del self.left[name]
        return [Fields(table) for table in value]

    def table(self, name: str) -> "Fields":
        """The table `name`, to be given back by `keep`; empty when there is none."""
        value = self.left.get(name)
        if not isinstance(value, dict):
            return Fields({})
        del self.left[name]
        return Fields(value)

    def keep(self, name: str, fields: "Fields") -> None:
        """Put what was not understood of a table back."""
        if fields.left:
            self.left[name] = fields.left

    def envelope(self, *names: str) -> Size | None:
        """Three sizes in mm. What is none stays in `left`."""
        for name in names:
            value = self.left.get(name)
            if name == ENVELOPE and isinstance(value, list):  # its name says the unit
                value = {"unit": "mm"} | dict(zip("xyz", value, strict=False))
            try:
                size = size_mm(value)
            except InvalidSizeError:
                continue
            del self.left[name]
            return size
        return None


def read_okw(data: bytes, *, name: str = "") -> Directory:
    """Read OKW: one facility (YAML, TOML, JSON), or a list of them (JSON).

    Errors: InvalidManifestError, InvalidJsonError for what is no text of that format.
    """
    value: object
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"[", b"{")):
        value = canonical.loads(
            data.removeprefix(b"\xef\xbb\xbf"),
            floats=True,
            size_max_bytes=DIRECTORY_MAX_BYTES,
        )
    else:
        value = parsed(decoded(data, name=name))
    return okw_directory(value)


def okw_directory(value: object) -> Directory:
    """The same of what was read already: one facility, or a list of them."""
    return directory_of(value, _facility)


def directory_of(value: object, read: Callable[[Fields], Facility]) -> Directory:
    """Read each facility of a list, or the only one; a bad one spoils no other."""
    if isinstance(value, dict) and isinstance(value.get("facilities"), list):
        value = value["facilities"]
    items = value if isinstance(value, list) else [value]
    facilities, refused = [], []
    for place, item in enumerate(items, start=1):
        try:
            facilities.append(read(_table(item)))
        except InvalidFacilityError as error:
            refused.append(f"facility {place}: {error}")
    return Directory(facilities=tuple(facilities), refused=tuple(refused))


def _table(item: object) -> Fields:
    if not isinstance(item, dict):
        raise InvalidFacilityError(f"expected named fields, got {type(item).__name__}")
    return Fields(item)


def named(fields: Fields, *names: str) -> str:
    """The name every facility must have. Errors: InvalidFacilityError."""
    name = fields.text(*names)
    if name is None:
        raise InvalidFacilityError(
            f"it has no name: expected `{names[0]}`", field=names[0]
        )
    return name


def _facility(fields: Fields) -> Facility:
    name = named(fields, "name", "facility_name")
    location = fields.table("location")
    gps = location.table("gps_coordinates")
    facility = Facility(
        name=name,
        origin=fields.text(ORIGIN) or "OKW",
        latitude=gps.degrees(90, "latitude"),
        longitude=gps.degrees(180, "longitude"),
        address=location.text("address"),
        country=location.text("country"),
        url=fields.text("url", "website"),
        contact=fields.text("contact"),
        description=fields.text("description"),
        facility_status=fields.text("facility_status"),
        access_type=fields.text("access_type"),
        manufacturing_processes=fields.words("manufacturing_processes"),
        equipment=tuple(_equipment(each) for each in fields.tables("equipment")),
    )
    location.keep("gps_coordinates", gps)
    fields.keep("location", location)
    return replace(facility, rest=fields.left)


def _equipment(fields: Fields) -> Equipment:
    machine = Equipment(
        name=fields.text("name", "equipment_type") or "unnamed",
        make=fields.text("make", "brand"),
        model=fields.text("model"),
        manufacturing_process=fields.words("manufacturing_process"),
        tags=fields.words(TAGS),
        work_envelope_mm=fields.envelope(ENVELOPE),
        work_envelope_source=fields.text(ENVELOPE_SOURCE),
    )
    return replace(machine, rest=fields.left)


def okw_of(facility: Facility) -> dict[str, object]:
    """The facility in OKW's fields and ours; `rest` stands beside them again."""
    rest = dict(facility.rest)
    location = rest.pop("location", {})
    kept = dict(location) if isinstance(location, dict) else {}
    gps = kept.pop("gps_coordinates", {})
    gps = (gps if isinstance(gps, dict) else {}) | _given(
        latitude=facility.latitude, longitude=facility.longitude
    )
    kept |= _given(address=facility.address, country=facility.country)
    kept |= {"gps_coordinates": gps} if gps else {}
    return (
        rest
        | _given(
            name=facility.name,
            url=facility.url,
            contact=facility.contact,
            description=facility.description,
            facility_status=facility.facility_status,
            access_type=facility.access_type,
            manufacturing_processes=list(facility.manufacturing_processes),
            equipment=[_okw_equipment(each) for each in facility.equipment],
        )
        | ({"location": kept} if kept else {})
        | {ORIGIN: facility.origin}
    )


def _okw_equipment(machine: Equipment) -> dict[str, object]:
    envelope = machine.work_envelope_mm
    ours = {
        TAGS: list(machine.tags),
        ENVELOPE: list(envelope) if envelope else None,
        ENVELOPE_SOURCE: machine.work_envelope_source,
    }
    return dict(machine.rest) | _given(
        name=machine.name,
        make=machine.make,
        model=machine.model,
        manufacturing_process=list(machine.manufacturing_process),
        **ours,
    )


def _given(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value not in (None, [])}


def written_okw(facilities: Iterable[Facility]) -> bytes:
    """OKW in JSON: `read_okw` of it gives the same facilities."""
    told = {"facilities": [okw_of(facility) for facility in facilities]}
    return json.dumps(told, ensure_ascii=False, indent=1).encode()
