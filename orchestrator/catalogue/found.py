"""What a file tells about the thing to be made: the contract between readers and askers.

Everything is in mm, mm2, mm3, s and g. A plain number was measured on the file itself;
an `Estimate` was not, and says where it comes from and how far it may be off.
STL and most DXF do not say their unit (`unit` None): their numbers are told as if they
were millimetres, and `in_inches` tells the same thing for the other answer.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

type Unit = Literal["mm", "inch"]

INCH_MM: Final = 25.4
TOOL_MM: Final = 6.0  # of the end mill that `Reach` is told for
# No real part made here is smaller: below this, numbers were probably meant as inches.
TINY_MM: Final = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure that was not measured: true within `plus_minus` (same unit) mostly."""

    value: float
    plus_minus: float
    source: str  # in words for people: "256 rays", "the slicer's own comment"

    def scaled(self, factor: float) -> "Estimate":
        """The same in a unit that is `factor` times smaller."""
        return replace(
            self, value=self.value * factor, plus_minus=self.plus_minus * factor
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a person should know of a file. `grave`: it can't be made from as it is."""

    code: str  # stable: "not-watertight"
    words: str  # what was wrong, where, what to do
    grave: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A level cut through a mesh: what a layer of a print fills, and its outline."""

    z_mm: float  # above the lowest point
    area_mm2: float
    outline_mm: float  # all contours, holes included


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where, at one height, a flat tool of 6 mm that comes from above can't be.

    `breaks_mm`: lines along x are interrupted so often, times the width that they lie
    apart.
    """

    z_mm: float  # above the lowest point
    blocked_mm2: float  # places of its middle
    breaks_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """A body made of triangles (STL, 3MF), or of faces that were made triangles (STEP).

    `volume_mm3` of an open mesh is what its triangles enclose with the gaps closed
    towards the origin: a rough figure. `slices` are evenly spaced, lowest first, each
    in the middle of its share of the height.
    """

    unit: Unit | None
    x_mm: float
    y_mm: float
    z_mm: float
    triangles: int
    bodies: int  # not connected with each other
    volume_mm3: float
    area_mm2: float
    watertight: bool
    overhang_mm2: float  # leans out by more than 45 degrees, not counting the bottom
    bottom_mm2: float  # lies flat on the bed
    thinnest_mm: Estimate | None
    slices: tuple[Slice, ...]
    reaches: tuple[Reach, ...] = ()  # as many, evenly spaced
    reaches_in_inches: tuple[Reach, ...] = ()  # in mm, where `unit` is not known
    kind: Literal["mesh"] = "mesh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holes:
    """So many round holes of one diameter."""

    diameter_mm: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a model, as it lies by itself; its body's figures are exact."""

    name: str  # as the file calls it; "" when it does not
    count: int  # so many of it are in the whole
    body: Mesh
    holes: tuple[Holes, ...]  # round ones, smallest first
    smallest_mm: float | None  # the narrowest round hole or pin


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Exact surfaces, alone or put together (STEP). The box is that of the whole."""

    unit: str  # as the file states it, "inch"; "" when it does not. Figures are mm
    x_mm: float
    y_mm: float
    z_mm: float
    parts: tuple[Part, ...]
    kind: Literal["model"] = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawingLayer:
    """Lines of one layer (DXF) or colour (SVG)."""

    name: str
    length_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Flat contours (DXF, SVG): what a laser, a cutter or a router follows."""

    unit: Unit | None
    width_mm: float
    height_mm: float
    cut_length_mm: float
    part_area_mm2: (
        float  # closed contours, those inside taken off; sheet: width x height
    )
    contours: int  # closed ones
    open_lines: int
    holes: tuple[Holes, ...]  # smallest first
    smallest_mm: Estimate | None  # smallest closed contour's narrower side
    layers: tuple[DrawingLayer, ...]
    corners: int = 0  # sharp turns on the way
    kind: Literal["drawing"] = "drawing"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLayer:
    """One Gerber file of a board."""

    role: Literal["copper", "mask", "legend", "paste", "outline", "other"]
    side: Literal["top", "bottom", "inner", ""]
    width_mm: float
    height_mm: float
    smallest_mm: float | None  # of what is drawn: the thinnest track
    area_mm2: float = 0.0  # painted
    way_mm: float = 0.0  # a 0.2 mm bit's around copper; an outline's own length
    ways: int = 0  # closed ones
    kind: Literal["board-layer"] = "board-layer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drills:
    """One drill file (Excellon) of a board."""

    plated: bool | None  # None: the file does not say
    width_mm: float
    height_mm: float
    holes: tuple[Holes, ...]  # smallest first
    slots: int
    kind: Literal["drills"] = "drills"


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A circuit board as its Gerber and drill files tell it together."""

    width_mm: float
    height_mm: float
    copper_layers: int
    holes: tuple[Holes, ...]  # smallest first
    slots: int
    smallest_mm: float | None  # the thinnest copper track
    way_mm: float  # of a 0.2 mm bit around all copper
    ways: int  # closed ones
    edge_mm: float  # all that is cut out
    missing: tuple[str, ...]  # in words for people; empty: it can be fabricated


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """G-code: what the machine will do, as its firmware plans it."""

    machine: Literal["printer", "laser-or-mill"]
    x_min_mm: float
    y_min_mm: float
    z_min_mm: float
    x_max_mm: float
    y_max_mm: float
    z_max_mm: float
    lines: int
    path_mm: float
    filament_mm: float  # drawn in; 0 for a laser or a mill
    material_g: Estimate | None
    duration_s: Estimate
    tool: str  # as the program's comments tell it: "nozzle 0.4 mm"; "" when they don't
    material: str  # likewise: "PLA"
    kind: Literal["program"] = "program"


@dataclass(frozen=True, slots=True, kw_only=True)
class BomLine:
    """One line of a bill of materials."""

    name: str
    quantity: float  # 0: the one that is told was refused
    reference: str  # "R1, R2" or a part number; "" when there is none
    source: str  # who sells it, or a link; "" when it is not told
    line: int = 0  # of the file, from 1; 0: not told


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsList:
    """A bill of materials as a table."""

    lines: tuple[BomLine, ...]
    kind: Literal["parts-list"] = "parts-list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An entry of an archive that was left out, and why."""

    name: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A folder in one file. Its entries are looked into one by one after unpacking."""

    names: tuple[str, ...]
    refused: tuple[Refused, ...]
    kind: Literal["archive"] = "archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Nothing to be made from: a text, a photo, a format that is not read here."""

    kind: Literal["other"] = "other"


type What = (
    Mesh | Model | Drawing | BoardLayer | Drills | Program | PartsList | Archive | Other
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one file tells. A file that can't be read is `Other` with a grave note."""

    name: str
    format: str  # "STL", "Gerber" …; "" when it is not known
    what: What
    notes: tuple[Note, ...] = ()

    @property
    def asks_for_unit(self) -> bool:
        """Whether a person must say if its numbers are millimetres or inches."""
        return isinstance(self.what, Mesh | Drawing) and self.what.unit is None

    @property
    def proposed_unit(self) -> Unit:
        """The likelier answer to that question."""
        what = self.what
        match what:
            case Mesh():
                longest_mm = max(what.x_mm, what.y_mm, what.z_mm)
            case Drawing():
                longest_mm = max(what.width_mm, what.height_mm)
            case _:
                return "mm"
        return "inch" if longest_mm < TINY_MM else "mm"


def in_inches(found: Found) -> Found:
    """The same file once a person has said that its numbers are inches."""
    match found.what:
        case Mesh() as mesh if mesh.unit is None:
            return replace(found, what=_mesh_in_inches(mesh))
        case Drawing() as drawing if drawing.unit is None:
            return replace(found, what=_drawing_in_inches(drawing))
        case _:
            return found


def in_millimetres(found: Found) -> Found:
    """The same file once a person has said that its numbers are millimetres."""
    match found.what:
        case (Mesh() | Drawing()) as what if what.unit is None:
            return replace(found, what=replace(what, unit="mm"))
        case _:
            return found


def _mesh_in_inches(mesh: Mesh) -> Mesh:
    k = INCH_MM
    return replace(
        mesh,
        unit="inch",
        x_mm=mesh.x_mm * k,
        y_mm=mesh.y_mm * k,
        z_mm=mesh.z_mm * k,
        volume_mm3=mesh.volume_mm3 * k**3,
        area_mm2=mesh.area_mm2 * k**2,
        overhang_mm2=mesh.overhang_mm2 * k**2,
        bottom_mm2=mesh.bottom_mm2 * k**2,
        thinnest_mm=mesh.thinnest_mm and mesh.thinnest_mm.scaled(k),
        slices=tuple(
            Slice(
                z_mm=cut.z_mm * k,
                area_mm2=cut.area_mm2 * k**2,
                outline_mm=cut.outline_mm * k,
            )
            for cut in mesh.slices
        ),
        reaches=mesh.reaches_in_inches,
        reaches_in_inches=(),
    )


def _drawing_in_inches(drawing: Drawing) -> Drawing:
    k = INCH_MM
    return replace(
        drawing,
        unit="inch",
        width_mm=drawing.width_mm * k,
        height_mm=drawing.height_mm * k,
        cut_length_mm=drawing.cut_length_mm * k,
        part_area_mm2=drawing.part_area_mm2 * k**2,
        holes=tuple(
            Holes(diameter_mm=hole.diameter_mm * k, count=hole.count)
            for hole in drawing.holes
        ),
        smallest_mm=drawing.smallest_mm and drawing.smallest_mm.scaled(k),
        layers=tuple(
            DrawingLayer(name=layer.name, length_mm=layer.length_mm * k)
            for layer in drawing.layers
        ),
    )
