"""A design's family drawn: upstream above, an arc from each to what it builds on."""

from dataclasses import dataclass
from typing import Final

from orchestrator.catalogue.lineage import Family

PPM: Final = 1_000_000
# pixels; `.family` of the style sheet has the same
ROW: Final = 44
WIDTH: Final = 120
DOT: Final = 112  # from the left
REACH_MIN, REACH_MAX = 22, 88


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One design, in its row. `href`: "" for this one and for what is not in here."""

    title: str
    href: str
    y: int
    is_this: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arc:
    """From a design to one that it builds on, the wider the more value goes there."""

    path: str
    width: float
    is_elsewhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyPicture:
    """Drawn by `parts/family.html`."""

    nodes: tuple[Node, ...]
    arcs: tuple[Arc, ...]
    height: int
    width: int = WIDTH
    dot: int = DOT


def family_picture(family: Family, version_id: str) -> FamilyPicture | None:
    """The picture; None for a design without kin."""
    if len(family.versions) == 1 and not family.elsewhere:
        return None
    first = 1 if family.elsewhere else 0
    y_of = {
        row.id: ROW * (first + index) + ROW // 2
        for index, row in enumerate(family.versions)
    }
    nodes = [
        Node(
            title=f"{row.title}, v{row.number}",
            href="" if row.id == version_id else f"/designs/{row.id}",
            y=y_of[row.id],
            is_this=row.id == version_id,
        )
        for row in family.versions
    ]
    arcs = [
        Arc(
            path=_path(y_of[row.upstream_id], y_of[row.version_id]),
            width=1.5 + 6 * row.weight_ppm / PPM,
        )
        for row in family.citations
    ]
    if family.elsewhere:
        name = family.elsewhere.removeprefix("https://").removeprefix("http://")
        nodes.insert(0, Node(title=name, href="", y=ROW // 2))
        path = _path(ROW // 2, y_of[version_id])
        arcs.insert(0, Arc(path=path, width=1.5, is_elsewhere=True))
    return FamilyPicture(nodes=tuple(nodes), arcs=tuple(arcs), height=ROW * len(nodes))


def _path(above: int, below: int) -> str:
    """A curve through the margin, the further out the more rows it spans."""
    rows = (below - above) // ROW
    reach = min(REACH_MAX, REACH_MIN + 12 * (rows - 1))
    control = DOT - reach * 4 / 3  # so that the curve's middle reaches so far
    return f"M{DOT} {below}C{control:.0f} {below} {control:.0f} {above} {DOT} {above}"
