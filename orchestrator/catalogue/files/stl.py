"""STL, binary and text: triangles and nothing else, not even a unit."""

import re
from typing import Final

import numpy as np

from orchestrator.catalogue.files import child, mesh, shade
from orchestrator.catalogue.files.reading import Floats, Read, Source, UnreadableError
from orchestrator.catalogue.found import Note

_HEAD_BYTES: Final = 84
_FACET: Final = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("", "V2")])
_VERTEX: Final = re.compile(
    rb"vertex\s+([-+.\w]{1,40})\s+([-+.\w]{1,40})\s+([-+.\w]{1,40})", re.IGNORECASE
)


def read(source: Source) -> Read:
    """Read an STL. Errors: UnreadableError."""
    triangles, notes = triangles_of(source.content)
    measured, more = mesh.measure(triangles, None)
    return Read(
        format="STL",
        what=measured,
        notes=notes + more,
        picture=shade.picture(triangles),
        view=shade.view(triangles),
    )


def triangles_of(content: bytes) -> tuple[Floats, tuple[Note, ...]]:
    """The triangles (n, 3, 3) as they stand in the file. Errors: UnreadableError."""
    if content[:5].lower() == b"solid" and b"facet" in content[:4096].lower():
        return _text(content), ()
    return _binary(content)


def _binary(content: bytes) -> tuple[Floats, tuple[Note, ...]]:
    if len(content) < _HEAD_BYTES:
        raise UnreadableError(
            f"{len(content)} bytes are no STL: a binary one begins with 84. "
            "Export it again"
        )
    told = int.from_bytes(content[80:84], "little")
    there = (len(content) - _HEAD_BYTES) // _FACET.itemsize
    facets = np.frombuffer(content, _FACET, count=min(told, there), offset=_HEAD_BYTES)
    with np.errstate(invalid="ignore"):  # of NaN that signal; they are told later
        triangles = facets["corners"].astype(np.float64)
    if told <= there:
        return triangles, ()
    note = Note(
        code="cut-short",
        words=f"The file says {told} triangles and holds {there}: it was cut short. "
        "Upload it again.",
        grave=True,
    )
    return triangles, (note,)


def _text(content: bytes) -> Floats:
    try:
        numbers = [float(n) for vertex in _VERTEX.findall(content) for n in vertex]
    except ValueError as error:
        raise UnreadableError(f"a vertex is no number: {error}") from error
    whole = len(numbers) // 9 * 9
    return np.array(numbers[:whole], np.float64).reshape(-1, 3, 3)


if __name__ == "__main__":
    child.run(read)
