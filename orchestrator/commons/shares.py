"""Whole parts of a whole: largest remainder, exact, blind to the order of its input."""

from collections.abc import Mapping
from fractions import Fraction


def apportion(total: int, weight_of: Mapping[str, Fraction]) -> dict[str, int]:
    """Share `total` by weight in integers that sum to it, ties by key.

    Each share is within one of its exact part; zero weight gets zero; a negative
    total is shared as its mirror image. Errors: ValueError for a negative weight, or
    when there is something to share and no weight.
    """
    if total < 0:
        mirrored = apportion(-total, weight_of)
        return {key: -share for key, share in mirrored.items()}
    weights = sum(weight_of.values(), start=Fraction(0))
    if any(weight < 0 for weight in weight_of.values()):
        raise ValueError("weights must not be negative")
    if not weights:
        if total:
            raise ValueError(f"nobody to share {total} among")
        return dict.fromkeys(weight_of, 0)
    exact_of = {key: total * weight / weights for key, weight in weight_of.items()}
    share_of = {
        key: exact.numerator // exact.denominator for key, exact in exact_of.items()
    }
    rest = total - sum(share_of.values())
    by_remainder = sorted(
        exact_of, key=lambda key: (share_of[key] - exact_of[key], key)
    )
    for key in by_remainder[:rest]:
        share_of[key] += 1
    return share_of
