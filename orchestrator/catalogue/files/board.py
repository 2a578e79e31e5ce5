"""A board from its layers: what is there, and what a fabricator would miss."""

from collections import Counter
from collections.abc import Sequence

from orchestrator.catalogue.found import Board, BoardLayer, Drills, Found, Holes


def board_of(files: Sequence[Found]) -> Board | None:
    """The board that these files describe together; None when none is copper.

    Its size is the outline's; without one, the largest copper's, which is less.
    """
    layers = [each.what for each in files if isinstance(each.what, BoardLayer)]
    drills = [each.what for each in files if isinstance(each.what, Drills)]
    copper = [
        layer for layer in layers if layer.role == "copper" and layer.width_mm > 0
    ]
    if not copper:
        return None
    outlines = [layer for layer in layers if layer.role == "outline"]
    outlines = [layer for layer in outlines if layer.width_mm > 0]
    sized = max(outlines or copper, key=lambda layer: layer.width_mm * layer.height_mm)
    counted: Counter[float] = Counter()
    for drill in drills:
        for hole in drill.holes:
            counted[hole.diameter_mm] += hole.count
    tracks = [layer.smallest_mm for layer in copper if layer.smallest_mm is not None]
    return Board(
        width_mm=sized.width_mm,
        height_mm=sized.height_mm,
        copper_layers=len(copper),
        holes=tuple(
            Holes(diameter_mm=diameter_mm, count=count)
            for diameter_mm, count in sorted(counted.items())
        ),
        slots=sum(drill.slots for drill in drills),
        smallest_mm=min(tracks, default=None),
        way_mm=sum(layer.way_mm for layer in copper),
        ways=sum(layer.ways for layer in copper),
        edge_mm=sized.way_mm if outlines else 2 * (sized.width_mm + sized.height_mm),
        missing=_missing(layers, has_drills=bool(drills)),
    )


def _missing(layers: Sequence[BoardLayer], *, has_drills: bool) -> tuple[str, ...]:
    there = {
        (layer.role, layer.side)
        for layer in layers
        if layer.width_mm > 0 or layer.role == "mask"
    }
    missing = []
    if not any(role == "outline" for role, _ in there):
        missing.append("the outline of the board (Edge.Cuts, .GKO or .GM1)")
    inner = sum(layer.role == "copper" and layer.side == "inner" for layer in layers)
    for side in ("top", "bottom"):
        if inner and ("copper", side) not in there:
            missing.append(f"the {side} copper, since there are inner layers")
        if ("copper", side) in there and ("mask", side) not in there:
            missing.append(f"the solder mask of the {side}")
    if inner % 2:
        missing.append(f"an inner layer: boards have an even number, here {inner}")
    if not has_drills and len([1 for role, _ in there if role == "copper"]) > 1:
        missing.append("the drill file (.DRL or .XLN)")
    return tuple(missing)
