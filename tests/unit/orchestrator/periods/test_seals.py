"""Who deletes money from the book, or slips some in with an old date, is found."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from orchestrator.accounts.book import BookBrokenError
from orchestrator.accounts.rows import PostingRow, TransactionRow
from orchestrator.periods.seals import check_book
from tests.unit.orchestrator.periods.conftest import NOW, Network

DAY = timedelta(days=1)


@pytest.fixture
def sealed_network(network: Network) -> Network:
    """One sale a day before its period's close, and one after it."""
    network.earn(10_000)
    later = iter(range(24 * 60, 48 * 60))
    network.minutes = lambda: next(later)
    network.close(1)
    network.earn(5_000)
    network.session.flush()
    return network


def test_what_came_after_a_close_breaks_no_seal(sealed_network: Network) -> None:
    assert check_book(sealed_network.session, NOW + 3 * DAY)
    sealed_network.open()
    sealed_network.propose(2)


def test_a_whole_transaction_that_was_deleted_is_found(
    sealed_network: Network,
) -> None:
    session = sealed_network.session
    first = select(TransactionRow.id).where(
        TransactionRow.kind == "sale", TransactionRow.posted_at < NOW + DAY
    )
    session.execute(delete(PostingRow).where(PostingRow.transaction_id.in_(first)))
    session.execute(delete(TransactionRow).where(TransactionRow.id.in_(first)))
    session.expire_all()
    with pytest.raises(BookBrokenError, match="period-1 was closed"):
        check_book(session, NOW + 3 * DAY)
    sealed_network.open()
    with pytest.raises(BookBrokenError, match="added or deleted"):
        sealed_network.propose(2)


def test_money_slipped_in_with_an_old_date_is_found(sealed_network: Network) -> None:
    minutes = sealed_network.minutes
    sealed_network.minutes = lambda: 90
    sealed_network.earn(1)
    sealed_network.minutes = minutes
    with pytest.raises(BookBrokenError, match="period-1 was closed"):
        check_book(sealed_network.session, NOW + 3 * DAY)
