"""What one event is worth to whom: exact fractions, then whole thousandths of a point."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from orchestrator.commons.equation import Equation
from orchestrator.commons.shares import apportion
from orchestrator.foundation.errors import ConflictError

MILLI = 1000


class CitationCycleError(ConflictError):
    """Designs cite each other in a circle: no upstream can be told."""

    code = "citation-cycle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """One design version builds on another, whose designer is `designer`."""

    cited: str
    designer: str
    weight: Fraction


class Creditable(Protocol):
    """What decides an event's worth."""

    @property
    def id(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def resource(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...


type Citations = Mapping[str, Sequence[Citation]]  # by the design version that cites


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Part of one event's worth, to one agent. `depth` 0: direct; 1 up: upstream."""

    event_id: str
    agent_id: str
    community: str
    milli_points: int
    depth: int
    rule_version: str


def credits_of_event(
    event: Creditable, equation: Equation, citations: Citations
) -> list[Credit]:
    """All credits of an event; they sum to its worth, rounded to a thousandth.

    Errors: CitationCycleError.
    """
    rule = equation.rule_of[event.action, event.unit]
    milli_points = worth_of_event(event, equation)
    if not milli_points:
        return []
    part_of = parts_of_event(event, equation, citations)
    keys = {f"{depth:03}/{agent_id}": (agent_id, depth) for agent_id, depth in part_of}
    share_of = apportion(milli_points, {key: part_of[keys[key]] for key in keys})
    return [
        Credit(
            event_id=event.id,
            agent_id=keys[key][0],
            community=rule.community,
            milli_points=share,
            depth=keys[key][1],
            rule_version=equation.rule_version,
        )
        for key, share in sorted(share_of.items())
        if share
    ]


def worth_of_event(event: Creditable, equation: Equation) -> int:
    """Thousandths of a point, to the nearest, halves away from zero.

    So a correction cancels exactly.
    """
    points = equation.rule_of[event.action, event.unit].points
    up, down = event.amount.as_integer_ratio()
    up, down = up * points.numerator * MILLI, down * points.denominator
    whole = (2 * abs(up) + down) // (2 * down)
    return whole if up >= 0 else -whole


def parts_of_event(
    event: Creditable, equation: Equation, citations: Citations
) -> dict[tuple[str, int], Fraction]:
    """Who gets which part of the event's worth, by (agent, depth); the sum is 1."""
    part_of: dict[tuple[str, int], Fraction] = {}

    def share(
        agent_id: str, design: str, part: Fraction, path: tuple[str, ...]
    ) -> None:
        depth = len(path)
        if design in path:
            raise CitationCycleError(f"{' → '.join(path)} → {design} is a circle")
        cited = citations.get(design, ()) if event.action == "cite" else ()
        weights = sum((one.weight for one in cited), start=Fraction(0))
        upstream = Fraction(0)
        if weights and depth < equation.upstream_depth_max:
            upstream = equation.upstream_share * equation.upstream_decay**depth
        key = (agent_id, depth)
        part_of[key] = part_of.get(key, Fraction(0)) + part * (1 - upstream)
        if upstream:
            for one in cited:
                further = part * upstream * one.weight / weights
                share(one.designer, one.cited, further, (*path, design))

    share(event.provider, event.resource, Fraction(1), ())
    return part_of
