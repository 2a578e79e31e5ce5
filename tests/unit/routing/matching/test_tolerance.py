"""Tolerances compare by their width, at the size for which they count."""

import pytest

from routing.errors import InvalidProblemError
from routing.matching.tolerance import is_held, width_mm


@pytest.mark.parametrize(
    ("word", "nominal_mm", "width"),
    [
        ("IT7", 40, 0.025),  # values of ISO 286-1, table 1
        ("IT7", 50, 0.025),
        ("IT7", 50.1, 0.030),
        ("it 6", 3, 0.006),
        ("H7", 40, 0.025),
        ("js6", 10, 0.009),
        ("ISO 286 IT9", 500, 0.155),
        ("IT1", 1, 0.0008),
        ("IT18", 3150, 33),
        ("IT12", 3151, None),
        ("ISO 2768-m", 6, 0.2),  # values of ISO 2768-1, table 1
        ("ISO 2768-mK", 6.1, 0.4),
        ("DIN EN ISO 2768-1 m", 400, 1.0),
        ("2768 fine", 120, 0.3),
        ("ISO 2768-v", 3, None),
        ("ISO 2768 very coarse", 400, 5),
        ("±0.05 mm", 40, 0.1),
        ("+/-.05", 40, 0.1),
    ],
)
def test_widths(word: str, nominal_mm: float, width: float | None) -> None:
    assert width_mm(word, nominal_mm) == pytest.approx(width)


@pytest.mark.parametrize("word", ["IT0", "IT19", "tight", "ISO 2768", "0.1", "±", ""])
def test_what_is_no_tolerance(word: str) -> None:
    with pytest.raises(InvalidProblemError, match="IT1 to IT18"):
        width_mm(word, 10)


@pytest.mark.parametrize(
    ("offered", "required", "up_to_mm", "at_mm", "held"),
    [
        ("IT7", "H7", 100, None, True),
        ("IT8", "H7", 100, None, False),
        ("ISO 2768-f", "ISO 2768-m", 100, None, True),
        ("ISO 2768-m", "ISO 2768-f", 100, None, False),
        ("ISO 2768-m", "ISO 2768-m", 5_000, None, True),
        ("±0.1", "ISO 2768-f", 100, None, False),  # a size of 3 mm asks for ±0.05
        ("±0.1", "ISO 2768-f", 100, 100, True),
        ("IT12", "±0.1", 30, None, False),
        ("IT11", "±0.1", 30, None, True),
        ("IT7", "IT7", 100, 4_000, False),  # the standard gives none there
    ],
)
def test_held(
    offered: str, required: str, up_to_mm: float, at_mm: float | None, *, held: bool
) -> None:
    assert is_held(offered, required, up_to_mm=up_to_mm, at_mm=at_mm) is held
