"""The rules of a period: a table under vote, read strictly, frozen before it opens."""

from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from importlib import resources
from typing import Final, Literal, NoReturn

from orchestrator.commons.equation import COMMUNITIES
from orchestrator.foundation import canonical
from orchestrator.foundation.canonical import Json
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.money import CURRENCIES
from orchestrator.foundation.quantities import fraction_of
from orchestrator.ledger.events import UNITS_OF_ACTION

KINDS: Final = tuple(
    sorted(
        f"{action} {unit}"
        for action, units in UNITS_OF_ACTION.items()
        for unit in units
    )
)
# What must be earned before there is a surplus; direct costs come from the books.
COMPONENTS: Final = ("wage_policy", "capital_return", "capital_gain", "investment")
CENTS_MAX: Final = 10**15
CARRY_PERIODS_MAX: Final = 1_000
CENTS_PER_POINT_MAX: Final = 10**9

type Mode = Literal["used-up", "reduced", "kept"]


class InvalidPeriodRulesError(InvalidInputError):
    """The table leaves something out, or says what no table may say."""

    code = "invalid-period-rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """What becomes of points that were paid for.

    `ratio`: for "reduced", cents that one point stands for; for "kept", the part of
    the points that stays; for "used-up", 0.
    """

    mode: Mode
    ratio: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodRules:
    """A version of the table. `sha256` is of its canonical JSON."""

    rule_version: str
    sha256: str
    currency: str
    threshold_cents_of: dict[str, int]  # by COMPONENTS
    shared_part: Fraction  # of a surplus; the rest goes to the commons reserve
    weight_of: dict[str, Fraction]  # by community; they sum to 1
    carry_periods_max: int  # how many closes a shortfall is looked at again
    after_of: dict[str, After]  # by kind, "action unit"


def default_period_rules() -> bytes:
    """The table that a new network begins with."""
    return (
        resources.files("orchestrator.periods") / "period_rules_1.json"
    ).read_bytes()


def period_rules_of(table: bytes) -> PeriodRules:
    """Read a table. Errors: InvalidPeriodRulesError with the field at fault."""
    fields = canonical.object_of(table)
    names = {
        *("rule_version", "currency", "threshold_cents", "shared_part"),
        *("communities", "carry_periods_max", "points_after"),
    }
    _same_names(fields, names, "a table")
    version, currency = fields["rule_version"], fields["currency"]
    if not isinstance(version, str) or not 1 <= len(version) <= 64:
        _refuse("rule_version", "is a string of 1 to 64")
    if not isinstance(currency, str) or currency not in CURRENCIES:
        _refuse("currency", f"is one of {', '.join(sorted(CURRENCIES))}")
    threshold = _object(fields["threshold_cents"], set(COMPONENTS), "threshold_cents")
    weights = _object(fields["communities"], set(COMMUNITIES), "communities")
    weight_of = {
        name: fraction_of(weights[name], name, InvalidPeriodRulesError)
        for name in COMMUNITIES
    }
    if (added := sum(weight_of.values())) != 1:
        _refuse("communities", f"add up to {added}, not to 1")
    shared_part = fraction_of(
        fields["shared_part"], "shared_part", InvalidPeriodRulesError
    )
    if shared_part > 1:
        _refuse("shared_part", f"is at most 1, got {shared_part}")
    return PeriodRules(
        rule_version=version,
        sha256=sha256(canonical.dumps(fields)).hexdigest(),
        currency=currency,
        threshold_cents_of={
            name: _integer(threshold[name], name, CENTS_MAX) for name in COMPONENTS
        },
        shared_part=shared_part,
        weight_of=weight_of,
        carry_periods_max=_integer(
            fields["carry_periods_max"], "carry_periods_max", CARRY_PERIODS_MAX
        ),
        after_of=_after_of(fields["points_after"]),
    )


def _after_of(told: Json) -> dict[str, After]:
    kinds = _object(told, set(KINDS), "points_after")
    return {kind: _after(kinds[kind], kind) for kind in KINDS}


def _after(told: Json, kind: str) -> After:
    if told == "used-up":
        return After(mode="used-up", ratio=Fraction(0))
    if isinstance(told, dict) and set(told) == {"reduced_by_cents_per_point"}:
        ratio = fraction_of(
            told["reduced_by_cents_per_point"], kind, InvalidPeriodRulesError
        )
        if not 0 < ratio <= CENTS_PER_POINT_MAX:
            _refuse(kind, f"has cents a point above 0, at most {CENTS_PER_POINT_MAX}")
        return After(mode="reduced", ratio=ratio)
    if isinstance(told, dict) and set(told) == {"kept_with_decay"}:
        ratio = fraction_of(told["kept_with_decay"], kind, InvalidPeriodRulesError)
        if ratio > 1:
            _refuse(kind, f"keeps at most 1 of its points, got {ratio}")
        return After(mode="kept", ratio=ratio)
    raise InvalidPeriodRulesError(
        f"points of {kind!r} are 'used-up', or an object of "
        "reduced_by_cents_per_point or kept_with_decay",
        field=kind,
    )


def _object(told: Json, names: set[str], field: str) -> dict[str, Json]:
    if not isinstance(told, dict):
        raise InvalidPeriodRulesError(f"{field} is an object", field=field)
    _same_names(told, names, field)
    return told


def _same_names(told: dict[str, Json], names: set[str], field: str) -> None:
    if missing := sorted(names - set(told)):
        _refuse(
            missing[0],
            f"is missing from {field}: write a zero if it counts for nothing",
        )
    if unknown := sorted(set(told) - names):
        _refuse(unknown[0][:64], f"is unknown in {field}")


def _integer(told: Json, field: str, most: int) -> int:
    if not isinstance(told, int) or isinstance(told, bool) or not 0 <= told <= most:
        raise InvalidPeriodRulesError(
            f"{field} is a whole number, 0 to {most}, got {told!r}", field=field
        )
    return told


def _refuse(field: str, why: str) -> NoReturn:
    raise InvalidPeriodRulesError(f"{field} {why}", field=field)
