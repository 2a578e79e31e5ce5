"""The chart of accounts: which there are, and what each holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

NETWORK: Final = "network"  # whose part of a price is nobody's: the commons'

BANK: Final = "assets:bank"
RECEIVABLE: Final = "assets:receivable"  # by payer: invoiced, not paid
CLAIMS: Final = "assets:claims"  # by payer: ordered, not invoiced; both sides of it
PROMISED: Final = "liabilities:promised"
DEPOSITS: Final = "liabilities:deposits"  # by payer: paid before the invoice
REFUNDS: Final = "liabilities:refunds"  # by payer: to be paid back
PAYABLE: Final = "liabilities:payable"  # by agent: earned from paid income
IN_PAYOUT: Final = "liabilities:in-payout"  # by agent: proposed, not yet paid
TAX_OPEN: Final = "liabilities:tax-open"  # by tax: invoiced, not paid
TAX_DUE: Final = "liabilities:tax-due"  # by tax: owed to the state
RESERVE: Final = "equity:reserve"
SURPLUS: Final = "equity:surplus"  # earned beyond costs, until a close shares it
UNSETTLED: Final = "income:unsettled"  # by part of the price and agent
SETTLED: Final = "income:settled"
DIRECT: Final = "expenses:direct"  # by part of the price and agent: what they earn


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Part of an invoice: what `agent_id` earns of that part of the price, or a tax.

    For a tax `agent_id` is its name, as accounts spell it.
    """

    component: str
    agent_id: str
    cents: int

    @property
    def is_tax(self) -> bool:
        """The state's part: nobody's income."""
        return self.component == "tax"

    @property
    def unsettled(self) -> str:
        """Where it waits until it is paid."""
        if self.is_tax:
            return f"{TAX_OPEN}:{self.agent_id}"
        return f"{UNSETTLED}:{self.component}:{self.agent_id}"

    @property
    def settled(self) -> str:
        """Where it is once it is paid."""
        if self.is_tax:
            return f"{TAX_DUE}:{self.agent_id}"
        return f"{SETTLED}:{self.component}:{self.agent_id}"

    @property
    def direct(self) -> str:
        """What the network spends on it."""
        return f"{DIRECT}:{self.component}:{self.agent_id}"

    @property
    def payable(self) -> str | None:
        """Whom the network then owes it; None: the network keeps it."""
        if self.is_tax or self.agent_id == NETWORK:
            return None
        return f"{PAYABLE}:{self.agent_id}"


def taken(cents: int, remaining: Sequence[int]) -> list[int]:
    """Part `cents` in proportion to what remains of each; nobody's below zero.

    0 <= cents <= sum(remaining). The parts sum to `cents`, each is within one of its
    exact part and never more than what remains: taken piece by piece until nothing
    remains, all end at zero, in any order. Cumulative rounding.
    """
    whole = sum(remaining)
    if not 0 <= cents <= whole:
        raise ValueError(f"{cents} can't be taken from {whole}")
    parts: list[int] = []
    so_far = given = 0
    for one in remaining:
        so_far += one
        until = so_far * cents // whole if whole else 0
        parts.append(until - given)
        given = until
    return parts
