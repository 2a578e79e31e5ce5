"""What a step asks of a machine, and what a machine says it can do."""

from dataclasses import dataclass
from enum import StrEnum

from routing.errors import InvalidProblemError


class Orientation(StrEnum):
    """How a part may be turned on the machine."""

    FIXED = "fixed"
    UPRIGHT = "upright"  # turned about the vertical only
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Outer size in millimetres along x, y and z."""

    x_mm: float
    y_mm: float
    z_mm: float

    def __post_init__(self) -> None:
        for size_mm in (self.x_mm, self.y_mm, self.z_mm):
            if not 0 <= size_mm < 1e6:
                raise InvalidProblemError(
                    f"a size must be in 0..1000000 mm, got {size_mm}"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What one step needs. None: the step does not care.

    `process`: a TsDC code or a finer one of ours (see processes.py). `dialect`: the
    language its program is written in. `machine_kind`: a kind of machine by name.
    """

    process: str
    part_mm: Box | None = None
    orientation: Orientation = Orientation.ANY
    material: str | None = None
    dialect: str | None = None
    machine_kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """What one machine offers now.

    `materials`: what it may run; `loaded_material`: what is in it. An empty
    `materials` means that nothing is known, which satisfies no requirement.
    """

    machine: str
    processes: frozenset[str]
    envelope_mm: Box | None = None
    materials: frozenset[str] = frozenset()
    loaded_material: str | None = None
    dialects: frozenset[str] = frozenset()
    machine_kind: str | None = None
    name: str = ""


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
    """A machine that can, with the figures it is ranked by."""

    capability: Capability
    cost_cents: int
    ready_s: int
    metres: int = 0
    setup_needed: bool = False
