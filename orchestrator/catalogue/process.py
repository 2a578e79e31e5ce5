"""The bill of process: our extension file `process.json`, since OKH has no steps."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError

STEPS_MAX: Final = 50
CITATIONS_MAX: Final = 32
MILLION: Final = 1_000_000

Millimetres = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
Grams = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Seconds = Annotated[int, Field(ge=0, le=30 * 86_400)]
Word = Annotated[str, Field(max_length=80, pattern=r"^[\x21-\x7e]*$")]
Name = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]*$")]
FileName = Annotated[str, Field(min_length=1, max_length=200)]


class InvalidProcessError(InvalidInputError):
    """The bill of process cannot be read, or asks for what cannot be."""

    code = "invalid-process"


Positive = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
Tolerance = Annotated[
    str,
    Field(pattern=r"^(IT([1-9]|1[0-8])|ISO 2768-[fmcv]|± ?[0-9]{1,3}(\.[0-9]{1,4})?)$"),
]
Flat = Annotated[tuple[Positive, ...], Field(min_length=2, max_length=3)]


class NeedsIn(BaseModel):
    """What a step asks of a machine beyond process, size and material; else nothing.

    `sheet_mm`: width, depth and perhaps thickness of the blank. `toleranced_mm`: the
    size that the tolerance is for, where it is not for all. `feature_mm`: the smallest
    thing to be made. No `orientation`: as the program lies, or any way by hand.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    orientation: Literal["fixed", "upright", "any"] | None = None
    sheet_mm: Flat | None = None
    tolerance: Tolerance | None = None
    toleranced_mm: Positive | None = None
    feature_mm: Positive | None = None
    power_w: Positive | None = None
    certificates: Annotated[tuple[Name, ...], Field(max_length=16)] = ()


class StepIn(BaseModel):
    """One step; times are for one run, grams for one piece."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    process: Annotated[Word, Field(min_length=2)]  # TsDC code: 3DP, CNC, LAS, ASM …
    machine_kind: Word = ""  # "": any kind that has the process
    dialect: Word = ""
    program: FileName | None = None  # a file of the design; None: made by hand
    material: Word = ""
    material_g: Grams = 0
    box_x_mm: Millimetres = 0
    box_y_mm: Millimetres = 0
    box_z_mm: Millimetres = 0
    setup_s: Seconds = 0
    run_s: Annotated[Seconds, Field(ge=1)]
    labour_s: Seconds = 0
    pieces_per_run: Annotated[int, Field(ge=1, le=10_000)] = 1
    needs: NeedsIn = NeedsIn()

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without needs where there are none: versions keep the hash that they had."""
        fields: dict[str, Any] = write(self)
        fields["needs"] = self.needs.model_dump(mode="json", exclude_defaults=True)
        return {
            name: value for name, value in fields.items() if name != "needs" or value
        }


class CitationIn(BaseModel):
    """This design builds on that version, which gets so much of its value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version_id: Annotated[str, Field(pattern=r"^[a-z0-9-]{8,64}$")]
    weight_ppm: Annotated[int, Field(ge=1, le=MILLION - 1)]


class ProcessIn(BaseModel):
    """How a design is made, what it builds on, and what its designers ask a piece."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: Annotated[tuple[StepIn, ...], Field(min_length=1, max_length=STEPS_MAX)]
    citations: Annotated[tuple[CitationIn, ...], Field(max_length=CITATIONS_MAX)] = ()
    fee_cents: Annotated[int, Field(ge=0, le=MILLION)] = 0
    picture: FileName | None = None


def read_process(data: bytes) -> ProcessIn:
    """Read `process.json`. Errors: InvalidProcessError with the field at fault."""
    try:
        fields = canonical.object_of(data, floats=True)
    except canonical.InvalidJsonError as error:
        raise InvalidProcessError(str(error), field="process") from error
    return process_of(fields)


def process_of(fields: Mapping[str, object]) -> ProcessIn:
    """The same from fields that were read already. Errors: InvalidProcessError."""
    try:
        process = ProcessIn.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidProcessError(
            f"process.json: {first['msg']}", field=_path(first["loc"])
        ) from error
    _check_weights(process.citations)
    return process


def _check_weights(citations: tuple[CitationIn, ...]) -> None:
    cited = [citation.version_id for citation in citations]
    if len(set(cited)) != len(cited):
        raise InvalidProcessError(
            "a design is cited twice: add up the weights", field="citations"
        )
    total_ppm = sum(citation.weight_ppm for citation in citations)
    if total_ppm >= MILLION:
        raise InvalidProcessError(
            f"the weights of all citations stay below {MILLION}, got {total_ppm}",
            field="citations",
        )


def _path(place: tuple[int | str, ...]) -> str:
    """('steps', 0, 'run_s') as 'steps[0].run_s'."""
    path = ""
    for part in place:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path or "process"
