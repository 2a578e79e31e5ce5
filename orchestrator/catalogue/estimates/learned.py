"""How real jobs took, beside what was told of them: what it means for the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, expm1, log, log1p, sqrt
from statistics import mean, median
from typing import Final

from orchestrator.catalogue.found import Estimate

BELIEF_JOBS: Final = 4  # what was told counts as so many jobs that took its time
RATIO_MAX: Final = 4.0  # a job that took longer stood still for another reason
USUAL: Final = 0.25  # jobs differ so much anyway, in logarithms
FAR_MADS: Final = 3.0  # median deviations from the middle, beyond which a job is odd


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a number of jobs say: middle and spread of log(real time by told time)."""

    jobs: int
    middle: float
    spread: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Real time by told time of the next job, and how sure that is."""

    factor: float = 1.0
    spread: float = 0.0  # of the `jobs`, in logarithms
    jobs: int = 0

    def of(self, told: Estimate) -> Estimate:
        """The estimate at this pace; its doubt counts as much as `BELIEF_JOBS`."""
        if not self.jobs:
            return told
        value = told.value * self.factor
        ratio = told.plus_minus / told.value if told.value else 0.0
        squares = BELIEF_JOBS * log1p(ratio) ** 2 + self.jobs * self.spread**2
        doubt = expm1(sqrt(squares / (BELIEF_JOBS + self.jobs)))
        return Estimate(
            value=value,
            plus_minus=value * doubt,
            source=f"{told.source}; corrected by {self.jobs} jobs of this kind",
        )


AS_TOLD: Final = Pace()


def seen(ratios: Sequence[float]) -> Seen | None:
    """Of real time by told time of each job; None where no job says anything.

    An odd job is drawn to where the others end, so that none decides alone: while they
    are few, the others are those that would have taken the time told.
    """
    logs = [log(ratio) for ratio in ratios if 1 / RATIO_MAX <= ratio <= RATIO_MAX]
    if not logs:
        return None
    among = [*logs, *([0.0] * BELIEF_JOBS)]
    middle = median(among)
    reach = max(USUAL, FAR_MADS * median(abs(each - middle) for each in among))
    drawn = [min(max(each, middle - reach), middle + reach) for each in logs]
    middle = mean(drawn)
    spread = sqrt(mean((each - middle) ** 2 for each in drawn))
    return Seen(jobs=len(logs), middle=middle, spread=spread)


def pace_of(own: Seen | None, around: Pace = AS_TOLD) -> Pace:
    """Its own jobs' pace, drawn towards that of those `around` while they are few."""
    if own is None:
        return around
    weight = own.jobs + BELIEF_JOBS
    middle = (own.jobs * own.middle + BELIEF_JOBS * log(around.factor)) / weight
    off = own.middle - middle  # what it was not followed in is doubt
    return Pace(factor=exp(middle), spread=sqrt(own.spread**2 + off**2), jobs=own.jobs)
