"""Whole parts of a whole: largest remainder, exact, blind to the order of its input."""

from collections.abc import Mapping
from fractions import Fraction
from math import lcm


def apportion[Key: (str, tuple[str, str])](
    total: int, weight_of: Mapping[Key, Fraction | int]
) -> dict[Key, int]:
    """Share `total` by weight in integers that sum to it, ties by key.

    Each share is within one of its exact part; zero weight gets zero; a negative
    total is shared as its mirror image. Errors: ValueError for a negative weight, or
    when there is something to share and no weight.
    """
    if total < 0:
        mirrored = apportion(-total, weight_of)
        return {key: -share for key, share in mirrored.items()}
    if any(weight < 0 for weight in weight_of.values()):
        raise ValueError("weights must not be negative")
    scale = lcm(*{weight.denominator for weight in weight_of.values()})
    whole_of = {
        key: weight.numerator * (scale // weight.denominator)
        for key, weight in weight_of.items()
    }
    weights = sum(whole_of.values())
    if not weights:
        if total:
            raise ValueError(f"nobody to share {total} among")
        return dict.fromkeys(weight_of, 0)
    share_of: dict[Key, int] = {}
    remainder_of: dict[Key, int] = {}
    for key, weight in whole_of.items():
        share_of[key], remainder_of[key] = divmod(total * weight, weights)
    rest = total - sum(share_of.values())
    for key in sorted(share_of, key=lambda key: (-remainder_of[key], key))[:rest]:
        share_of[key] += 1
    return share_of
