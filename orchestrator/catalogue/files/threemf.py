"""3MF: the bodies on its build plate, in the unit that it states."""

import re
import zipfile
import zlib
from array import array
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element, ParseError, iterparse

import numpy as np

from orchestrator.catalogue.files import child, mesh, shade
from orchestrator.catalogue.files.reading import Floats, Read, Source, UnreadableError

_MM_OF: Final = {
    "micron": 0.001,
    "millimeter": 1.0,
    "centimeter": 10.0,
    "inch": 25.4,
    "foot": 304.8,
    "meter": 1000.0,
}
MODEL_MAX_BYTES: Final = 512 << 20
TRIANGLES_MAX: Final = 2_000_000
DEPTH_MAX: Final = 8
_MODEL: Final = re.compile(r"/?3D/.*\.model", re.IGNORECASE)


@dataclass(slots=True)
class _Body:
    """One object: its own triangles (n, 3, 3), or other objects put in places."""

    triangles: Floats | None
    parts: list[tuple[str, Floats]]  # key of an object, transform (4, 3)


@dataclass(slots=True)
class _Model:
    """All models of the file together; keys are the model's path and the object's id."""

    bodies: dict[str, _Body] = field(default_factory=dict)
    placed: list[tuple[str, Floats]] = field(default_factory=list)


def read(source: Source) -> Read:
    """Read a 3MF. Errors: UnreadableError."""
    model = _Model()
    try:
        with zipfile.ZipFile(source.path) as packed:
            for entry in packed.infolist():
                if _MODEL.fullmatch(entry.filename):
                    _read_model(packed, entry, model)
    except (zipfile.BadZipFile, zlib.error, ParseError, EOFError, OSError) as error:
        raise UnreadableError(
            f"it is no 3MF that can be understood ({str(error)[:200]}). Export it again"
        ) from error
    except (ValueError, TypeError, NotImplementedError, RuntimeError) as error:
        raise UnreadableError(
            f"a number or a part of it can't be read ({str(error)[:200]}). "
            "Export it again"
        ) from error
    placed = model.placed or [(key, _here()) for key in model.bodies]
    found: list[Floats] = []
    for key, transform in placed:
        _collect(model, key, [transform], found)
    if not found:
        raise UnreadableError("nothing stands on its build plate. Export it again")
    triangles = np.concatenate(found)
    measured, notes = mesh.measure(triangles, "mm")
    return Read(
        format="3MF",
        what=measured,
        notes=notes,
        picture=shade.picture(triangles),
        view=shade.view(triangles),
    )


def _read_model(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, model: _Model) -> None:
    if entry.file_size > MODEL_MAX_BYTES:
        raise UnreadableError(
            f"its model is larger than {MODEL_MAX_BYTES >> 20} MB. Make it simpler"
        )
    here = entry.filename.lstrip("/")
    factor = 1.0
    vertices, corners = array("d"), array("q")
    parts: list[tuple[str, Floats]] = []
    with packed.open(entry) as stream:
        # expat itself stops entity bombs, this process's limits all others
        for event, element in iterparse(stream, ("start", "end")):  # noqa: S314
            tag = element.tag.rpartition("}")[2]
            if event == "start":
                if tag == "model":
                    factor = _MM_OF.get(element.get("unit", "millimeter"), 1.0)
                continue
            if tag == "vertex":
                vertices.extend(float(element.get(axis, "nan")) for axis in "xyz")
            elif tag == "triangle":
                corners.extend(int(element.get(v, "-1")) for v in ("v1", "v2", "v3"))
            elif tag in {"component", "item"}:
                key = f"{_path(element) or here}#{element.get('objectid')}"
                place = (key, _transform(element.get("transform"), factor))
                (parts if tag == "component" else model.placed).append(place)
            elif tag == "object":
                key = f"{here}#{element.get('id')}"
                body = _triangles(vertices, corners, factor)
                model.bodies[key] = _Body(triangles=body, parts=parts)
                vertices, corners, parts = array("d"), array("q"), []
            if tag != "model":
                element.clear()


def _path(element: Element) -> str:
    """The model of another file that the part is in (production extension)."""
    for name, value in element.attrib.items():
        if name.rpartition("}")[2] == "path":
            return value.lstrip("/")
    return ""


def _triangles(
    vertices: "array[float]", corners: "array[int]", factor: float
) -> Floats | None:
    if not corners:
        return None
    places = np.array(vertices, np.float64).reshape(-1, 3) * factor
    which = np.array(corners, np.int64).reshape(-1, 3)
    if which.min() < 0 or which.max() >= len(places):
        raise UnreadableError("a triangle names a corner that is not there")
    return places[which]


def _here() -> Floats:
    return np.vstack([np.eye(3), np.zeros(3)])


def _transform(text: str | None, factor: float) -> Floats:
    """The transform (4, 3) of row vectors as 3MF writes it; its last row is a shift."""
    if text is None:
        return _here()
    numbers = np.array([float(each) for each in text.split()], np.float64)
    if len(numbers) != 12 or not np.isfinite(numbers).all():
        raise UnreadableError(f"a place has 12 numbers, not {text[:80]!r}")
    transform: Floats = numbers.reshape(4, 3)
    transform[3] *= factor
    return transform


def _collect(
    model: _Model, key: str, transforms: list[Floats], found: list[Floats]
) -> None:
    """Put a body's triangles, and those of its parts, where they belong."""
    if len(transforms) > DEPTH_MAX:
        raise UnreadableError("its parts are nested too deeply, or within themselves")
    body = model.bodies.get(key)
    if body is None:
        raise UnreadableError(f"it places an object {key[:80]!r} that is not there")
    if body.triangles is not None:
        placed = body.triangles
        for transform in reversed(transforms):
            placed = placed @ transform[:3] + transform[3]
        found.append(placed)
        if sum(len(each) for each in found) > TRIANGLES_MAX:
            raise UnreadableError(f"it has more than {TRIANGLES_MAX} triangles")
    for part, transform in body.parts:
        _collect(model, part, [*transforms, transform], found)


if __name__ == "__main__":
    child.run(read)
