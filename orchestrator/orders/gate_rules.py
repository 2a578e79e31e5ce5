"""What members decide about the licence gate, in versions; the rest is the licences'."""

from datetime import datetime
from importlib import resources
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import RuleKind, register, rule_at
from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError, NotFoundError


class InvalidGateRulesError(InvalidInputError):
    """The table is no rules of the licence gate."""

    code = "invalid-licence-gate"


DATA_FEE_CENTS: Final = 24_000  # of versions that were enacted before there was one
Days = Annotated[int, Field(ge=1, le=366)]


class DutyDays(BaseModel):
    """How long after the hand-over a duty is due."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    attribution: Days = 14
    source: Days = 14
    share_alike: Days = 90
    in_kind: Days = 90


class GateRules(BaseModel):
    """One version. The two `reciprocity_` fields are what a refused seller may offer.

    `reciprocity_fee_permille`: of the price of what is sold, to the contributors of
    the design; `reciprocity_in_kind`: what may stand in its place. `data_fee_cents`: for
    a year of commercial use of a data set, in the currency of the tariff.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rule_version: Annotated[str, Field(min_length=1, max_length=64)]
    sole_trader_may_sell: bool
    non_profit_employer_may_sell: bool
    reciprocity_fee_permille: Annotated[int, Field(ge=0, le=1_000)]
    reciprocity_in_kind: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=120)], ...],
        Field(max_length=8, strict=False),  # JSON knows lists alone
    ]
    duty_days: DutyDays = DutyDays()
    data_fee_cents: Annotated[int, Field(ge=0, le=10**9)] = DATA_FEE_CENTS


def rules_of(table: bytes) -> GateRules:
    """Read a table. Errors: InvalidGateRulesError with the field at fault."""
    try:
        return GateRules.model_validate(canonical.object_of(table))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidGateRulesError(
            f"licence gate: {field}: {first['msg']}", field=field
        ) from error


def founding_table() -> bytes:
    """The rules that a new network begins with."""
    return (resources.files("orchestrator.orders") / "licence_gate_1.json").read_bytes()


LICENCE_GATE: Final = register(
    RuleKind(
        name="licence-gate",
        read=rules_of,
        founding=founding_table,
        completed=lambda told: {"data_fee_cents": DATA_FEE_CENTS, **told},
    )
)


def rules_at(session: Session, moment: datetime) -> GateRules:
    """The rules in force; in a network that never founded any, the first ones."""
    try:
        return rule_at(session, LICENCE_GATE, moment).value
    except NotFoundError:
        return rules_of(founding_table())
