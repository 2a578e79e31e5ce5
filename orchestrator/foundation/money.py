"""Money: whole minor units of one currency, never a float."""

import re
from dataclasses import dataclass

from orchestrator.foundation.errors import InvalidInputError

CURRENCIES = frozenset({"EUR", "CHF", "DKK", "GBP", "NOK", "SEK", "USD"})
_TYPED = re.compile(
    r"(-?)([0-9]{1,12}|[0-9]{1,3}(?: [0-9]{3}){1,3})(?:[.,]([0-9]{1,2}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Money:
    """An amount in hundredths of its currency."""

    cents: int
    currency: str = "EUR"

    def __post_init__(self) -> None:
        if type(self.cents) is not int:
            raise InvalidInputError(f"cents are whole, got {self.cents!r}")
        if self.currency not in CURRENCIES:
            raise InvalidInputError(
                f"currency must be one of {sorted(CURRENCIES)}, got {self.currency!r}",
                field="currency",
            )

    def __add__(self, other: "Money") -> "Money":
        self._check_same(other)
        return Money(cents=self.cents + other.cents, currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._check_same(other)
        return Money(cents=self.cents - other.cents, currency=self.currency)

    def __neg__(self) -> "Money":
        return Money(cents=-self.cents, currency=self.currency)

    def __str__(self) -> str:
        whole, rest = divmod(abs(self.cents), 100)
        sign = "-" if self.cents < 0 else ""
        return f"{sign}{whole}.{rest:02} {self.currency}"

    def _check_same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise InvalidInputError(
                f"{self.currency} and {other.currency} cannot be added"
            )


def cents_of(typed: str, field: str) -> int:
    """`12`, `12.5`, `12,50`, `1 200,50` or `-3` as people type it, in minor units.

    Errors: InvalidInputError.
    """
    found = _TYPED.fullmatch(typed.strip())
    if not found:
        raise InvalidInputError(
            f"an amount is like 12.50, got {typed[:40]!r}", field=field
        )
    sign, whole, part = found.groups()
    cents = int(whole.replace(" ", "")) * 100 + int((part or "0").ljust(2, "0"))
    return -cents if sign else cents


def total(amounts: list[Money], *, currency: str = "EUR") -> Money:
    """The sum; of nothing it is zero in `currency`."""
    return sum(amounts, start=Money(cents=0, currency=currency))
