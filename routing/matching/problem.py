"""What a step asks of a machine, and what a machine says it can do."""

from dataclasses import dataclass
from enum import StrEnum

from routing.errors import InvalidProblemError

SIZE_MAX_MM = 1e6


class Orientation(StrEnum):
    """How a part may be turned on the machine."""

    FIXED = "fixed"
    UPRIGHT = "upright"  # turned about the vertical only
    ANY = "any"


class Supply(StrEnum):
    """Where the material must be for a machine to count."""

    ANY = "any"  # the machine may run it; somebody will bring it
    STOCK = "stock"  # the lab has it
    LOADED = "loaded"  # it is in the machine


class Source(StrEnum):
    """Who says so, the most believed first."""

    MEASURED = "measured"
    MAKER = "maker"
    DECLARED = "declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Outer size in millimetres along x, y and z."""

    x_mm: float
    y_mm: float
    z_mm: float

    def __post_init__(self) -> None:
        for size_mm in (self.x_mm, self.y_mm, self.z_mm):
            _check_size(size_mm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A flat blank, or the bed for it. No thickness: it is not asked, or not known."""

    x_mm: float
    y_mm: float
    thickness_mm: float | None = None

    def __post_init__(self) -> None:
        for size_mm in (self.x_mm, self.y_mm, self.thickness_mm or 0):
            _check_size(size_mm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """Somebody may use a machine on these days, both included, counted from any one."""

    from_day: int
    until_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Where the value of one field comes from. No age: nobody knows since when."""

    field: str
    source: Source
    age_s: int | None = None
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What one step needs. None or empty: the step does not care.

    `process`: a code or name of vocabulary.py. `dialect`: the language its program is
    written in. `machine_kind`: a kind of machine by name. `tolerance`: "IT9", "H7",
    "ISO 2768-m" or "±0.1", for a size of `toleranced_mm`, or else for each size up to
    the part's. `feature_mm`: the smallest thing to be made. `access`: the kinds
    of lab that are open to who asks. Substitutes: what the design allows instead.
    """

    process: str
    part_mm: Box | None = None
    orientation: Orientation = Orientation.ANY
    sheet: Sheet | None = None
    material: str | None = None
    supply: Supply = Supply.ANY
    dialect: str | None = None
    machine_kind: str | None = None
    tolerance: str | None = None
    toleranced_mm: float | None = None
    feature_mm: float | None = None
    power_w: float | None = None
    pieces: int = 1
    certificates: frozenset[str] = frozenset()
    day: int | None = None
    access: frozenset[str] = frozenset()
    process_substitutes: tuple[str, ...] = ()
    material_substitutes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """What one machine offers now.

    `materials`: what it may run; `loaded`: what is in it; `stocked`: what its lab has. `tool_mm`: the width of its nozzle, beam or smallest tool. An ability that
    is not known satisfies no requirement; a limit that is not told is none
    (`pieces_max`, `training_needed`). `told`: where each value is from.
    """

    machine: str
    processes: frozenset[str]
    envelope_mm: Box | None = None
    sheet: Sheet | None = None
    materials: frozenset[str] = frozenset()
    loaded: frozenset[str] = frozenset()
    stocked: frozenset[str] = frozenset()
    dialects: frozenset[str] = frozenset()
    machine_kind: str | None = None
    tolerance: str | None = None
    tool_mm: float | None = None
    power_w: float | None = None
    pieces_max: int | None = None
    certificates: frozenset[str] = frozenset()
    training_needed: bool = False
    trained: tuple[Training, ...] = ()
    access: str | None = None
    name: str = ""
    facility: str = ""
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One reason why a capability does not satisfy a requirement.

    `code` is stable; `text` is for an operator, with both figures in it.
    """

    code: str
    text: str
    required: str
    offered: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A machine that can, with the figures it is ranked by.

    `spoilt_ppm`: how much of what it made was made again; `share_ppm`: how much of the
    work of late it had.
    """

    capability: Capability
    cost_cents: int
    ready_s: int
    metres: int = 0
    setup_needed: bool = False
    co2_g: int = 0
    spoilt_ppm: int = 0
    share_ppm: int = 0


def _check_size(size_mm: float) -> None:
    if not 0 <= size_mm < SIZE_MAX_MM:
        raise InvalidProblemError(f"a size must be in 0..1000000 mm, got {size_mm}")
