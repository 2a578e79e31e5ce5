"""One Gerber layer (RS-274X, X2): which it is, its size, what it paints.

Own reading: the libraries of the trade bring web servers or drawing programs along.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from orchestrator.catalogue.files import child, flat, shade, sketch
from orchestrator.catalogue.files.layer_names import function_of, layer_of
from orchestrator.catalogue.files.painted import Piece, paint, reach
from orchestrator.catalogue.files.pen import Pen
from orchestrator.catalogue.files.reading import Read, Source, UnreadableError
from orchestrator.catalogue.found import BoardLayer, Drills, Holes, Note

BIT_MM: Final = 0.2  # the usual engraving bit, where its tip meets the copper


def read(source: Source) -> Read:
    """Read a Gerber layer, or a drill file in Gerber's words. Errors: UnreadableError."""
    text = source.content.decode("latin-1")
    pen = Pen()
    pen.plot(text)
    if not pen.has_format:
        raise UnreadableError(
            "it does not say how its numbers are written (%FS). Plot this layer again "
            "as RS-274X or Gerber X2"
        )
    notes = _notes(pen)
    if not any(piece.dark for piece in pen.pieces):
        return _empty(source.name, text, notes)
    function = function_of(text)
    if function and function[0] in {"Plated", "NonPlated"}:
        return _drills(pen.pieces, plated=function[0] == "Plated", notes=notes)
    role, side = layer_of(source.name, text)
    if role == "outline":
        return _outline(pen.pieces, notes)
    low, high = reach(pen.pieces)
    painted = paint(pen.pieces, margin_mm=BIT_MM)
    way_mm, ways = painted.around(BIT_MM / 2) if role == "copper" else (0.0, 0)
    tracks = [p.round_mm for p in pen.pieces if p.dark and p.is_line and p.round_mm > 0]
    layer = BoardLayer(
        role=role,
        side=side,
        width_mm=float(high[0] - low[0]),
        height_mm=float(high[1] - low[1]),
        smallest_mm=min(tracks, default=None),
        area_mm2=painted.area_mm2,
        way_mm=way_mm,
        ways=ways,
    )
    return Read(
        format="Gerber",
        what=layer,
        notes=notes if role != "other" else (*notes, _UNKNOWN_LAYER),
        picture=shade.cover(painted.mask),
    )


def _outline(pieces: Sequence[Piece], notes: tuple[Note, ...]) -> Read:
    """A board's edge is the middle of its line."""
    dark = [piece for piece in pieces if piece.dark]
    low, high = reach(dark, cores=True)
    lines = [
        flat.Line(
            points=core if piece.is_line else np.vstack([core, core[:1]]), layer=""
        )
        for piece in dark
        if piece.core.shape[1] > 1
        for core in piece.core
    ]
    way_mm, ways = 0.0, 0
    if lines:
        drawing, _ = flat.measure(lines, "mm")
        way_mm, ways = drawing.cut_length_mm, drawing.contours + drawing.open_lines
        if drawing.open_lines:
            notes = (*notes, _OPEN_OUTLINE)
    layer = BoardLayer(
        role="outline",
        side="",
        width_mm=float(high[0] - low[0]),
        height_mm=float(high[1] - low[1]),
        smallest_mm=None,
        area_mm2=0.0,
        way_mm=way_mm,
        ways=ways,
    )
    strokes = [sketch.Stroke(points=line.points) for line in lines]
    return Read(
        format="Gerber",
        what=layer,
        notes=notes,
        picture=sketch.picture(strokes) if strokes else b"",
    )


def _drills(pieces: Sequence[Piece], *, plated: bool, notes: tuple[Note, ...]) -> Read:
    """Flashes are holes, lines are slots."""
    counted: Counter[float] = Counter()
    slots = 0
    for piece in pieces:
        if piece.is_line:
            slots += len(piece.core)
        else:
            counted[round(piece.round_mm, 3)] += len(piece.core)
    low, high = reach(pieces, cores=True)
    found = Drills(
        plated=plated,
        width_mm=float(high[0] - low[0]),
        height_mm=float(high[1] - low[1]),
        holes=tuple(
            Holes(diameter_mm=diameter_mm, count=count)
            for diameter_mm, count in sorted(counted.items())
        ),
        slots=slots,
    )
    return Read(
        format="Gerber",
        what=found,
        notes=notes,
        picture=shade.cover(paint(pieces).mask),
    )


def _empty(name: str, text: str, notes: tuple[Note, ...]) -> Read:
    """Programs plot layers on which there is nothing, too."""
    role, side = layer_of(name, text)
    layer = BoardLayer(
        role=role,
        side=side,
        width_mm=0.0,
        height_mm=0.0,
        smallest_mm=None,
        area_mm2=0.0,
        way_mm=0.0,
        ways=0,
    )
    return Read(format="Gerber", what=layer, notes=(*notes, _NOTHING))


def _notes(pen: Pen) -> tuple[Note, ...]:
    notes = []
    if not pen.has_unit:
        notes.append(_NO_UNIT)
    if pen.negative:
        notes.append(_NEGATIVE)
    if pen.undefined:
        names = ", ".join(f"D{number}" for number in sorted(pen.undefined)[:10])
        notes.append(
            Note(
                code="undefined-apertures",
                words=f"The file uses tools that it does not describe ({names}): what "
                "they draw was left out. Plot it with apertures in the file (RS-274X).",
                grave=True,
            )
        )
    return tuple(notes)


_UNKNOWN_LAYER: Final = Note(
    code="unknown-layer",
    words="The file does not say which layer it is. Name it as your program does, for "
    "example board.GTL for the top copper.",
)
_OPEN_OUTLINE: Final = Note(
    code="open-outline",
    words="The board's outline does not close. Join its ends, so that it is clear where "
    "the board is cut.",
)
_NOTHING: Final = Note(code="empty-layer", words="Nothing is drawn on this layer.")
_NO_UNIT: Final = Note(
    code="no-unit",
    words="The file does not say if it is in mm or inch. It was taken for inch, as old "
    "programs mean it.",
)
_NEGATIVE: Final = Note(
    code="negative-image",
    words="The whole layer is meant as its negative, as old programs did for planes: "
    "what is told here is what is drawn, not what is copper.",
)

if __name__ == "__main__":
    child.run(read)
