"""Files for tests, written byte by byte."""

import struct

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]

_FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("", "V2")])


def block(x: float, y: float, z: float) -> Floats:
    """The twelve triangles (12, 3, 3) of a block, normals outwards."""
    corners = np.array([[i, j, k] for i in (0, x) for j in (0, y) for k in (0, z)])
    faces = [
        (0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1),
        (2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3),
    ]  # fmt: skip
    return np.array(corners[np.array(faces)], dtype=np.float64)


def stl(triangles: Floats) -> bytes:
    """A binary STL."""
    facets = np.zeros(len(triangles), _FACET)
    facets["corners"] = triangles
    return bytes(80) + struct.pack("<I", len(triangles)) + facets.tobytes()


def text_stl(triangles: Floats) -> bytes:
    """A text STL."""
    lines = ["solid made"]
    for triangle in triangles:
        lines.append("facet normal 0 0 0\nouter loop")
        lines += [f"vertex {x:.6g} {y:.6g} {z:.6g}" for x, y, z in triangle]
        lines.append("endloop\nendfacet")
    return "\n".join([*lines, "endsolid made"]).encode()
