"""Which of the machines that can should be asked first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from routing.matching.problem import Candidate

HOUR_S = 3_600
MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each figure is worth, in cents; members set them."""

    hour_cents: int = 0
    km_cents: int = 0
    co2_kg_cents: int = 0
    setup_cents: int = 0
    share_cents: int = 0  # of having had all the work of late


def rank(
    candidates: Iterable[Candidate], weights: Weights | None = None
) -> Sequence[Candidate]:
    """Return the candidates, best first: by all that they cost, then soon, near, by id.

    What is spoilt is paid again: the price grows by its part.
    """
    weighed = weights or Weights()
    return sorted(
        candidates,
        key=lambda candidate: (
            worth_cents(candidate, weighed),
            candidate.ready_s,
            candidate.setup_needed,
            candidate.metres,
            candidate.capability.machine,
        ),
    )


def worth_cents(candidate: Candidate, weights: Weights) -> float:
    """Return the price with everything that is weighed beside it."""
    return (
        candidate.cost_cents * (1 + candidate.spoilt_ppm / MILLION)
        + weights.hour_cents * candidate.ready_s / HOUR_S
        + weights.km_cents * candidate.metres / 1000
        + weights.co2_kg_cents * candidate.co2_g / 1000
        + weights.setup_cents * candidate.setup_needed
        + weights.share_cents * candidate.share_ppm / MILLION
    )
