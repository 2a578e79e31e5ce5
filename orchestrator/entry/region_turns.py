"""Forbidden turns of an extract: which way may not be left by which other, for whom."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import osmium

from orchestrator.entry.region_pieces import Pieces
from orchestrator.entry.region_tags import CYCLES, VAN
from routing.travel.speeds import ACCESS_BIT

# Who a tag speaks for. People on foot turn as they like.
SPEAKS_FOR: Final = (
    ("restriction", CYCLES | VAN),
    ("restriction:motor_vehicle", VAN),
    ("restriction:motorcar", VAN),
    ("restriction:bicycle", CYCLES),
)
EXCEPT: Final = {"bicycle": CYCLES, "motor_vehicle": VAN, "motorcar": VAN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Who comes by way `source` to node `via` may not (or may only) go on by `target`."""

    source: int
    via: int
    target: int
    is_only: bool
    bits: int  # whom it binds, of speeds.ACCESS_BIT


def read_turns(extract: Path) -> list[Turn]:
    """Read the turn restrictions that have one way, one node and one way."""
    found: list[Turn] = []
    relations = osmium.FileProcessor(str(extract), osmium.osm.RELATION)
    for item in relations.with_filter(osmium.filter.KeyFilter(*dict(SPEAKS_FOR))):
        if isinstance(item, osmium.osm.Relation):
            tags = {tag.k: tag.v for tag in item.tags}
            members = [(m.role, m.type, m.ref) for m in item.members]
            found += turns_of(tags, members)
    return found


def turns_of(
    tags: Mapping[str, str], members: Iterable[tuple[str, str, int]]
) -> list[Turn]:
    """Return what one relation forbids; members are (role, type, reference)."""
    parts: dict[tuple[str, str], list[int]] = {}
    for role, kind, reference in members:
        parts.setdefault((role, kind), []).append(reference)
    ends = [parts.get(part, []) for part in (("from", "w"), ("via", "n"), ("to", "w"))]
    if any(len(end) != 1 for end in ends):
        return []
    excused = 0
    for vehicle in tags.get("except", "").split(";"):
        excused |= EXCEPT.get(vehicle.strip(), 0)
    return [
        Turn(
            source=ends[0][0],
            via=ends[1][0],
            target=ends[2][0],
            is_only=value.startswith("only_"),
            bits=bits & ~excused,
        )
        for tag, bits in SPEAKS_FOR
        if (value := tags.get(tag, "")).startswith(("no_", "only_")) and bits & ~excused
    ]


def forbid(pieces: Pieces, turns: Iterable[Turn]) -> None:
    """Make the turns impossible: who comes by the way arrives at a copy of the node.

    From the copy lead only the pieces by which they may go on, for those whom the
    restriction binds. One whose ways do not meet (a clipped extract) is left out.
    """
    rules: dict[tuple[int, int], list[Turn]] = {}
    for turn in turns:
        if turn.via in pieces.number:
            key = pieces.number[turn.via], turn.source
            rules.setdefault(key, []).append(turn)
    junctions = _Junctions(pieces, {node for node, _ in rules})
    for (node, source), bound in sorted(rules.items()):
        for edge in list(junctions.into[node]):
            if pieces.ways[edge] == source:
                for bits, same in _by_bits(bound):
                    junctions.split(edge, node, bits, same)


def _by_bits(turns: Iterable[Turn]) -> Iterator[tuple[int, list[Turn]]]:
    """Those bound by the same turns together."""
    bits_of: dict[tuple[Turn, ...], int] = {}
    for bit in sorted(ACCESS_BIT.values()):
        same = tuple(turn for turn in turns if turn.bits & bit)
        bits_of[same] = bits_of.get(same, 0) | bit
    for same, bits in bits_of.items():
        if same:
            yield bits, list(same)


class _Junctions:
    """The pieces at the nodes that have restrictions, kept up to date."""

    def __init__(self, pieces: Pieces, nodes: Set[int]) -> None:
        self.pieces = pieces
        self.into: dict[int, list[int]] = {node: [] for node in nodes}
        self.away: dict[int, list[int]] = {node: [] for node in nodes}
        for edge in range(len(pieces.tails)):
            self._note(edge)

    def split(self, edge: int, node: int, bits: int, turns: list[Turn]) -> None:
        """Lead those with the bits along the edge to a copy of the node."""
        pieces = self.pieces
        bits &= pieces.access[edge]
        away = list(self.away[node])
        met = {pieces.ways[out] for out in away}
        turns = [turn for turn in turns if turn.target in met]
        if not bits or not turns:
            return
        copy = pieces.add_point(pieces.points[node])
        pieces.access[edge] &= ~bits
        self._add(edge, pieces.tails[edge], copy, bits)
        for out in away:
            if self._is_allowed(edge, out, turns):
                self._add(out, copy, pieces.heads[out], bits & pieces.access[out])

    def _is_allowed(self, edge: int, out: int, turns: list[Turn]) -> bool:
        pieces = self.pieces
        way = pieces.ways[out]
        points = pieces.points[pieces.tails[edge]], pieces.points[pieces.heads[out]]
        only = {turn.target for turn in turns if turn.is_only}
        if only and way not in only:
            return False
        for turn in turns:
            is_back = turn.target == turn.source  # then only the way back is meant
            is_bound = not turn.is_only and way == turn.target
            if is_bound and (not is_back or points[0] == points[1]):
                return False
        return True

    def _add(self, like: int, tail: int, head: int, access: int) -> None:
        pieces = self.pieces
        before = len(pieces.tails)
        pieces.add_like(like, tail=tail, head=head, access=access)
        if len(pieces.tails) > before:
            self._note(before)

    def _note(self, edge: int) -> None:
        if self.pieces.heads[edge] in self.into:
            self.into[self.pieces.heads[edge]].append(edge)
        if self.pieces.tails[edge] in self.away:
            self.away[self.pieces.tails[edge]].append(edge)
