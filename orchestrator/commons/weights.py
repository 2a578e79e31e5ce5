"""What the plan weighs against money: prices that the members set, in versions."""

from dataclasses import dataclass, fields
from datetime import datetime
from importlib import resources
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import RuleKind, register, rule_at
from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError

VERSION_MAX: Final = 64
MAX_OF: Final = {
    "late_cents_per_minute": 10_000,
    "very_late_cents_per_minute": 100_000,
    "moved_machine_cents": 100_000,
    "moved_courier_cents": 100_000,
    "moved_promise_cents_per_minute": 10_000,
    "near_s": 7 * 86_400,
    "near_percent": 10_000,
    "broken_promise_cents": 10_000_000,
    "promise_slack_s": 86_400,
    "promise_slack_percent": 100,
    "co2_cents_per_kg": 100_000,
    "van_co2_grams_per_km": 5_000,
    "lab_over_permille": 1_000,
    "courier_over_permille": 1_000,
}
# What a version weighs that was put into force before there was such a weight.
BEFORE: Final = {"moved_promise_cents_per_minute": 0, "promise_slack_percent": 0}


class InvalidWeightsError(InvalidInputError):
    """The table leaves a weight out, or says what no table may say."""

    code = "invalid-plan-weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWeights:
    """A version of the weights. All are whole numbers, from 0 to their MAX_OF.

    `near_percent`: how much dearer a change of what is due now is, falling to nothing
    for what is due after `near_s`. `over_permille`: of what a lab or a courier earns
    beyond an even share. `promise_slack_s`: how much later than planned is promised,
    and on top `promise_slack_percent` of the time until then. `moved_promise` counts
    for each minute before or after the promised window.
    """

    rule_version: str
    late_cents_per_minute: int
    very_late_cents_per_minute: int
    moved_machine_cents: int
    moved_courier_cents: int
    moved_promise_cents_per_minute: int
    near_s: int
    near_percent: int
    broken_promise_cents: int
    promise_slack_s: int
    promise_slack_percent: int
    co2_cents_per_kg: int
    van_co2_grams_per_km: int
    lab_over_permille: int
    courier_over_permille: int


NAMES: Final = tuple(field.name for field in fields(PlanWeights))


def default_weights() -> bytes:
    """The table that a new network begins with."""
    return (
        resources.files("orchestrator.commons") / "plan_weights_1.json"
    ).read_bytes()


def weights_of(table: bytes) -> PlanWeights:
    """Read a table. Errors: InvalidWeightsError that names the weight at fault."""
    told = canonical.object_of(table)
    if unknown := sorted(set(told) - set(NAMES)):
        raise InvalidWeightsError(
            f"there is no weight {unknown[0]!r}", field=unknown[0]
        )
    if missing := [name for name in NAMES if name not in told]:
        raise InvalidWeightsError(f"{missing[0]} is missing", field=missing[0])
    version = told["rule_version"]
    if not isinstance(version, str) or not 1 <= len(version) <= VERSION_MAX:
        raise InvalidWeightsError(
            f"rule_version is a string of 1 to {VERSION_MAX}", field="rule_version"
        )
    numbers: dict[str, int] = {}
    for name, most in MAX_OF.items():
        value = told[name]
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidWeightsError(f"{name} is a whole number", field=name)
        if not 0 <= value <= most:
            raise InvalidWeightsError(f"{name} is 0 to {most}, got {value}", field=name)
        numbers[name] = value
    if numbers["late_cents_per_minute"] > numbers["broken_promise_cents"]:
        raise InvalidWeightsError(
            "broken_promise_cents is less than one late minute: no promise would be kept",
            field="broken_promise_cents",
        )
    return PlanWeights(rule_version=version, **numbers)


PLAN_WEIGHTS: Final = register(
    RuleKind(
        name="plan-weights",
        read=weights_of,
        founding=default_weights,
        completed=lambda told: {**BEFORE, **told},
    )
)


def weights_at(session: Session, moment: datetime) -> PlanWeights:
    """The version in force at `moment`; before the first one, the first.

    Errors: NotFoundError where none was ever put in force.
    """
    return rule_at(session, PLAN_WEIGHTS, moment).value
