"""The money book: balanced, posted once, reversed only, and whatever is edited is found."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from orchestrator.accounts import book
from orchestrator.accounts.book import BookBrokenError, TransactionConflictError
from orchestrator.accounts.transactions import (
    Posting,
    Transaction,
    UnbalancedError,
    moved,
)
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from orchestrator.foundation.money import Money

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def paid(name: str, cents: int = 1_000, currency: str = "EUR") -> Transaction:
    return Transaction(
        id=f"money-{name}",
        kind="payment",
        text="Paid.",
        postings=moved(
            "income:settled:machine:lab-one", "assets:bank", cents, currency
        ),
    )


def test_each_currency_balances_by_itself() -> None:
    lines = (
        Posting(account="assets:bank", money=Money(cents=100)),
        Posting(account="equity:reserve", money=Money(cents=-100, currency="CHF")),
    )
    with pytest.raises(UnbalancedError, match=r"CHF postings .* -1\.00 CHF"):
        Transaction(id="money-mixed", kind="payment", text="Mixed.", postings=lines)


@pytest.mark.parametrize("account", ["bank", "assets", "assets:Bank", "assets:a b"])
def test_what_is_no_account_is_refused_by_name(account: str) -> None:
    with pytest.raises(InvalidInputError, match="an account is like"):
        Transaction(
            id="money-odd-one",
            kind="payment",
            text="Odd.",
            postings=moved(account, "assets:bank", 1, "EUR"),
        )


def test_the_same_again_is_once_and_other_content_is_refused(session: Session) -> None:
    first = book.post(session, paid("first-one"), now=NOW)
    again = book.post(session, paid("first-one"), now=NOW + DAY)
    assert (again.id, again.posted_at) == (first.id, NOW)
    with pytest.raises(TransactionConflictError):
        book.post(session, paid("first-one", 1_001), now=NOW)
    assert book.balance(session, "assets", "EUR") == 1_000


def test_balances_know_their_currency_and_their_time(session: Session) -> None:
    book.post(session, paid("first-one"), now=NOW)
    book.post(session, paid("in-francs", 70, "CHF"), now=NOW)
    book.post(session, paid("next-day", 5), now=NOW + DAY)
    assert book.balance(session, "assets:bank", "EUR") == 1_005
    assert book.balance(session, "assets:bank", "EUR", NOW + DAY) == 1_000
    assert book.balance(session, "assets:bank", "CHF") == 70
    assert book.balance(session, "assets:ban", "EUR") == 0
    assert book.result(session, "EUR", NOW, NOW + DAY).settled_income == 1_000
    assert book.result(session, "EUR", NOW + DAY, NOW + 2 * DAY).settled_income == 5


def test_a_transaction_is_taken_back_once_by_its_mirror_image(session: Session) -> None:
    book.post(session, paid("first-one"), now=NOW)
    undone = book.reverse(session, "money-first-one", text="Wrong.", by=None, now=NOW)
    assert (
        book.reverse(session, "money-first-one", text="Again.", by=None, now=NOW)
        is undone
    )
    assert book.balance(session, "assets", "EUR") == 0
    with pytest.raises(ConflictError, match="itself a reversal"):
        book.reverse(session, undone.id, text="No.", by=None, now=NOW)
    with pytest.raises(NotFoundError):
        book.reverse(session, "money-nothing", text="No.", by=None, now=NOW)


def test_many_writers_at_once_post_each_once(sessions: Sessions) -> None:
    together = Barrier(4)

    def write(_writer: int) -> None:
        together.wait()
        for number in range(5):
            with sessions.begin() as session:
                book.post(session, paid(f"number-{number}"), now=NOW)
        with sessions.begin() as session:
            book.reverse(session, "money-number-0", text="Wrong.", by=None, now=NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with sessions() as session:
        assert book.balance(session, "assets:bank", "EUR") == 4_000
        assert book.digests(session, [NOW])


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE money_posting SET cents = cents * 2",
        "UPDATE money_posting SET cents = 7 WHERE position = 0",
        "UPDATE money_posting SET account = 'assets:elsewhere' WHERE position = 0",
        "UPDATE money_transaction SET text = 'Never paid.'",
        "UPDATE money_transaction SET posted_at = '2020-01-01 00:00:00.000000'",
        "DELETE FROM money_posting WHERE position = 1",
    ],
)
def test_who_edits_the_book_is_found(session: Session, edit: str) -> None:
    book.post(session, paid("first-one"), now=NOW)
    session.commit()
    whole = book.digests(session, [NOW])
    assert whole == book.digests(session, [NOW])
    session.execute(text(edit))
    session.expire_all()
    with pytest.raises(BookBrokenError, match="money-first-one"):
        book.digests(session, [NOW])
