"""DXF: the lines of its model space, blocks taken apart, hidden layers left out."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

import numpy as np
from ezdxf import path as paths
from ezdxf import recover
from ezdxf.disassemble import recursive_decompose
from ezdxf.document import Drawing as Document
from ezdxf.entities.dxfgfx import DXFGraphic
from ezdxf.lldxf.const import DXFError

from orchestrator.catalogue.files import child, flat, sketch
from orchestrator.catalogue.files.flat import CHORD_MM, LINES_MAX, Line
from orchestrator.catalogue.files.reading import Read, Source, UnreadableError
from orchestrator.catalogue.found import Note, Unit

# $INSUNITS: how many millimetres one unit is
_MM_OF_UNIT: Final = {1: 25.4, 2: 304.8, 4: 1.0, 5: 10.0, 6: 1000.0}
_INCHES: Final = frozenset({1, 2})
_DRAWN: Final = frozenset(
    {"LINE", "CIRCLE", "ARC", "ELLIPSE", "SPLINE", "LWPOLYLINE", "POLYLINE"}
)
_BROKEN: Final = (  # ezdxf trusts that groups are whole
    *(DXFError, OSError, ValueError, TypeError),
    *(LookupError, AttributeError, ArithmeticError),
)
_TEXTS: Final = frozenset({"TEXT", "MTEXT", "ATTRIB"})


def read(source: Source) -> Read:
    """Read a DXF, text or binary. Errors: UnreadableError."""
    try:
        document, _ = recover.readfile(source.path)
    except _BROKEN as error:
        raise UnreadableError(
            f"it is no DXF that can be understood ({str(error)[:200]}). "
            "Save it as DXF R2010"
        ) from error
    code = int(document.header.get("$INSUNITS", 0))
    factor = _MM_OF_UNIT.get(code, 1.0)
    unit: Unit | None = None
    if code in _MM_OF_UNIT:
        unit = "inch" if code in _INCHES else "mm"
    texts = 0
    lines: list[Line] = []
    for entity in islice(_entities(document), LINES_MAX + 1):
        if entity.dxftype() in _TEXTS:
            texts += 1
        if entity.dxftype() in _DRAWN:
            lines += _lines(entity, factor)
    drawing, notes = flat.measure(lines, unit)
    if texts:
        notes += (_texts_note(texts),)
    shown = [line.points for line in lines if flat.is_somewhere(line)]
    picture = sketch.picture([sketch.Stroke(points=points) for points in shown])
    return Read(format="DXF", what=drawing, notes=notes, picture=picture)


def _entities(document: Document) -> Iterator[DXFGraphic]:
    for entity in recursive_decompose(document.modelspace()):
        if not isinstance(entity, DXFGraphic) or entity.dxf.get("invisible", 0):
            continue
        name = entity.dxf.get("layer", "0")
        layer = document.layers.get(name) if document.layers.has_entry(name) else None
        if layer is None or not (layer.is_off() or layer.is_frozen()):
            yield entity


def _lines(entity: DXFGraphic, factor: float) -> Iterator[Line]:
    try:
        whole = paths.make_path(entity)
        for part in whole.sub_paths():
            points = [(at.x, at.y) for at in part.flattening(CHORD_MM / factor)]
            yield Line(
                points=np.array(points, np.float64) * factor,
                layer=str(entity.dxf.get("layer", "0"))[:80],
            )
    except (DXFError, ValueError, TypeError, ArithmeticError):
        # a broken curve is told as one, the others are kept
        yield Line(points=np.full((2, 2), np.nan), layer="")


def _texts_note(texts: int) -> Note:
    return Note(
        code="texts",
        words=f"{texts} texts are not counted: a machine has no fonts. Turn them into "
        "outlines if they are to be cut.",
    )


if __name__ == "__main__":
    child.run(read)
