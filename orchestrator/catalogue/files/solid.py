"""A shape of exact surfaces (B-rep) measured by OpenCASCADE, and cut into triangles."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from math import pi
from pathlib import Path
from typing import Any, Final

from OCP.Bnd import Bnd_Box
from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Surface
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepGProp import BRepGProp, BRepGProp_Face
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.GeomAbs import GeomAbs_SurfaceType
from OCP.gp import gp_Pnt, gp_Vec
from OCP.GProp import GProp_GProps
from OCP.StlAPI import StlAPI_Writer
from OCP.TopAbs import TopAbs_ShapeEnum
from OCP.TopExp import TopExp_Explorer
from OCP.TopoDS import TopoDS

from orchestrator.catalogue.found import Holes

FINE: Final = 1_000  # of the longest side: how far triangles may be from the surface
FINEST_MM: Final = 0.01
COARSEST_MM: Final = 0.5
BEND: Final = 0.35  # radians between neighbouring triangles of a curve
ROUND: Final = 2 * pi - 0.01
DIGITS: Final = 3
ASIDE: Final = 0.000_123  # no drawn number lies where rounding is undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """What the surfaces themselves tell, in mm."""

    size_mm: tuple[float, float, float]
    volume_mm3: float  # of its solids
    area_mm2: float
    solids: int
    is_closed: bool  # every face bounds a solid, every shell is closed
    holes: tuple[Holes, ...]  # round ones, smallest first
    smallest_mm: float | None  # the narrowest round hole or pin


@dataclass(frozen=True, slots=True)
class _Bore:
    """A cylindrical face: inside or outside, from where to where, how far around."""

    is_hole: bool
    start_mm: float
    end_mm: float
    around: float  # radians
    radius_mm: float


def measure(shape: Any) -> Exact:
    """Measure a TopoDS_Shape whose unit is mm."""
    box = Bnd_Box()
    BRepBndLib.AddOptimal_s(shape, box, False, False)
    low, high = box.CornerMin(), box.CornerMax()
    solids = list(_inside(shape, TopAbs_ShapeEnum.TopAbs_SOLID))
    loose = TopExp_Explorer(
        shape, TopAbs_ShapeEnum.TopAbs_FACE, TopAbs_ShapeEnum.TopAbs_SOLID
    )
    shells = _inside(shape, TopAbs_ShapeEnum.TopAbs_SHELL)
    area = GProp_GProps()
    BRepGProp.SurfaceProperties_s(shape, area)
    holes, pins_mm = _round_things(shape)
    widths = [hole.diameter_mm for hole in holes] + pins_mm
    return Exact(
        size_mm=(high.X() - low.X(), high.Y() - low.Y(), high.Z() - low.Z()),
        volume_mm3=sum(_volume_mm3(solid) for solid in solids),
        area_mm2=area.Mass(),
        solids=len(solids),
        is_closed=bool(solids)
        and not loose.More()
        and all(BRep_Tool.IsClosed_s(shell) for shell in shells),
        holes=holes,
        smallest_mm=min(widths, default=None),
    )


def has_faces(shape: Any) -> bool:
    """Whether there is anything to be made: lines and points alone are not."""
    return bool(TopExp_Explorer(shape, TopAbs_ShapeEnum.TopAbs_FACE).More())


def write_triangles(
    shape: Any, size_mm: tuple[float, float, float], path: Path
) -> None:
    """Cut the shape into triangles and write them to `path` as a binary STL."""
    off_mm = min(max(max(size_mm) / FINE, FINEST_MM), COARSEST_MM)
    BRepMesh_IncrementalMesh(shape, off_mm, False, BEND, False)
    writer = StlAPI_Writer()
    writer.ASCIIMode = False
    writer.Write(shape, str(path))


def _inside(shape: Any, kind: TopAbs_ShapeEnum) -> Iterator[Any]:
    explorer = TopExp_Explorer(shape, kind)
    while explorer.More():
        yield explorer.Current()
        explorer.Next()


def _volume_mm3(solid: Any) -> float:
    volume = GProp_GProps()
    BRepGProp.VolumeProperties_s(solid, volume)
    return abs(float(volume.Mass()))


def _round_things(shape: Any) -> tuple[tuple[Holes, ...], list[float]]:
    """Round holes by diameter, and the diameters of what is round outside."""
    bores: defaultdict[tuple[float, ...], list[_Bore]] = defaultdict(list)
    for face in _inside(shape, TopAbs_ShapeEnum.TopAbs_FACE):
        surface = BRepAdaptor_Surface(TopoDS.Face(face))
        if surface.GetType() == GeomAbs_SurfaceType.GeomAbs_Cylinder:
            axis, bore = _bore(TopoDS.Face(face), surface)
            bores[axis].append(bore)
    counts: defaultdict[float, int] = defaultdict(int)
    pins_mm = []
    for faces in bores.values():
        diameter_mm = round(2 * faces[0].radius_mm, DIGITS)
        counts[diameter_mm] += _full(bore for bore in faces if bore.is_hole)
        if _full(bore for bore in faces if not bore.is_hole):
            pins_mm.append(diameter_mm)
    holes = (
        Holes(diameter_mm=diameter_mm, count=count)
        for diameter_mm, count in sorted(counts.items())
        if count
    )
    return tuple(holes), pins_mm


def _bore(face: Any, surface: Any) -> tuple[tuple[float, ...], _Bore]:
    """The face's axis with its radius, the same for all faces of one hole, and itself.

    The axis is told by its direction, first number that is not 0 positive, and by its
    place nearest the origin.
    """
    cylinder = surface.Cylinder()
    along = cylinder.Axis().Direction()
    start = cylinder.Location()
    way = [along.X(), along.Y(), along.Z()]
    place = [start.X(), start.Y(), start.Z()]
    sign = next((1 if x > 0 else -1 for x in way if abs(x) > 1e-6), 1)
    way = [sign * x for x in way]
    far_mm = sum(p * w for p, w in zip(place, way, strict=True))
    nearest = [p - far_mm * w for p, w in zip(place, way, strict=True)]
    ends = [
        far_mm + sign * v for v in (surface.FirstVParameter(), surface.LastVParameter())
    ]
    u = (surface.FirstUParameter() + surface.LastUParameter()) / 2
    v = (surface.FirstVParameter() + surface.LastVParameter()) / 2
    at, out = gp_Pnt(), gp_Vec()
    BRepGProp_Face(face).Normal(u, v, at, out)
    from_axis = gp_Vec(start, at)
    numbers = (*way, *nearest, cylinder.Radius())
    key = tuple(round(number + ASIDE, DIGITS) for number in numbers)
    return key, _Bore(
        is_hole=out.Dot(from_axis) < 0,
        start_mm=min(ends),
        end_mm=max(ends),
        around=surface.LastUParameter() - surface.FirstUParameter(),
        radius_mm=float(cylinder.Radius()),
    )


def _full(faces: Iterator[_Bore]) -> int:
    """How many of these faces of one axis, put together where they touch, go around."""
    count, end_mm, turned = 0, float("-inf"), 0.0
    for face in sorted(faces, key=lambda each: each.start_mm):
        if face.start_mm > end_mm + 10**-DIGITS:
            count += turned >= ROUND
            turned = 0.0
        turned += face.around
        end_mm = max(end_mm, face.end_mm)
    return count + (turned >= ROUND)
