"""Random numbers whose whole state is the one word that is passed in."""

import numpy as np

from routing.compiled import kernel
from routing.couriers.kernels.layout import Words

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


@kernel
def draw(word: Words) -> float:
    """Return the next number of [0, 1): SplitMix64 (Steele, Lea, Flood 2014)."""
    word[0] += _STEP
    z = word[0]
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return float((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 1.1102230246251565e-16


@kernel
def draw_below(word: Words, count: float) -> int:
    """Return a number of 0..count-1, 0 for a count below 1."""
    return int(draw(word) * count)
