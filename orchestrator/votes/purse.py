"""Common money as it moves between what the network owes, earmarks and keeps."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.accounts.book import balance, post
from orchestrator.accounts.chart import PAYABLE, RESERVE
from orchestrator.accounts.transactions import Posting, Transaction
from orchestrator.foundation.ids import derived_id
from orchestrator.foundation.money import Money

EARMARKED: Final = "equity:earmarked"  # by budget: members are giving it out
PLEDGES: Final = "liabilities:pledges"  # by campaign and member: given back if it fails


def reserve(session: Session, currency: str) -> int:
    """Minor units in the common reserve."""
    return -balance(session, RESERVE, currency)


def owed(session: Session, agent_id: str, currency: str) -> int:
    """What the network owes an agent and has not proposed to pay out yet."""
    return -balance(session, f"{PAYABLE}:{agent_id}", currency)


def move(
    session: Session,
    *parts: str,
    text: str,
    lines: list[tuple[str, str, int]],
    currency: str,
    by: str | None,
    now: datetime,
) -> str | None:
    """Post `lines` (from, to, cents) of equity or liabilities at once, once a `parts`.

    None where nothing is to be moved. The id of the transaction else.
    """
    postings = tuple(
        Posting(account=account, money=Money(cents=cents * sign, currency=currency))
        for source, target, cents in lines
        if cents
        for account, sign in ((source, 1), (target, -1))
    )
    if not postings:
        return None
    transaction_id = derived_id("money", *parts)
    post(
        session,
        Transaction(
            id=transaction_id, kind="funding", text=text, postings=postings, by=by
        ),
        now=now,
    )
    return transaction_id
