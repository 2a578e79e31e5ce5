"""Where a cutter slows down."""

import numpy as np

from orchestrator.catalogue.files import flat


def test_sharp_turns_are_counted_and_curves_are_not() -> None:
    square = np.array([(0, 0), (9, 0), (9, 9), (0, 9), (0, 0)], dtype=float)
    angles = np.linspace(0, 2 * np.pi, 73)
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) + 4.5
    lines = [flat.Line(points=points, layer="") for points in (square, ring)]
    drawing, _ = flat.measure(lines, "mm")
    assert drawing.corners == 3  # it begins in the fourth
    sides = [
        flat.Line(points=square[place : place + 2], layer="") for place in range(4)
    ]
    assert flat.measure(sides, "mm")[0].corners == 3
