"""Requirements and facilities as files, so that anyone's cases can be matched."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from orchestrator.catalogue.okw import Facility, okw_directory
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.quantities import amount_of
from orchestrator.planning.match_okw import as_told, is_okw
from orchestrator.planning.match_text import ENDS, plain_values
from routing.errors import InvalidProblemError
from routing.matching.problem import (
    SIZE_MAX_MM,
    Box,
    Capability,
    Orientation,
    Requirement,
    Sheet,
    Source,
    Supply,
    Told,
    Training,
)
from routing.matching.tolerance import width_mm

DAY_S: Final = 86_400
LIST_MAX: Final = 1_000
FILE_MAX_BYTES: Final = 256 << 20
PLACES_SHOWN: Final = 5


class InvalidMatchFileError(InvalidInputError):
    """A file of requirements or facilities cannot be read."""

    code = "invalid-match-file"


def _tolerance(word: str) -> str:
    try:
        width_mm(word, 10)
    except InvalidProblemError as error:
        raise ValueError(str(error)) from error
    return word


def _of_unit(unit: str) -> Callable[[Any], Any]:
    """A number is in this unit; a text says its own, as in '4 in' or '1.5 kW'."""

    def read(told: object) -> object:
        if not isinstance(told, str):
            return [] if isinstance(told, bool) else told  # true is no number
        try:
            return amount_of(told, unit)
        except InvalidInputError as error:
            raise ValueError(str(error)) from error

    return read


IN_MM: Final = BeforeValidator(_of_unit("mm"))
IN_W: Final = BeforeValidator(_of_unit("W"))
Millimetres = Annotated[float, IN_MM, Field(ge=0, lt=SIZE_MAX_MM, allow_inf_nan=False)]
Length = Annotated[float, IN_MM, Field(gt=0, lt=SIZE_MAX_MM, allow_inf_nan=False)]
Watts = Annotated[float, IN_W, Field(gt=0, lt=SIZE_MAX_MM, allow_inf_nan=False)]
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
Words = Annotated[tuple[Word, ...], Field(max_length=LIST_MAX)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Size = tuple[Length, Length, Length]
Area = tuple[Millimetres, Millimetres, Millimetres]
# with a thickness, or without
Flat = Annotated[tuple[Length, ...], Field(min_length=2, max_length=3)]
Tolerance = Annotated[Word, AfterValidator(_tolerance)]


class _Strict(BaseModel):
    """No field that is not known, or a typing error would be taken for "no matter".

    What begins with "x-" is the writer's own and is not read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_notes(cls, told: Any) -> Any:
        if not isinstance(told, dict):
            return told
        return {key: value for key, value in told.items() if not key.startswith("x-")}


class RequirementIn(_Strict):
    """One step. What is left out, the step does not care about."""

    id: Word
    design: Word | None = None
    process: Word
    part_mm: Size | None = None
    orientation: Orientation = Orientation.ANY
    sheet_mm: Flat | None = None
    material: Word | None = None
    supply: Supply = Supply.ANY
    dialect: Word | None = None
    machine_kind: Word | None = None
    tolerance: Tolerance | None = None
    toleranced_mm: Length | None = None
    feature_mm: Length | None = None
    power_w: Watts | None = None
    pieces: Count = 1
    certificates: Words = ()
    day: date | None = None
    access: Words = ()
    process_substitutes: Words = ()
    material_substitutes: Words = ()


class TrainingIn(_Strict):
    """Somebody may use the machine on these days, both included."""

    from_day: date
    until_day: date

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> "TrainingIn":
        if self.until_day < self.from_day:
            raise ValueError("until_day is before from_day")
        return self


class ToldIn(_Strict):
    """Who says a value, since when, and where it stands."""

    source: Source
    on: date | None = None
    where: Annotated[str, Field(max_length=500)] = ""


class MachineIn(_Strict):
    """One machine. An ability that is left out is not known, which is no yes."""

    id: Word
    name: Annotated[str, Field(max_length=200)] = ""
    kind: Word | None = None
    processes: Words
    envelope_mm: Area | None = None
    sheet_mm: Flat | None = None
    materials: Words = ()
    loaded: Words = ()
    stocked: Words = ()
    dialects: Words = ()
    tolerance: Tolerance | None = None
    tool_mm: Length | None = None
    power_w: Watts | None = None
    pieces_max: Count | None = None
    certificates: Words = ()
    training_needed: bool = False
    trained: Annotated[tuple[TrainingIn, ...], Field(max_length=LIST_MAX)] = ()
    told: dict[Word, ToldIn] = {}


class FacilityIn(_Strict):
    """One lab with its machines; access is the lab's, certificates are of both."""

    id: Word
    name: Annotated[str, Field(max_length=200)] = ""
    access: Word | None = None
    certificates: Words = ()
    machines: tuple[MachineIn, ...]


class RequirementsFile(_Strict):
    """`--requirements FILE`."""

    requirements: Annotated[tuple[RequirementIn, ...], Field(min_length=1)]


class FacilitiesFile(_Strict):
    """`--facilities FILE`."""

    facilities: tuple[FacilityIn, ...]


def read_requirements(path: Path) -> tuple[RequirementIn, ...]:
    """Read `--requirements`. Errors: InvalidMatchFileError with the place at fault."""
    found = _checked(path, _values(path), RequirementsFile).requirements
    _check_ids(path, [one.id for one in found])
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What all machines offer, and what was wrong with labs that were left out."""

    machines: list[Capability]
    left_out: tuple[str, ...]


def read_facilities(path: Path, *, today: date) -> Offered:
    """Read `--facilities`, a file or all of a folder; ages are counted to `today`.

    An OKW facility that cannot be read is left out, as OKW's directories are by many
    hands. Errors: as of `read_requirements`.
    """
    files = _files(path)
    facilities: list[FacilityIn] = []
    okw: list[Facility] = []
    left_out: list[str] = []
    for file in files:
        value = _values(file)
        if is_okw(value):
            directory = okw_directory(value)
            okw += directory.facilities
            left_out += [f"{file}: {why}" for why in directory.refused]
            left_out += [
                f"{file}: {lab.name}: its equipment is no list of machines"
                for lab in directory.facilities
                if "equipment" in lab.rest
            ]
        else:
            facilities += _checked(file, value, FacilitiesFile).facilities
    told = {"facilities": as_told(okw)}
    facilities += _checked(path, told, FacilitiesFile).facilities
    machines = [
        _capability(facility, machine, today)
        for facility in facilities
        for machine in facility.machines
    ]
    _check_ids(path, [f"{one.facility}/{one.machine}" for one in machines])
    return Offered(machines=machines, left_out=tuple(left_out))


def requirement_in(told: RequirementIn) -> Requirement:
    """Return what the file asks as the matcher takes it."""
    return Requirement(
        process=told.process,
        part_mm=_box(told.part_mm),
        orientation=told.orientation,
        sheet=_flat(told.sheet_mm),
        material=told.material,
        supply=told.supply,
        dialect=told.dialect,
        machine_kind=told.machine_kind,
        tolerance=told.tolerance,
        toleranced_mm=told.toleranced_mm,
        feature_mm=told.feature_mm,
        power_w=told.power_w,
        pieces=told.pieces,
        certificates=frozenset(told.certificates),
        day=told.day.toordinal() if told.day else None,
        access=frozenset(told.access),
        process_substitutes=told.process_substitutes,
        material_substitutes=told.material_substitutes,
    )


def _capability(lab: FacilityIn, machine: MachineIn, today: date) -> Capability:
    trained = [
        Training(from_day=one.from_day.toordinal(), until_day=one.until_day.toordinal())
        for one in machine.trained
    ]
    return Capability(
        machine=machine.id,
        name=machine.name,
        facility=lab.id,
        processes=frozenset(machine.processes),
        envelope_mm=_box(machine.envelope_mm),
        sheet=_flat(machine.sheet_mm),
        materials=frozenset(machine.materials),
        loaded=frozenset(machine.loaded),
        stocked=frozenset(machine.stocked),
        dialects=frozenset(machine.dialects),
        machine_kind=machine.kind,
        tolerance=machine.tolerance,
        tool_mm=machine.tool_mm,
        power_w=machine.power_w,
        pieces_max=machine.pieces_max,
        certificates=frozenset((*lab.certificates, *machine.certificates)),
        training_needed=machine.training_needed,
        trained=tuple(trained),
        access=lab.access,
        told=tuple(_told(field, one, today) for field, one in machine.told.items()),
    )


def _told(field: str, one: ToldIn, today: date) -> Told:
    age_s = (today - one.on).days * DAY_S if one.on else None
    return Told(field=field, source=one.source, age_s=age_s, where=one.where)


def _box(size: tuple[float, float, float] | None) -> Box | None:
    return None if size is None else Box(x_mm=size[0], y_mm=size[1], z_mm=size[2])


def _flat(size: Flat | None) -> Sheet | None:
    if size is None:
        return None
    thickness_mm = size[2] if len(size) == 3 else None
    return Sheet(x_mm=size[0], y_mm=size[1], thickness_mm=thickness_mm)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(one for one in path.rglob("*") if one.suffix.lower() in ENDS)
    if not found:
        raise InvalidMatchFileError(
            f"{path}: there is no file that ends in {', '.join(ENDS)}", field="file"
        )
    return found


def _values(path: Path) -> Any:
    try:
        is_large = path.stat().st_size > FILE_MAX_BYTES
        data = b"" if is_large else path.read_bytes()
    except OSError as error:
        raise InvalidMatchFileError(
            f"{path}: {error.strerror}", field="file"
        ) from error
    if is_large:
        raise InvalidMatchFileError(
            f"{path} is larger than {FILE_MAX_BYTES >> 20} MB: split it", field="file"
        )
    try:
        return plain_values(data, name=path.name, size_max_bytes=FILE_MAX_BYTES)
    except InvalidInputError as error:
        raise InvalidMatchFileError(f"{path}: {error}", field="file") from error


def _checked[File: BaseModel](path: Path, value: Any, form: type[File]) -> File:
    try:
        return form.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        places = [".".join(map(str, one["loc"])) for one in found]
        lines = [
            f"{path}: {place or 'the file'}: {one['msg']}"
            for place, one in zip(places[:PLACES_SHOWN], found, strict=False)
        ]
        if len(found) > PLACES_SHOWN:
            lines.append(f"{path}: {len(found) - PLACES_SHOWN} more places are wrong")
        raise InvalidMatchFileError(
            "\n".join(lines), field=places[0] or "file"
        ) from error


def _check_ids(path: Path, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise InvalidMatchFileError(
                f"{path}: {one} is there twice: give each its own id", field="id"
            )
        seen.add(one)
