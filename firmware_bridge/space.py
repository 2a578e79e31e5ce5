"""Points and boxes in millimetres."""

from collections.abc import Sequence
from dataclasses import dataclass

type Point = tuple[float, float, float]

AXES = "XYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A volume with its sides along the axes; both corners belong to it."""

    min_mm: Point
    max_mm: Point

    def __post_init__(self) -> None:
        if any(low > high for low, high in zip(self.min_mm, self.max_mm, strict=True)):
            raise ValueError(f"box upside down: {self.min_mm} .. {self.max_mm}")

    @property
    def size_mm(self) -> Point:
        """Lengths of the sides."""
        (x0, y0, z0), (x1, y1, z1) = self.min_mm, self.max_mm
        return (x1 - x0, y1 - y0, z1 - z0)

    def moved_by(self, offset_mm: Point) -> "Box":
        """The same box with both corners shifted."""
        return Box(
            min_mm=plus(self.min_mm, offset_mm), max_mm=plus(self.max_mm, offset_mm)
        )


def plus(a: Point, b: Point) -> Point:
    """Sum, axis by axis."""
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def minus(a: Point, b: Point) -> Point:
    """Difference, axis by axis."""
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def is_at(
    place: Point | None, planned: Sequence[float | None], tolerance_mm: float
) -> bool:
    """Whether a place is the planned one; an axis planned as None may be anywhere."""
    return place is not None and all(
        goal is None or abs(at - goal) <= tolerance_mm
        for at, goal in zip(place, planned, strict=True)
    )


def told(place: Point | None) -> str:
    """A place for people."""
    if place is None:
        return "an unknown place"
    return " ".join(f"{axis}{at:.3f}" for axis, at in zip(AXES, place, strict=True))
