"""Why a planner leaves something out, in words for people."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A stable code, a sentence with figures, a remedy."""

    code: str
    text: str
    remedy: str


def weight(grams: int) -> str:
    """Return a weight for people: 350 g, 1.25 kg."""
    return (
        f"{grams} g"
        if abs(grams) < 1_000
        else f"{grams / 1_000:.2f}".rstrip("0").rstrip(".") + " kg"
    )


def minutes(seconds: int) -> str:
    """Return a length of time for people, rounded up."""
    whole = -(-abs(seconds) // 60)
    return f"{whole} min" if whole < 120 else f"{whole // 60} h {whole % 60:02} min"
