"""The places of one cell as they come and go, and the ways between all of them."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from routing.errors import InvalidProblemError
from routing.measures import UNREACHABLE_M, UNREACHABLE_S
from routing.travel import kernels
from routing.travel.graph import RoadGraph
from routing.travel.great_circle import checked
from routing.travel.hierarchy import (
    Ints,
    Search,
    hierarchy_of,
    labels_of,
    search_in,
)
from routing.travel.matrix import Place, Profile, TravelMatrix
from routing.travel.network import SNAP_MAX_M, snaps
from routing.travel.speeds import WALK_KMH

PLACES_MAX: Final = 10_000  # of one matrix: 800 MB each for seconds and for metres
SPARE: Final = 64  # places that are kept though nobody asks for them
TOO_FAR: Final = -1
LIMITS: Final = (UNREACHABLE_S, UNREACHABLE_M)


class TravelTable:
    """Ways by one profile that are worked out when a place is first asked for.

    A place that comes costs two searches and one look at the hubs of each place that
    is there, not a table. Answers do not depend on what was asked before. Memory is
    that of the largest matrix asked for lately, half as many places more, and SPARE.
    One thread at a time.
    """

    def __init__(
        self, graph: RoadGraph, profile: Profile, *, search: Search | None = None
    ) -> None:
        """Tables may share the memory for a `search`, and then one thread.

        Errors: InvalidGraphError if the graph has no road for the profile.
        """
        self.profile = profile
        self._hierarchy = hierarchy_of(graph, profile)
        self._search = search or search_in(self._hierarchy)
        self._out, self._in = _Labels(), _Labels()
        self._index: dict[Place, int] = {}  # by when they were last asked for
        self._largest = 0
        self._empty(0)

    def __len__(self) -> int:
        """How many places are kept."""
        return len(self._index)

    @property
    def size_bytes(self) -> int:
        """The memory of its tables and labels, without the hierarchy's."""
        arrays = (self._table, self._ends, self._out.hubs, self._in.hubs)
        return sum(array.nbytes for array in arrays)

    def matrix(self, places: Sequence[Place]) -> TravelMatrix:
        """Return times and metres of the fastest ways, shape (n, n).

        Places snap to the profile's roads as network.snaps says; the walk to them
        counts. A place farther than SNAP_MAX_M from any has no way to any other. Equal
        places are one place: between them there is nothing to travel.
        Errors: InvalidProblemError for a place that is not on the globe, or more
        than PLACES_MAX places.
        """
        if len(places) > PLACES_MAX:
            raise InvalidProblemError(
                f"a matrix has at most {PLACES_MAX} places, got {len(places)}"
            )
        asked = dict.fromkeys(places)
        self._largest = max(self._largest, len(asked))
        fresh = [checked(place) for place in asked if place not in self._index]
        if len(self._index) + len(fresh) > 3 * self._largest // 2 + SPARE:
            self._forget(asked)
            fresh = [place for place in asked if place not in self._index]
        self._add(fresh)
        for place in asked:
            self._index[place] = self._index.pop(place)
        chosen = np.array([self._index[place] for place in places], dtype=np.int64)
        seconds, metres = kernels.gather(self._table, chosen)
        seconds.flags.writeable = metres.flags.writeable = False
        return TravelMatrix(
            profile=self.profile,
            seconds=seconds,
            metres=metres,
            source="road",
            snap_m=tuple(self._snap_m[chosen].tolist()),
        )

    def _add(self, fresh: Sequence[Place]) -> None:
        """Work out the rows and columns of places that are not there yet."""
        if not fresh:
            return
        begin, count = len(self._index), len(self._index) + len(fresh)
        self._grow(count)
        nodes, metres = snaps(self._hierarchy.network, fresh)
        walks = np.ceil(np.column_stack((metres * 3_600 / WALK_KMH, metres * 1_000)))
        walks[metres > SNAP_MAX_M] = TOO_FAR
        self._ends[begin:count] = walks
        self._snap_m[begin:count] = np.ceil(metres)
        for labels, is_leaving in ((self._out, True), (self._in, False)):
            labels.add(
                *labels_of(self._hierarchy, self._search, nodes, is_leaving=is_leaving)
            )
        self._index |= {place: begin + at for at, place in enumerate(fresh)}
        kernels.fill(
            self._table,
            begin,
            self._ends[:count],
            self._out.first,
            self._out.hubs,
            self._in.first,
            self._in.hubs,
            self._search.at_hub,
        )

    def _forget(self, asked: dict[Place, None]) -> None:
        """Keep as many places as the largest matrix had, those asked for lately."""
        others = [place for place in self._index if place not in asked]
        spare = max(0, self._largest - len(asked))
        recent = others[-spare:] if spare else []
        kept = [place for place in (*recent, *asked) if place in self._index]
        chosen = np.array([self._index[place] for place in kept], dtype=np.int64)
        table, ends, snap_m = self._table, self._ends[chosen], self._snap_m[chosen]
        out, in_ = self._out.of(chosen), self._in.of(chosen)
        self._empty(len(kept))
        self._table[:, : len(kept), : len(kept)] = table[:, chosen[:, None], chosen]
        self._ends[:], self._snap_m[:] = ends, snap_m
        self._out, self._in = out, in_
        self._index = {place: at for at, place in enumerate(kept)}
        self._largest = len(asked)

    def _empty(self, room: int) -> None:
        self._table = np.empty((2, room, room), dtype=np.int32)
        for layer, limit in zip(self._table, LIMITS, strict=True):
            layer[:] = limit
        self._ends = np.zeros((room, 2), dtype=np.int64)
        self._snap_m = np.zeros(room, dtype=np.int64)
        self._out, self._in = _Labels(), _Labels()

    def _grow(self, count: int) -> None:
        known = len(self._index)
        if count <= len(self._ends):
            return
        table, ends, snap_m = self._table, self._ends, self._snap_m
        out, in_ = self._out, self._in
        self._empty(count + count // 8 + 8 if known else count)
        self._table[:, :known, :known] = table[:, :known, :known]
        self._ends[:known], self._snap_m[:known] = ends[:known], snap_m[:known]
        self._out, self._in = out, in_


class _Labels:
    """The hubs of one place after the other, in arrays that grow."""

    def __init__(self) -> None:
        self.first: Ints = np.zeros(1, dtype=np.int64)
        self.hubs: Ints = np.empty((0, 2), dtype=np.int64)

    def add(self, first: Ints, hubs: Ints) -> None:
        used = int(self.first[-1])
        if used + len(hubs) > len(self.hubs):
            room = np.empty((used + used // 8 + len(hubs), 2), dtype=np.int64)
            room[:used] = self.hubs[:used]
            self.hubs = room
        self.hubs[used : used + len(hubs)] = hubs
        self.first = np.concatenate((self.first, first[1:] + used))

    def of(self, chosen: Ints) -> "_Labels":
        """Those of the chosen places alone."""
        result = _Labels()
        begins, ends = self.first[chosen], self.first[chosen + 1]
        first = np.concatenate(([0], np.cumsum(ends - begins)))
        parts = [self.hubs[a:b] for a, b in zip(begins, ends, strict=True)]
        result.add(first, np.concatenate(parts) if parts else self.hubs[:0])
        return result
