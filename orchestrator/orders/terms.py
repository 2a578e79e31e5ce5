"""Terms of payment as data: deposit, days to pay, taxes, what an invoice must say."""

from datetime import datetime
from importlib import resources
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import RuleKind, register, rule_at
from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.orders.pricing import MILLION, PARTS

Ppm = Annotated[int, Field(ge=0, le=MILLION)]


class InvalidTermsError(InvalidInputError):
    """The table is no terms of payment."""

    code = "invalid-money-terms"


class Tax(BaseModel):
    """A tax that prices include: `rate_ppm` on what is left of these parts without it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]  # in the book
    title: Annotated[str, Field(min_length=1, max_length=80)]  # on the invoice
    rate_ppm: Ppm
    parts: Annotated[list[str], Field(min_length=1)]  # of the price, pricing.PARTS


class MoneyTerms(BaseModel):
    """One version of the terms. A price's deposit is `deposit_ppm` of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rule_version: Annotated[str, Field(min_length=1, max_length=64)]
    deposit_ppm: Ppm
    due_days: Annotated[int, Field(ge=0, le=366)]
    taxes: Annotated[list[Tax], Field(max_length=8)]
    notes: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=8)
    ]

    @model_validator(mode="after")
    def _each_part_once(self) -> Self:
        taxed = [part for tax in self.taxes for part in tax.parts]
        if unknown := set(taxed) - set(PARTS):
            raise ValueError(f"no part of a price: {', '.join(sorted(unknown))}")
        if len(taxed) != len(set(taxed)):
            raise ValueError("a part of a price has one tax")
        if len({tax.name for tax in self.taxes}) != len(self.taxes):
            raise ValueError("taxes have names of their own")
        return self


def terms_of(table: bytes) -> MoneyTerms:
    """Read a table. Errors: InvalidTermsError with the field at fault."""
    try:
        return MoneyTerms.model_validate(canonical.object_of(table))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidTermsError(f"money terms: {first['msg']}", field=field) from error


def founding_table() -> bytes:
    """The terms that a new network begins with."""
    return (resources.files("orchestrator.orders") / "money_terms_1.json").read_bytes()


MONEY_TERMS: Final = register(
    RuleKind(name="money-terms", read=terms_of, founding=founding_table)
)


def terms_at(session: Session, moment: datetime) -> MoneyTerms:
    """The terms in force; in a network that never founded any, the first ones."""
    try:
        return rule_at(session, MONEY_TERMS, moment).value
    except NotFoundError:
        return terms_of(founding_table())
