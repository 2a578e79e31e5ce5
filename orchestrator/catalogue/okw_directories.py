"""Directories of labs that others keep, fablabs.io and SpaceAPI, as facilities."""

from dataclasses import replace

from orchestrator.catalogue.okw import (
    DIRECTORY_MAX_BYTES,
    Directory,
    Equipment,
    Facility,
    Fields,
    InvalidFacilityError,
    directory_of,
    named,
    okw_directory,
)
from orchestrator.foundation import canonical

FABLABS = "fablabs.io"
SPACEAPI = "SpaceAPI"


def read_fablabs(data: bytes) -> Directory:
    """Labs of fablabs.io: its own flat list, one joined with machines, or nested.

    Errors: InvalidJsonError for what is no JSON at all.
    """
    return _fablabs(
        canonical.loads(data, floats=True, size_max_bytes=DIRECTORY_MAX_BYTES)
    )


def read_spaceapi(data: bytes) -> Directory:
    """One space's SpaceAPI (0.8 to 15), or a directory's list of them.

    Errors: InvalidJsonError for what is no JSON at all.
    """
    return _spaces(
        canonical.loads(data, floats=True, size_max_bytes=DIRECTORY_MAX_BYTES)
    )


def directory(value: object) -> Directory:
    """Labs of any of the three, told by what only one of them has.

    Errors: InvalidFacilityError for what is none of them.
    """
    listed = _listed(value)
    first = next((one for one in listed if isinstance(one, dict)), {})
    data = first.get("data")
    if "space" in first or (isinstance(data, dict) and "space" in data):
        return _spaces(value)
    if {"slug", "kind_name", "activity_status"} & first.keys() or "facility" in first:
        return _fablabs(value)
    if {"name", "facility_name"} & first.keys():
        return okw_directory(value)
    raise InvalidFacilityError(
        "this is no list of labs: expected OKW, fablabs.io or SpaceAPI", field="file"
    )


def _listed(value: object) -> list[object]:
    for name in ("labs", "items", "facilities"):
        if isinstance(value, dict) and isinstance(value.get(name), list):
            return list(value[name])
    return value if isinstance(value, list) else [value]


def _fablabs(value: object) -> Directory:
    if isinstance(value, dict) and isinstance(value.get("labs"), list):
        value = value["labs"]
    return directory_of(value, _fablab)


def _spaces(value: object) -> Directory:
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        value = value["items"]
    return directory_of(value, _space)


def _fablab(fields: Fields) -> Facility:
    return _nested(fields) if "facility" in fields.left else _flat(fields)


def _flat(fields: Fields) -> Facility:
    lab = Facility(
        name=named(fields, "name"),
        origin=FABLABS,
        latitude=fields.degrees(90, "latitude", "lat"),
        longitude=fields.degrees(180, "longitude", "lon"),
        address=fields.text("address_1"),
        country=fields.text("country_code", "country"),
        url=fields.text("url"),
        contact=fields.text("email"),
        description=fields.text("description", "blurb"),
        facility_status=fields.text("activity_status"),
        manufacturing_processes=fields.words("capabilities"),
        equipment=tuple(_machine(each) for each in fields.tables("machines")),
    )
    return replace(lab, rest=fields.left)


def _machine(fields: Fields) -> Equipment:
    envelope = fields.envelope("catalog_size")
    machine = Equipment(
        name=fields.text("name") or "unnamed",
        make=fields.text("brand"),
        tags=fields.words("tags"),
        work_envelope_mm=envelope,
        work_envelope_source="maker" if envelope else None,
    )
    return replace(machine, rest=fields.left)


def _nested(fields: Fields) -> Facility:
    facility, region = fields.table("facility"), fields.table("region")
    address, place = fields.table("address"), fields.table("geocoding")
    lab = Facility(
        name=named(facility, "name"),
        origin=FABLABS,
        latitude=place.degrees(90, "latitude"),
        longitude=place.degrees(180, "longitude"),
        address=address.text("extended"),
        country=region.text("country"),
        url=facility.text("url"),
        description=facility.text("description"),
    )
    for name, left in (
        ("fablabs_facility", facility),
        ("fablabs_region", region),
        ("fablabs_address", address),
        ("fablabs_geocoding", place),
        ("fablabs_location", fields.table("location")),  # ids: OKW's is a place
    ):
        fields.keep(name, left)
    return replace(lab, rest=fields.left)


def _space(fields: Fields) -> Facility:
    if "space" not in fields.left or isinstance(fields.left.get("data"), dict):
        fields = fields.table("data")  # a directory wraps what the space itself says
    location, contact = fields.table("location"), fields.table("contact")
    space = Facility(
        name=named(fields, "space"),
        origin=SPACEAPI,
        latitude=location.degrees(90, "lat"),
        longitude=location.degrees(180, "lon"),
        address=location.text("address"),
        country=location.text("country_code"),
        url=fields.text("url"),
        contact=contact.text("email", "ml", "phone"),
    )
    fields.keep("spaceapi_location", location)
    fields.keep("spaceapi_contact", contact)
    return replace(space, rest=fields.left)
