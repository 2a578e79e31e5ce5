"""A mesh as a picture (PNG) and as what the page's 3D view loads, in numpy alone."""

import struct
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from orchestrator.catalogue.files.reading import Floats

WIDTH: Final = 480
HEIGHT: Final = 360
_OVER: Final = 2  # drawn so many times larger, then averaged: smooth edges
_MARGIN: Final = 0.92
_DENSE: Final = 1.6  # samples a pixel
_STEP: Final = 1.15
_SAMPLES_MAX: Final = 40_000_000
_CHUNK: Final = 2_000_000
_COLOUR: Final = np.array([112.0, 160.0, 224.0])
_INK: Final = 43  # of _SHADES: the shade of what is flat
_SHADES: Final = 51  # with five steps of opacity: a palette of 255
_LIGHT: Final = np.array([-0.35, 0.55, 0.76])  # in the picture's axes, length 1
VIEW_TRIANGLES_MAX: Final = 120_000
_GRID: Final = 65_535


def picture(triangles: Floats) -> bytes:
    """A PNG of WIDTH x HEIGHT, seen from the front, the right and above.

    Each triangle is sampled in rows as densely as it has pixels; of the samples on a
    pixel the nearest is seen. Empty when the triangles overlap each other too often to be drawn.
    """
    seen, shade = _turned(triangles)
    seen, along, across = _laid(seen)
    if int((along * (across + 1) // 2).sum()) > _SAMPLES_MAX:
        return b""
    wide, high = WIDTH * _OVER, HEIGHT * _OVER
    depth = np.full(wide * high, -np.inf)
    colour = np.zeros(wide * high)
    kinds, kind_of = np.unique(along * 4096 + across, return_inverse=True)
    order = np.argsort(kind_of, kind="stable")
    ends = np.cumsum(np.bincount(kind_of))[:-1]
    for kind, group in zip(kinds, np.split(order, ends), strict=True):
        weights = _weights(int(kind) // 4096, int(kind) % 4096)
        for part in np.array_split(group, len(group) * len(weights) // _CHUNK + 1):
            places = np.einsum("sc,tcx->tsx", weights, seen[part]).reshape(-1, 3)
            _paint(places, np.repeat(shade[part], len(weights)), depth, colour)
    covered = np.isfinite(depth).reshape(HEIGHT, _OVER, WIDTH, _OVER)
    light = colour.reshape(HEIGHT, _OVER, WIDTH, _OVER).sum(axis=(1, 3))
    share = covered.sum(axis=(1, 3))
    bright = np.clip(light / np.maximum(share, 1), 0, 1) * (_SHADES - 1)
    return _png((share * _SHADES + np.round(bright)).astype(np.uint8))


def cover(mask: NDArray[np.bool_]) -> bytes:
    """A PNG of WIDTH x HEIGHT of what is covered; the mask's rows go upwards.

    The mask's outermost cells are not covered.
    """
    wide, tall = WIDTH * _OVER, HEIGHT * _OVER
    rows, columns = mask.shape
    cells = max(columns / wide, rows / tall)  # of one sample
    x = columns / 2 + (np.arange(wide) + 0.5 - wide / 2) * cells
    y = rows / 2 - (np.arange(tall) + 0.5 - tall / 2) * cells
    across = np.clip(x.astype(np.int64), 0, columns - 1)
    down = np.clip(y.astype(np.int64), 0, rows - 1)
    seen = mask[np.ix_(down, across)].reshape(HEIGHT, _OVER, WIDTH, _OVER)
    return _png((seen.sum(axis=(1, 3)) * _SHADES + _INK).astype(np.uint8))


def view(triangles: Floats) -> bytes:
    """Triangles for the 3D view: nine unsigned 16 bit numbers each, little endian.

    All axes share one scale, the longest side is 65,535. Meshes of more triangles than
    a phone likes are made coarser by snapping corners to a grid (vertex clustering).
    """
    usable = triangles[np.isfinite(triangles).all(axis=(1, 2))]
    low = usable.min(axis=(0, 1))
    longest = float((usable.max(axis=(0, 1)) - low).max()) or 1.0
    cells = 1024
    snapped = np.round((usable - low) / longest * _GRID)
    while len(snapped) > VIEW_TRIANGLES_MAX and cells >= 16:
        coarse = np.round((usable - low) / longest * cells)
        flat = (
            (coarse[:, 0] == coarse[:, 1]).all(axis=1)
            | (coarse[:, 1] == coarse[:, 2]).all(axis=1)
            | (coarse[:, 2] == coarse[:, 0]).all(axis=1)
        )
        snapped = np.unique(coarse[~flat].reshape(-1, 9), axis=0).reshape(-1, 3, 3)
        snapped = np.round(snapped / cells * _GRID)
        cells //= 2
    return snapped[:VIEW_TRIANGLES_MAX].astype("<u2").tobytes()


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of pixels (height, width): how much is covered x _SHADES + how bright."""
    height, width = pixels.shape
    rows = np.zeros((height, 1 + width), np.uint8)  # filter 0 before each row
    rows[:, 1:] = pixels
    covered, bright = np.divmod(np.arange((_OVER**2 + 1) * _SHADES), _SHADES)
    colours = np.clip(bright[:, None] / (_SHADES - 1) * _COLOUR, 0, 255)
    opacity = covered * 255 // _OVER**2
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(name, body)
        for name, body in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            (b"PLTE", colours.astype(np.uint8).tobytes()),
            (b"tRNS", opacity.astype(np.uint8).tobytes()),
            (b"IDAT", zlib.compress(rows.tobytes(), 9)),
            (b"IEND", b""),
        )
    )


def _chunk(name: bytes, body: bytes) -> bytes:
    summed = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + summed


def _turned(triangles: Floats) -> tuple[Floats, Floats]:
    """Triangles in pixels (x right, y down, z near), and how bright each is, 0..1."""
    usable = triangles[np.isfinite(triangles).all(axis=(1, 2))]
    round_z, up = np.radians(-35.0), np.radians(28.0)
    cos, sin = np.cos(round_z), np.sin(round_z)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    tilt = np.array(
        [[1, 0, 0], [0, np.sin(up), np.cos(up)], [0, -np.cos(up), np.sin(up)]]
    )
    seen = usable @ (tilt @ turn).T
    normals = np.cross(seen[:, 1] - seen[:, 0], seen[:, 2] - seen[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1), 1e-300)[:, None]
    normals *= np.where(normals[:, 2:] < 0, -1, 1)  # both sides are lit
    bright = 0.45 + 0.6 * np.clip(normals @ _LIGHT, 0, 1)
    low, high = seen.min(axis=(0, 1)), seen.max(axis=(0, 1))
    size = np.maximum(high - low, 1e-9)
    wide, tall = WIDTH * _OVER, HEIGHT * _OVER
    scale = _MARGIN * min(wide / size[0], tall / size[1])
    middle = (low + high) / 2
    seen = (seen - middle) * scale
    seen[:, :, 0] += wide / 2
    seen[:, :, 1] = tall / 2 - seen[:, :, 1]
    return seen, bright


def _laid(seen: Floats) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Triangles with the longest side first, samples along it, rows across it."""
    flat = seen[:, :, :2]
    sides = np.linalg.norm(np.roll(flat, -1, axis=1) - flat, axis=2)
    first = sides.argmax(axis=1)
    turned = (first[:, None] + np.arange(3)) % 3
    laid = np.take_along_axis(seen, turned[:, :, None], axis=1)
    longest = sides.max(axis=1)
    a, b = laid[:, 1, :2] - laid[:, 0, :2], laid[:, 2, :2] - laid[:, 0, :2]
    height = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / np.maximum(longest, 1e-9)
    return laid, _samples(longest), _samples(height)


def _samples(pixels: Floats) -> NDArray[np.int64]:
    """At least one each pixel, rounded up so that few kinds of triangles are left."""
    wanted = np.maximum(pixels * _DENSE, 0) + 2
    steps = np.ceil(np.log(wanted) / np.log(_STEP))
    rounded: NDArray[np.int64] = np.ceil(_STEP**steps).astype(np.int64)
    return rounded


def _weights(along: int, across: int) -> Floats:
    """Barycentric weights (s, 3): rows of samples, parallel to the first side."""
    a, b = np.meshgrid(
        np.linspace(0, 1, along), np.linspace(0, 1, across), indexing="ij"
    )
    inside = a + b <= 1 + 1e-9
    second, third = a[inside], b[inside]
    return np.stack([1 - second - third, second, third], axis=1)


def _paint(places: Floats, shade: Floats, depth: Floats, colour: Floats) -> None:
    """Put samples where they are nearer than what is there: the last one written wins."""
    x = np.clip(places[:, 0].astype(np.int64), 0, WIDTH * _OVER - 1)
    y = np.clip(places[:, 1].astype(np.int64), 0, HEIGHT * _OVER - 1)
    pixel = y * (WIDTH * _OVER) + x
    nearer = places[:, 2] > depth[pixel]
    order = np.argsort(places[nearer, 2])
    at = pixel[nearer][order]
    depth[at] = places[nearer, 2][order]
    colour[at] = shade[nearer][order]
