"""The bill of process: our extension file `process.json`, since OKH has no steps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from orchestrator.catalogue.hands import Hand, carried_s
from orchestrator.catalogue.okh_lines import Path, line_in
from orchestrator.catalogue.precedence import CircleError, in_order
from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError

STEPS_MAX: Final = 50
CITATIONS_MAX: Final = 32
PARTS_MAX: Final = 1_000  # of one kind in one finished piece
MILLION: Final = 1_000_000
LABOUR_MAX_S: Final = 30 * 86_400
_LINED_MAX_BYTES: Final = 64 << 10  # beyond it, to find a line takes too long

Millimetres = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
Grams = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Seconds = Annotated[int, Field(ge=0, le=30 * 86_400)]
Word = Annotated[str, Field(max_length=80, pattern=r"^[\x21-\x7e]*$")]
Material = Annotated[Word, Field(min_length=1)]
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
    thing to be made. `material_substitutes`: what it may be made of where the step's
    material is not there, the best first. No `orientation`: as the program lies, or any way by hand.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    orientation: Literal["fixed", "upright", "any"] | None = None
    sheet_mm: Flat | None = None
    tolerance: Tolerance | None = None
    toleranced_mm: Positive | None = None
    feature_mm: Positive | None = None
    power_w: Positive | None = None
    certificates: Annotated[tuple[Name, ...], Field(max_length=16)] = ()
    material_substitutes: Annotated[tuple[Material, ...], Field(max_length=8)] = ()


def _countable(quantity: int) -> int:
    if not 1 <= quantity <= PARTS_MAX:
        raise ValueError(
            f"quantity {quantity}: one finished piece takes 1 to {PARTS_MAX} of a "
            "part; correct the number, or take the step out"
        )
    return quantity


After = Annotated[tuple[Word, ...], Field(max_length=2 * STEPS_MAX)]


class StepIn(BaseModel):
    """One step on one kind of part, of which a finished piece takes `quantity`.

    Times are for one run, which makes `pieces_per_run` parts; grams for one part.
    `after`: keys of what comes first, steps or work by hand; None: the step before it
    in the list. A step without a key is called by its number, counted from 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Word = ""
    name: Name
    process: Annotated[Word, Field(min_length=2)]  # TsDC code: 3DP, CNC, LAS, ASM …
    quantity: Annotated[int, AfterValidator(_countable)] = 1
    after: After | None = None
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

    @model_validator(mode="after")
    def _of_one_material(self) -> Self:
        if (
            self.program
            and self.dialect == "marlin"
            and self.needs.material_substitutes
        ):
            raise ValueError(
                "a printer's program is sliced for one material: leave out "
                "material_substitutes, or the program"
            )
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what came later where it says nothing: versions keep their hash."""
        fields: dict[str, Any] = write(self)
        fields["needs"] = self.needs.model_dump(mode="json", exclude_defaults=True)
        plain = {"key": "", "quantity": 1, "after": None, "needs": {}}
        return {
            name: value
            for name, value in fields.items()
            if name not in plain or value != plain[name]
        }


class HandIn(BaseModel):
    """Work without a machine: to put together, to look at. Once for a finished piece."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[Word, Field(min_length=1)]
    name: Name
    labour_s: Seconds = 0
    after: After = ()


class CitationIn(BaseModel):
    """This design builds on that version, which gets so much of its value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version_id: Annotated[str, Field(pattern=r"^[a-z0-9-]{8,64}$")]
    weight_ppm: Annotated[int, Field(ge=1, le=MILLION - 1)]


class ProcessIn(BaseModel):
    """How a design is made, what it builds on, and what its designers ask a piece."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: Annotated[tuple[StepIn, ...], Field(min_length=1, max_length=STEPS_MAX)]
    hands: Annotated[tuple[HandIn, ...], Field(max_length=STEPS_MAX)] = ()
    citations: Annotated[tuple[CitationIn, ...], Field(max_length=CITATIONS_MAX)] = ()
    fee_cents: Annotated[int, Field(ge=0, le=MILLION)] = 0
    picture: FileName | None = None


def read_process(data: bytes) -> ProcessIn:
    """Read `process.json`. Errors: InvalidProcessError with field and line at fault."""
    try:
        fields = canonical.object_of(data, floats=True)
    except canonical.InvalidJsonError as error:
        raise InvalidProcessError(str(error), field="process") from error
    try:
        return process_of(fields)
    except InvalidProcessError as error:
        raise with_line(error, data) from error


def process_of(fields: Mapping[str, object]) -> ProcessIn:
    """The same from fields that were read already. Errors: InvalidProcessError."""
    try:
        process = ProcessIn.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        told = first["msg"].removeprefix("Value error, ")
        raise InvalidProcessError(told, field=_path(first["loc"])) from error
    laid_out(process)
    _check_weights(process.citations)
    return process


def with_line(error: InvalidProcessError, data: bytes) -> InvalidProcessError:
    """The same error, naming the line of the JSON where its field stands."""
    path: Path = tuple(
        int(part) if part.isdigit() else part
        for part in re.findall(r"\w+", error.field or "")
    )
    if len(data) > _LINED_MAX_BYTES or not path:
        return error
    line = line_in(data.decode("utf-8", "replace"), path)
    if line is None:
        return error
    return InvalidProcessError(f"line {line}: {error}", field=error.field)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """The steps so that each comes after those that it waits for, in `after`.

    A step that waits for work by hand waits for the steps before that.
    """

    steps: tuple[StepIn, ...]
    after: tuple[tuple[int, ...], ...]
    hands: tuple[Hand, ...]


def laid_out(process: ProcessIn) -> LaidOut:
    """Order the steps. Errors: InvalidProcessError for a circle, an unknown step, a
    key twice, or more work by hand than one run can carry.
    """
    count = len(process.steps)
    keys, after = _graph(process)
    try:
        order = in_order(after)
    except CircleError as error:
        raise InvalidProcessError(
            "the steps wait for each other: "
            f"{' after '.join(keys[index] for index in error.circle)}; take one of "
            "these out of `after`",
            field=_field(error.circle[0], count, "after"),
        ) from error
    machines = [index for index in order if index < count]
    hands = [index for index in order if index >= count]
    number = {index: place for place, index in enumerate((*machines, *hands))}
    through: dict[int, set[int]] = {}  # by node: the steps right before, through hands
    for index in order:
        through[index] = set().union(
            *({one} if one < count else through[one] for one in after[index])
        )
    found = LaidOut(
        steps=tuple(process.steps[index] for index in machines),
        after=tuple(
            tuple(sorted(number[one] for one in through[index])) for index in machines
        ),
        hands=tuple(
            Hand(
                name=process.hands[index - count].name,
                labour_s=process.hands[index - count].labour_s,
                after=tuple(sorted(number[one] for one in after[index])),
                before=tuple(number[step] for step in machines if index in after[step]),
            )
            for index in hands
        ),
    )
    carried = carried_s(found.steps, found.hands)
    if any(
        step.labour_s + more_s > LABOUR_MAX_S
        for step, more_s in zip(found.steps, carried, strict=True)
    ):
        raise InvalidProcessError(
            f"work by hand is more than {LABOUR_MAX_S // 86_400} days for one run: "
            "make it shorter, or fewer pieces a run",
            field="hands",
        )
    return found


def _graph(process: ProcessIn) -> tuple[list[str], list[tuple[int, ...]]]:
    """Keys of steps, then of hands, and the indices of what each waits for."""
    count = len(process.steps)
    keys = [step.key or str(place) for place, step in enumerate(process.steps, 1)]
    keys += [hand.key for hand in process.hands]
    index_of: dict[str, int] = {}
    for index, key in enumerate(keys):
        if index_of.setdefault(key, index) != index:
            raise InvalidProcessError(
                f"two steps have the key {key!r}: give each its own",
                field=_field(index, count, "key"),
            )
    after: list[tuple[int, ...]] = []
    nodes: list[StepIn | HandIn] = [*process.steps, *process.hands]
    for index, node in enumerate(nodes):
        if node.after is None:
            after.append((index - 1,) if index else ())
            continue
        for key in node.after:
            if key not in index_of:
                raise InvalidProcessError(
                    f"{node.name!r} comes after {key!r}, which is no step; there is "
                    f"{', '.join(keys)}",
                    field=_field(index, count, "after"),
                )
        after.append(tuple(index_of[key] for key in node.after))
    return keys, after


def _field(index: int, count: int, name: str) -> str:
    if index < count:
        return f"steps[{index}].{name}"
    return f"hands[{index - count}].{name}"


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
