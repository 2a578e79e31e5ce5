"""Listeners hear of a change when everybody else can see it, and never break it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.foundation import changes
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.inbox import InboxCountRow


@pytest.fixture
def seen(reading: Sessions) -> Iterator[list[tuple[frozenset[str], int]]]:
    """What was told, and how many rows a reader found at that moment."""
    told: list[tuple[frozenset[str], int]] = []

    def listen(topics: frozenset[str]) -> None:
        with reading() as session:
            rows = session.scalar(select(func.count()).select_from(InboxCountRow))
            told.append((topics, rows or 0))

    forget = changes.listen(listen)
    yield told
    forget()


def change(session: Session, topic: str) -> None:
    session.add(InboxCountRow(source="mqtt", code=topic, count=1))
    changes.announce(session, topic)


def test_a_part_that_is_done_is_told_with_the_whole(
    sessions: Sessions, seen: list[tuple[frozenset[str], int]]
) -> None:
    with sessions.begin() as session:
        with session.begin_nested():
            change(session, "orders")
        change(session, "plan")
        assert seen == []
    assert seen == [(frozenset({"orders", "plan"}), 2)]


def test_a_part_that_is_undone_takes_no_other_word_along(
    sessions: Sessions, seen: list[tuple[frozenset[str], int]]
) -> None:
    with sessions.begin() as session:
        change(session, "orders")
        part = session.begin_nested()
        change(session, "plan")
        part.rollback()
    assert [(topics & {"orders"}, rows) for topics, rows in seen] == [({"orders"}, 1)]


def test_what_is_undone_is_not_told(
    sessions: Sessions, seen: list[tuple[frozenset[str], int]]
) -> None:
    with sessions() as session:
        change(session, "orders")
        session.flush()
        session.rollback()
        session.commit()
    assert seen == []


def test_a_listener_that_fails_undoes_nothing_and_stops_no_other(
    sessions: Sessions, seen: list[tuple[frozenset[str], int]]
) -> None:
    def broken(_topics: frozenset[str]) -> None:
        raise OSError("no space left")

    seen.clear()
    forget = changes.listen(broken)
    last: list[frozenset[str]] = []
    forget_last = changes.listen(last.append)
    try:
        with sessions.begin() as session:
            change(session, "orders")
    finally:
        forget()
        forget_last()
    assert last == [frozenset({"orders"})]
