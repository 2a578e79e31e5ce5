"""The road graph: nodes, directed pieces of road, and their form as bytes."""

import struct
import zlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from routing.errors import InvalidGraphError
from routing.travel.speeds import RoadKind, Surface

MAGIC: Final = b"FABROAD2"
HEADER: Final = struct.Struct("<8sIIBI")  # magic, nodes, edges, flags, CRC-32 of both
DRIVES_LEFT: Final = 1  # the only flag
NODES_MAX: Final = 5_000_000
EDGES_MAX: Final = 20_000_000
LENGTH_DM_MAX: Final = 65_535  # what two bytes hold
COLUMNS: Final = (  # name, type on disk, is it as long as the nodes
    ("longitudes_e6", "<i4", True),
    ("latitudes_e6", "<i4", True),
    ("degrees", "<u2", True),
    ("heads", "<u4", False),
    ("lengths_dm", "<u2", False),
    ("kinds", "u1", False),
    ("access", "u1", False),
    ("limits_kmh", "u1", False),
    ("surfaces", "u1", False),
    ("waits", "u1", False),
)
E6_MAX: Final = {"longitudes_e6": 180_000_000, "latitudes_e6": 90_000_000}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoadGraph:
    """Directed pieces of road between n nodes, in rows by their tail (CSR).

    Shapes: `longitudes_e6`, `latitudes_e6` (n,), millionths of a degree; `first`
    (n + 1,), edges of node v are first[v]..first[v + 1]; `heads`, `lengths_dm`
    (decimetres), `kinds` (RoadKind), `access` (bits of speeds.ACCESS_BIT),
    `limits_kmh` (0: none is signed), `surfaces` (Surface), `waits` at the head (bits
    of Wait) (m,). It need not be connected.

    Errors: InvalidGraphError that names the column in which it contradicts itself.
    """

    longitudes_e6: NDArray[np.int32]
    latitudes_e6: NDArray[np.int32]
    first: NDArray[np.int32]
    heads: NDArray[np.int32]
    lengths_dm: NDArray[np.int32]
    kinds: NDArray[np.uint8]
    access: NDArray[np.uint8]
    limits_kmh: NDArray[np.uint8]
    surfaces: NDArray[np.uint8]
    waits: NDArray[np.uint8]
    drives_left: bool = False

    def __post_init__(self) -> None:
        for name, least, most in (
            *((name, -limit, limit) for name, limit in E6_MAX.items()),
            ("heads", 0, self.node_count - 1),
            ("lengths_dm", 0, LENGTH_DM_MAX),
            ("kinds", 0, max(RoadKind)),
            ("surfaces", 0, max(Surface)),
        ):
            column = getattr(self, name)
            count = self.node_count if name in E6_MAX else self.edge_count
            if column.dtype.kind not in "iu" or column.shape != (count,):
                raise InvalidGraphError(
                    f"{name} must be {count} whole numbers, got {column.dtype} "
                    f"{column.shape}"
                )
            if count and not least <= column.min() <= column.max() <= most:
                raise InvalidGraphError(f"{name} leaves {least}..{most}")
        for name in ("access", "limits_kmh", "waits"):
            if getattr(self, name).shape != (self.edge_count,):
                raise InvalidGraphError(f"{name} must have {self.edge_count} entries")
        rows = np.diff(self.first)
        if (
            self.first.shape != (self.node_count + 1,)
            or self.first[0] != 0
            or self.first[-1] != self.edge_count
            or (rows < 0).any()
        ):
            raise InvalidGraphError("the road graph's edges don't fit its nodes")

    @property
    def node_count(self) -> int:
        """How many nodes."""
        return len(self.longitudes_e6)

    @property
    def edge_count(self) -> int:
        """How many directed pieces of road."""
        return len(self.heads)


def graph_to_bytes(graph: RoadGraph) -> bytes:
    """Return the graph as bytes; the same graph always gives the same bytes."""
    columns: tuple[NDArray[Any], ...] = (
        np.diff(graph.longitudes_e6, prepend=0),
        np.diff(graph.latitudes_e6, prepend=0),
        np.diff(graph.first),
        graph.heads,
        graph.lengths_dm,
        graph.kinds,
        graph.access,
        graph.limits_kmh,
        graph.surfaces,
        graph.waits,
    )
    raw = b"".join(
        column.astype(kind).tobytes()
        for column, (_, kind, _) in zip(columns, COLUMNS, strict=True)
    )
    body = zlib.compress(raw, 9)
    flags = DRIVES_LEFT if graph.drives_left else 0
    head = HEADER.pack(
        MAGIC, graph.node_count, graph.edge_count, flags, zlib.crc32(body, flags)
    )
    return head + body


def graph_from_bytes(content: bytes) -> RoadGraph:
    """Read what `graph_to_bytes` wrote.

    Errors: InvalidGraphError if it is something else, damaged, or too large.
    """
    nodes, edges, flags, body = _opened(content)
    raw = _unpacked(body, _raw_size(nodes, edges))
    columns: dict[str, NDArray[np.int64]] = {}
    offset = 0
    for name, kind, is_of_nodes in COLUMNS:
        count = nodes if is_of_nodes else edges
        column = np.frombuffer(raw, dtype=kind, count=count, offset=offset)
        offset += column.nbytes
        columns[name] = column.astype(np.int64)
    return _assembled(columns, drives_left=flags == DRIVES_LEFT)


def _opened(content: bytes) -> tuple[int, int, int, bytes]:
    if len(content) < HEADER.size:
        raise InvalidGraphError(f"a road graph has {HEADER.size} bytes and more")
    magic, nodes, edges, flags, checksum = HEADER.unpack_from(content)
    body = content[HEADER.size :]
    if magic != MAGIC:
        raise InvalidGraphError(f"a road graph starts with {MAGIC!r}, not {magic!r}")
    if nodes > NODES_MAX or edges > EDGES_MAX:
        raise InvalidGraphError(f"{nodes} nodes and {edges} edges are too many")
    if zlib.crc32(body, flags) != checksum:
        raise InvalidGraphError("the road graph is damaged: its checksum differs")
    return nodes, edges, flags, body


def _raw_size(nodes: int, edges: int) -> int:
    return sum(
        np.dtype(kind).itemsize * (nodes if is_of_nodes else edges)
        for _, kind, is_of_nodes in COLUMNS
    )


def _unpacked(body: bytes, size: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(body, size + 1)
    except zlib.error as error:
        raise InvalidGraphError(f"the road graph can't be unpacked: {error}") from error
    if len(raw) != size:
        raise InvalidGraphError(f"the road graph unpacks to {len(raw)} not {size}")
    return raw


def _assembled(
    columns: dict[str, NDArray[np.int64]], *, drives_left: bool
) -> RoadGraph:
    first = np.concatenate(([0], np.cumsum(columns.pop("degrees"))))
    longitudes = np.cumsum(columns.pop("longitudes_e6"))
    latitudes = np.cumsum(columns.pop("latitudes_e6"))
    heads, lengths_dm = columns.pop("heads"), columns.pop("lengths_dm")
    return RoadGraph(
        longitudes_e6=longitudes.astype(np.int32),
        latitudes_e6=latitudes.astype(np.int32),
        first=first.astype(np.int32),
        heads=heads.astype(np.int32),
        lengths_dm=lengths_dm.astype(np.int32),
        drives_left=drives_left,
        **{name: column.astype(np.uint8) for name, column in columns.items()},
    )
