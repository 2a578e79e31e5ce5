"""Many counted things laid out as long arrays, so few at a time that memory holds them."""

from typing import Final

import numpy as np
import numpy.typing as npt

_AT_ONCE: Final = 2_000_000  # looked at in one step, a bound on memory


def portions(counts: npt.NDArray[np.int_]) -> list[npt.NDArray[np.int_]]:
    """Indices of what counts at all, in portions of about two million together."""
    chosen = np.flatnonzero(counts)
    total = np.cumsum(counts[chosen])
    if not len(chosen):
        return []
    ends = np.searchsorted(total, np.arange(_AT_ONCE, total[-1], _AT_ONCE))
    return [part for part in np.split(chosen, ends) if len(part)]


def ranks(counts: npt.NDArray[np.int_]) -> npt.NDArray[np.int_]:
    """0, 1, … for each count in turn: [2, 3] becomes [0, 1, 0, 1, 2]."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
