"""The value equation: a table under vote, read strictly, never code."""

from dataclasses import dataclass
from fractions import Fraction

from orchestrator.foundation import canonical
from orchestrator.foundation.canonical import Json
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.quantities import fraction_of
from orchestrator.ledger.events import UNITS_OF_ACTION

COMMUNITIES = ("designers", "makers", "couriers", "shops", "users", "care")
POINTS_MAX = 1_000_000
DEPTH_MAX = 64

type Kind = tuple[str, str]  # action, unit


class InvalidEquationError(InvalidInputError):
    """The table leaves a kind out, or says what no table may say."""

    code = "invalid-value-equation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one unit of one kind of event is worth, and whose community earns it."""

    points: Fraction
    community: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """A version of the table. `rule_of` has every kind that the ledger records."""

    rule_version: str
    rule_of: dict[Kind, Rule]
    upstream_share: Fraction  # of a citation's value, to what the design itself cites
    upstream_decay: Fraction  # of that share, with each step further up
    upstream_depth_max: int


def equation_of(table: bytes) -> Equation:
    """Read a table. Errors: InvalidEquationError with the kind at fault."""
    fields = canonical.object_of(table)
    if set(fields) != {"rule_version", "upstream", "rules"}:
        raise InvalidEquationError("a table has rule_version, upstream and rules")
    upstream, rules = fields["upstream"], fields["rules"]
    if not isinstance(upstream, dict) or set(upstream) != {
        "share",
        "decay",
        "depth_max",
    }:
        raise InvalidEquationError("upstream has share, decay and depth_max")
    depth_max = upstream["depth_max"]
    if not isinstance(depth_max, int) or not 0 <= depth_max <= DEPTH_MAX:
        raise InvalidEquationError(f"depth_max is 0 to {DEPTH_MAX}", field="depth_max")
    return Equation(
        rule_version=_text(fields["rule_version"], "rule_version"),
        rule_of=_rules(rules),
        upstream_share=_ratio(upstream["share"], "share"),
        upstream_decay=_ratio(upstream["decay"], "decay"),
        upstream_depth_max=depth_max,
    )


def _rules(rules: Json) -> dict[Kind, Rule]:
    if not isinstance(rules, list):
        raise InvalidEquationError("rules is a list", field="rules")
    rule_of: dict[Kind, Rule] = {}
    for fields in rules:
        kind, rule = _rule(fields)
        if kind in rule_of:
            raise InvalidEquationError(f"{kind} has two rules", field="rules")
        rule_of[kind] = rule
    known = {(a, unit) for a, units in UNITS_OF_ACTION.items() for unit in units}
    if missing := known - set(rule_of):
        raise InvalidEquationError(
            f"no rule for {sorted(missing)}: write a zero if it earns nothing",
            field="rules",
        )
    if unknown := set(rule_of) - known:
        raise InvalidEquationError(f"the ledger knows no {sorted(unknown)}")
    return rule_of


def _rule(fields: Json) -> tuple[Kind, Rule]:
    if not isinstance(fields, dict) or set(fields) != {
        "action",
        "unit",
        "points",
        "community",
    }:
        raise InvalidEquationError("a rule has action, unit, points and community")
    points = fraction_of(fields["points"], "points", InvalidEquationError)
    community = _text(fields["community"], "community")
    if points > POINTS_MAX or community not in COMMUNITIES:
        raise InvalidEquationError(
            f"points are at most {POINTS_MAX}, communities {', '.join(COMMUNITIES)}"
        )
    kind = (_text(fields["action"], "action"), _text(fields["unit"], "unit"))
    return kind, Rule(points=points, community=community)


def _ratio(value: Json, name: str) -> Fraction:
    ratio = fraction_of(value, name, InvalidEquationError)
    if ratio > 1:
        raise InvalidEquationError(
            f"{name} is at most 1, got {ratio}: more than an event is worth would "
            "be credited",
            field=name,
        )
    return ratio


def _text(value: Json, name: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 64:
        raise InvalidEquationError(f"{name} is a string of 1 to 64", field=name)
    return value
