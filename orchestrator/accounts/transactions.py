"""A balanced transaction: it refuses to exist when its currencies do not sum to zero."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.ids import checked_id
from orchestrator.foundation.money import Money

CENTS_MAX: Final = 10**15  # well within what JSON and the database hold exactly
TEXT_MAX: Final = 500
_ACCOUNT = re.compile(
    r"(assets|liabilities|equity|income|expenses)(:[a-z0-9][a-z0-9-]{0,63}){0,3}"
)
_KIND = re.compile(r"[a-z][a-z-]{1,31}")


class UnbalancedError(InvalidInputError):
    """The postings of a transaction do not sum to zero in one of its currencies."""

    code = "unbalanced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Money into an account (a debit, above zero) or out of it (a credit, below)."""

    account: str
    money: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """What happened to money at once. `by` None: the network itself, by its rules.

    `told` holds what later questions need, as strings and integers; nothing personal.
    Errors: UnbalancedError, InvalidInputError.
    """

    id: str
    kind: str
    text: str
    postings: tuple[Posting, ...]
    order_id: str | None = None
    by: str | None = None
    reverses: str | None = None
    told: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for name in ("id", "order_id", "by", "reverses"):
            if getattr(self, name) is not None:
                checked_id(getattr(self, name), field=name)
        if not _KIND.fullmatch(self.kind):
            raise InvalidInputError(f"no kind {self.kind[:40]!r}", field="kind")
        if not 1 <= len(self.text) <= TEXT_MAX or not self.text.isprintable():
            raise InvalidInputError(
                f"a transaction is told in 1 to {TEXT_MAX} letters", field="text"
            )
        if len(self.postings) < 2:
            raise UnbalancedError("a transaction has two postings or more")
        for posting in self.postings:
            _check(posting)
        sums: Counter[str] = Counter()
        for posting in self.postings:
            sums[posting.money.currency] += posting.money.cents
        for currency, cents in sorted(sums.items()):
            if cents:
                raise UnbalancedError(
                    f"the {currency} postings of {self.id} sum to "
                    f"{Money(cents=cents, currency=currency)} instead of zero"
                )

    def digest(self, posted_at: datetime) -> str:
        """SHA-256 over the RFC 8785 form of all of it and when it was posted."""
        return sha256(
            canonical.dumps(
                {
                    "id": self.id,
                    "kind": self.kind,
                    "text": self.text,
                    "posted_at": posted_at.isoformat(timespec="microseconds"),
                    "order_id": self.order_id,
                    "by": self.by,
                    "reverses": self.reverses,
                    "told": dict(self.told),
                    "postings": [
                        [one.account, one.money.currency, one.money.cents]
                        for one in self.postings
                    ],
                }
            )
        ).hexdigest()


def moved(
    source: str, target: str, cents: int, currency: str
) -> tuple[Posting, Posting]:
    """`cents` out of one account into another."""
    return (
        Posting(account=target, money=Money(cents=cents, currency=currency)),
        Posting(account=source, money=Money(cents=-cents, currency=currency)),
    )


def checked_account(account: str) -> str:
    """`account` when it is one, or all below one. Errors: InvalidInputError."""
    if not _ACCOUNT.fullmatch(account):
        raise InvalidInputError(
            f"an account is like 'assets:bank', got {account[:80]!r}", field="account"
        )
    return account


def _check(posting: Posting) -> None:
    if ":" not in checked_account(posting.account):
        raise InvalidInputError(
            f"an account is like 'assets:bank', got {posting.account!r}: "
            "nothing is posted to all of them",
            field="account",
        )
    if not 0 < abs(posting.money.cents) <= CENTS_MAX:
        raise InvalidInputError(
            f"a posting moves 1 to {CENTS_MAX} minor units, got {posting.money.cents}",
            field="cents",
        )
