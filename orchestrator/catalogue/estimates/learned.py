"""How real jobs took, beside what was told of them: a factor for the next estimate."""

from collections.abc import Sequence
from math import exp, log, sqrt
from typing import Final

from orchestrator.catalogue.found import Estimate

BELIEF_JOBS: Final = 4  # the estimate itself counts as so many jobs that took its time
RATIO_MAX: Final = 4.0  # a job that took longer stood still for another reason


def factor_of(ratios: Sequence[float]) -> Estimate | None:
    """Real time by estimated time, from one ratio for each job; None without any.

    The mean of logarithms, drawn towards 1 while jobs are few.
    """
    logs = [log(ratio) for ratio in ratios if 1 / RATIO_MAX <= ratio <= RATIO_MAX]
    if not logs:
        return None
    weight = len(logs) + BELIEF_JOBS
    middle = sum(logs) / weight
    spread = sqrt(
        sum((each - middle) ** 2 for each in logs) / len(logs) + 1 / weight**2
    )
    value = exp(middle)
    return Estimate(
        value=value,
        plus_minus=value * (exp(spread) - 1),
        source=f"corrected by {len(logs)} jobs of this kind",
    )
