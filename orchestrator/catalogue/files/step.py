"""STEP: parts of exact surfaces, how often each is there, and where.

OpenCASCADE reads it where the extra `step` is installed; `apart` asks for it before.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from OCP.collections import Sequence_TCollection_AsciiString, Sequence_TDF_Label
from OCP.IFSelect import IFSelect_ReturnStatus
from OCP.Standard import Standard_Failure
from OCP.STEPCAFControl import STEPCAFControl_Reader
from OCP.TCollection import TCollection_AsciiString, TCollection_ExtendedString
from OCP.TDataStd import TDataStd_Name
from OCP.TDF import TDF_Label, TDF_Tool
from OCP.TDocStd import TDocStd_Document
from OCP.TopLoc import TopLoc_Location
from OCP.XCAFDoc import XCAFDoc_DocumentTool, XCAFDoc_ShapeTool

from orchestrator.catalogue.files import child, mesh, shade, solid, stl
from orchestrator.catalogue.files.reading import Floats, Read, Source, UnreadableError
from orchestrator.catalogue.found import Model, Note, Part

PARTS_MAX: Final = 50  # as many as a bill of process has steps
PLACED_MAX: Final = 2_000
DEPTH_MAX: Final = 32
TRIANGLES_MAX: Final = 2_000_000
NAME_MAX: Final = 60
_END: Final = b"END-ISO-10303-21"
_PLACE: Final = re.compile(r"Line \d+|#\d+")  # in OpenCASCADE's words
_ELSEWHERE: Final = re.compile(rb"DOCUMENT_FILE", re.IGNORECASE)


@dataclass(slots=True)
class _Kind:
    """One shape of the file, and the transforms (4, 3) to each place where it is."""

    name: str
    shape: Any
    places: list[Floats] = field(default_factory=list)


def read(source: Source) -> Read:
    """Read a STEP file. Errors: UnreadableError."""
    _check(source.content)
    try:
        reader = _read_by_opencascade(source.path)
        kinds = _kinds(_transferred(reader))
        unit = _unit(reader)
        with tempfile.TemporaryDirectory() as folder:
            into = source.into or Path(folder)
            found = [_part(kind, into / str(n)) for n, kind in enumerate(kinds)]
    except Standard_Failure as error:
        raise UnreadableError(
            f"its shapes can't be understood ({str(error)[:200]}). Export it again"
        ) from error
    placed = [
        triangles @ place[:3] + place[3]
        for (_, triangles, _), kind in zip(found, kinds, strict=True)
        for place in kind.places
    ]
    whole = np.concatenate(placed)
    parts = tuple(part for part, _, _ in found)
    x_mm, y_mm, z_mm = _size_mm(parts, whole)
    notes = [] if unit else [_NO_UNIT]
    return Read(
        format="STEP",
        what=Model(
            unit=unit,
            x_mm=x_mm,
            y_mm=y_mm,
            z_mm=z_mm,
            parts=parts,
        ),
        notes=(*notes, *(note for _, _, said in found for note in said)),
        picture=shade.picture(whole),
        view=shade.view(whole),
    )


def _check(content: bytes) -> None:
    if _END not in content[-4_096:]:
        raise UnreadableError("its end is missing, it was cut short. Upload it again")
    if _ELSEWHERE.search(content):
        raise UnreadableError(
            "it refers to parts in other files. Export everything into one file"
        )


def _read_by_opencascade(path: Path) -> Any:
    reader = STEPCAFControl_Reader()
    reader.SetNameMode(True)
    reader.SetColorMode(False)
    reader.SetLayerMode(False)
    if reader.ReadFile(str(path)) != IFSelect_ReturnStatus.IFSelect_RetDone:
        raise UnreadableError("it is no STEP that can be understood. Export it again")
    faults = reader.ChangeReader().StepModel().GlobalCheck(True)
    if faults.NbFails():  # OpenCASCADE would leave shapes out without a word, or crash
        first = str(faults.CFail(1, True))
        where = _PLACE.search(first)
        at = where[0].lower() if where else first[:80]
        raise UnreadableError(
            f"it is damaged, first at {at} (faults: {faults.NbFails()}). Upload it "
            "again, or export it anew"
        )
    return reader


def _transferred(reader: Any) -> Any:
    document = TDocStd_Document(TCollection_ExtendedString("XmlOcaf"))
    if not reader.Transfer(document):
        raise UnreadableError("there is no shape in it. Export the parts as solids")
    return document


def _unit(reader: Any) -> str:
    """The unit that the file states; "" where it states none."""
    lengths, *others = (Sequence_TCollection_AsciiString() for _ in range(3))
    reader.ChangeReader().FileUnits(lengths, *others)
    return next((str(length.ToCString()) for length in lengths), "")


def _kinds(document: Any) -> list[_Kind]:
    """Each different part with its places, in the order of the file."""
    tool = XCAFDoc_DocumentTool.ShapeTool_s(document.Main())
    free = Sequence_TDF_Label()
    tool.GetFreeShapes(free)
    kinds: dict[str, _Kind] = {}
    placed = 0
    for each in free:
        for label, place in _leaves(each, TopLoc_Location(), 0):
            placed += 1
            if placed > PLACED_MAX:
                raise UnreadableError(
                    f"it puts more than {PLACED_MAX} parts together. Upload it in "
                    "smaller assemblies"
                )
            kind = _kind(label, kinds)
            kind.places.append(_transform(place))
    kept = [kind for kind in kinds.values() if solid.has_faces(kind.shape)]
    if not kept:
        raise UnreadableError("nothing in it has a surface. Export the parts as solids")
    if len(kept) > PARTS_MAX:
        raise UnreadableError(
            f"it has {len(kept)} different parts, at most {PARTS_MAX} are looked into. "
            "Upload it in smaller assemblies, without what is bought"
        )
    return kept


def _leaves(label: Any, place: Any, depth: int) -> Iterator[tuple[Any, Any]]:
    """The parts in an assembly, each with its place in the whole."""
    if depth > DEPTH_MAX:
        raise UnreadableError("its parts are nested too deeply, or within themselves")
    if XCAFDoc_ShapeTool.IsReference_s(label):
        referred = TDF_Label()
        XCAFDoc_ShapeTool.GetReferredShape_s(label, referred)
        there = place.Multiplied(XCAFDoc_ShapeTool.GetLocation_s(label))
        yield from _leaves(referred, there, depth + 1)
    elif XCAFDoc_ShapeTool.IsAssembly_s(label):
        inner = Sequence_TDF_Label()
        XCAFDoc_ShapeTool.GetComponents_s(label, inner, False)
        for each in inner:
            yield from _leaves(each, place, depth + 1)
    else:
        yield label, place


def _kind(label: Any, kinds: dict[str, _Kind]) -> _Kind:
    entry = TCollection_AsciiString()
    TDF_Tool.Entry_s(label, entry)
    key = entry.ToCString()
    if key not in kinds:
        shape = XCAFDoc_ShapeTool.GetShape_s(label)
        kinds[key] = _Kind(name=_name(label), shape=shape)
    return kinds[key]


def _name(label: Any) -> str:
    told = TDataStd_Name()
    if not label.FindAttribute(TDataStd_Name.GetID_s(), told):
        return ""
    text = told.Get().ToExtString()
    printed = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(printed.split())[:NAME_MAX]


def _transform(place: Any) -> Floats:
    """The transform (4, 3) of row vectors; its last row is a shift."""
    moved = place.Transformation()
    return np.array(
        [[moved.Value(row, column) for row in (1, 2, 3)] for column in (1, 2, 3, 4)]
    )


def _part(kind: _Kind, path: Path) -> tuple[Part, Floats, tuple[Note, ...]]:
    """The part, its triangles, which are also left at `path`, and what is wrong with it."""
    exact = solid.measure(kind.shape)
    solid.write_triangles(kind.shape, exact.size_mm, path)
    triangles, _ = stl.triangles_of(path.read_bytes())
    if len(triangles) * len(kind.places) > TRIANGLES_MAX:
        raise UnreadableError(
            f"its surfaces need more than {TRIANGLES_MAX} triangles. Make it simpler"
        )
    body, _ = mesh.measure(triangles, "mm")
    x_mm, y_mm, z_mm = exact.size_mm
    part = Part(
        name=kind.name,
        count=len(kind.places),
        body=replace(
            body,
            x_mm=x_mm,
            y_mm=y_mm,
            z_mm=z_mm,
            bodies=exact.solids or body.bodies,
            volume_mm3=exact.volume_mm3 if exact.is_closed else body.volume_mm3,
            area_mm2=exact.area_mm2,
            watertight=exact.is_closed,
        ),
        holes=exact.holes,
        smallest_mm=exact.smallest_mm,
    )
    return part, triangles, () if exact.is_closed else (_open(kind.name),)


def _size_mm(parts: Sequence[Part], whole: Floats) -> tuple[float, float, float]:
    """Of one part, which lies as the file says, exact; of several, of its triangles."""
    if len(parts) == 1 and parts[0].count == 1:
        body = parts[0].body
        return body.x_mm, body.y_mm, body.z_mm
    x_mm, y_mm, z_mm = whole.max(axis=(0, 1)) - whole.min(axis=(0, 1))
    return float(x_mm), float(y_mm), float(z_mm)


def _open(name: str) -> Note:
    return Note(
        code="not-solid",
        words=f"{name or 'A part'} is made of surfaces that do not close. Join them to "
        "a solid in your CAD and export it again.",
        grave=True,
    )


_NO_UNIT: Final = Note(
    code="no-unit",
    words="The file does not say its unit. It was read as millimetres.",
)

if __name__ == "__main__":
    child.run(read)
