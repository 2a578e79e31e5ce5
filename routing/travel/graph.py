"""The road graph: nodes, directed pieces of road, and their form as bytes."""

import struct
import zlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from routing.errors import InvalidGraphError

MAGIC: Final = b"FABROAD1"
HEADER: Final = struct.Struct("<8sIII")  # magic, nodes, edges, CRC-32 of the rest
NODES_MAX: Final = 5_000_000
EDGES_MAX: Final = 20_000_000
COLUMNS: Final = (  # name, type on disk, is it as long as the nodes
    ("longitudes_e6", "<i4", True),
    ("latitudes_e6", "<i4", True),
    ("degrees", "<u2", True),
    ("heads", "<u4", False),
    ("lengths_dm", "<u2", False),
    ("kinds", "u1", False),
    ("access", "u1", False),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoadGraph:
    """Directed pieces of road between n nodes, in rows by their tail (CSR).

    Shapes: `longitudes_e6`, `latitudes_e6` (n,), millionths of a degree; `first`
    (n + 1,), edges of node v are first[v]..first[v + 1]; `heads`, `lengths_dm`
    (decimetres), `kinds` (RoadKind), `access` (bits of speeds.ACCESS_BIT) (m,).
    """

    longitudes_e6: NDArray[np.int32]
    latitudes_e6: NDArray[np.int32]
    first: NDArray[np.int32]
    heads: NDArray[np.int32]
    lengths_dm: NDArray[np.int32]
    kinds: NDArray[np.uint8]
    access: NDArray[np.uint8]

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
    )
    raw = b"".join(
        column.astype(kind).tobytes()
        for column, (_, kind, _) in zip(columns, COLUMNS, strict=True)
    )
    body = zlib.compress(raw, 9)
    head = HEADER.pack(MAGIC, graph.node_count, graph.edge_count, zlib.crc32(body))
    return head + body


def graph_from_bytes(content: bytes) -> RoadGraph:
    """Read what `graph_to_bytes` wrote.

    Errors: InvalidGraphError if it is something else, damaged, or too large.
    """
    nodes, edges, body = _opened(content)
    raw = _unpacked(body, _raw_size(nodes, edges))
    columns: dict[str, NDArray[np.int64]] = {}
    offset = 0
    for name, kind, is_of_nodes in COLUMNS:
        count = nodes if is_of_nodes else edges
        column = np.frombuffer(raw, dtype=kind, count=count, offset=offset)
        offset += column.nbytes
        columns[name] = column.astype(np.int64)
    return _assembled(columns, nodes, edges)


def _opened(content: bytes) -> tuple[int, int, bytes]:
    if len(content) < HEADER.size:
        raise InvalidGraphError(f"a road graph has {HEADER.size} bytes and more")
    magic, nodes, edges, checksum = HEADER.unpack_from(content)
    body = content[HEADER.size :]
    if magic != MAGIC:
        raise InvalidGraphError(f"a road graph starts with {MAGIC!r}, not {magic!r}")
    if nodes > NODES_MAX or edges > EDGES_MAX:
        raise InvalidGraphError(f"{nodes} nodes and {edges} edges are too many")
    if zlib.crc32(body) != checksum:
        raise InvalidGraphError("the road graph is damaged: its checksum differs")
    return nodes, edges, body


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
    columns: dict[str, NDArray[np.int64]], nodes: int, edges: int
) -> RoadGraph:
    first = np.concatenate(([0], np.cumsum(columns["degrees"])))
    if first[-1] != edges or (edges and columns["heads"].max() >= nodes):
        raise InvalidGraphError("the road graph's edges don't fit its nodes")
    return RoadGraph(
        longitudes_e6=np.cumsum(columns["longitudes_e6"]).astype(np.int32),
        latitudes_e6=np.cumsum(columns["latitudes_e6"]).astype(np.int32),
        first=first.astype(np.int32),
        heads=columns["heads"].astype(np.int32),
        lengths_dm=columns["lengths_dm"].astype(np.int32),
        kinds=columns["kinds"].astype(np.uint8),
        access=columns["access"].astype(np.uint8),
    )
