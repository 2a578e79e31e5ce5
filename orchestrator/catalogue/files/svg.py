"""SVG: its outlines in millimetres, transforms applied, hidden things left out."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final
from xml.etree.ElementTree import ParseError

import numpy as np
from svgelements import SVG, Close, Image, Move, Path, Shape, Text
from svgelements import Line as Straight

from orchestrator.catalogue.files import child, flat, sketch
from orchestrator.catalogue.files.flat import CHORD_MM, LINES_MAX, Line
from orchestrator.catalogue.files.reading import Read, Source, UnreadableError
from orchestrator.catalogue.found import INCH_MM, Note

PIXELS_PER_INCH: Final = 96.0  # as CSS defines a pixel
_MM_OF_PIXEL: Final = INCH_MM / PIXELS_PER_INCH
_PIECES_MAX: Final = 64
_SIZED: Final = re.compile(
    rb"<(?:\w+:)?svg\b[^>]*\swidth\s*=\s*[\"']\s*[\d.eE+-]+\s*(mm|cm|in|pt|pc|m)\s*[\"']"
)


def read(source: Source) -> Read:
    """Read an SVG. Errors: UnreadableError."""
    content = source.content
    try:
        document = SVG.parse(str(source.path), ppi=PIXELS_PER_INCH, reify=True)
        elements = list(islice(document.elements(), LINES_MAX + 1))
        lines = [line for each in elements for line in _lines(each)]
    except (ParseError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise UnreadableError(
            f"it is no SVG that can be understood ({str(error)[:200]}). Export it "
            "again as plain SVG"
        ) from error
    drawing, notes = flat.measure(lines, "mm")
    left_out = sum(isinstance(each, Text | Image) for each in elements)
    if left_out:
        notes += (_left_out_note(left_out),)
    if not _SIZED.search(content):
        notes += (
            Note(
                code="size-from-pixels",
                words="The SVG says no size in mm or inches. By its pixels, 96 per "
                f"inch, it is {drawing.width_mm:.1f} x {drawing.height_mm:.1f} mm. "
                "If that is wrong, set the document's unit to mm.",
            ),
        )
    shown = [line.points for line in lines if flat.is_somewhere(line)]
    picture = sketch.picture([sketch.Stroke(points=points) for points in shown])
    return Read(format="SVG", what=drawing, notes=notes, picture=picture)


def _lines(element: object) -> Iterator[Line]:
    if not isinstance(element, Shape):
        return
    stroke = element.stroke
    layer = "filled" if stroke is None or stroke.value is None else str(stroke.hex)
    for run in _runs(Path(element)):
        yield Line(points=np.array(run, np.float64) * [1, -1], layer=layer)


def _runs(path: Path) -> Iterator[list[tuple[float, float]]]:
    run: list[tuple[float, float]] = []
    for segment in path:
        if isinstance(segment, Move):
            if run:
                yield run
            run = []
        if segment.end is None:
            continue
        if not run and segment.start is not None and not isinstance(segment, Move):
            run = [_place(segment.start)]
        if isinstance(segment, Move | Straight | Close):
            run.append(_place(segment.end))
        else:
            left, low, right, high = segment.bbox()
            across_mm = (right - left + high - low) * _MM_OF_PIXEL
            count = int(min(_PIECES_MAX, 4 + (across_mm / CHORD_MM) ** 0.5))
            run += [_place(segment.point(n / count)) for n in range(1, count + 1)]
    if run:
        yield run


def _place(point: complex) -> tuple[float, float]:
    return float(point.real) * _MM_OF_PIXEL, float(point.imag) * _MM_OF_PIXEL


def _left_out_note(count: int) -> Note:
    return Note(
        code="texts",
        words=f"{count} texts or photos are not counted: they have no outline to "
        "follow. Turn them into paths if they are to be cut.",
    )


if __name__ == "__main__":
    child.run(read)
