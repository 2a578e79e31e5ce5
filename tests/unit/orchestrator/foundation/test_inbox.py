"""Every message is kept once; a copy has no second effect; a forgery is an alarm."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation import inbox
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.inbox import Arrival, InboxRow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def an_arrival(
    sequence: int | None = 1, body: bytes = b"{}", device: str | None = "device-a"
) -> Arrival:
    return Arrival(
        source="mqtt",
        topic="up/job",
        body=body,
        device_id=device,
        sequence=sequence,
        received_at=NOW,
    )


def test_a_copy_is_told_from_a_new_message(sessions: Sessions) -> None:
    with sessions.begin() as session:
        assert inbox.store(session, [an_arrival(1), an_arrival(2)]) == ["new", "new"]
    with sessions.begin() as session:
        batch = [an_arrival(2), an_arrival(3), an_arrival(3), an_arrival(4, b"x")]
        outcomes = inbox.store(session, batch)
    assert outcomes == ["duplicate", "new", "duplicate", "new"]
    with sessions() as session:
        stored = session.scalars(select(InboxRow.sequence).order_by(InboxRow.id))
        assert list(stored) == [1, 2, 3, 4]


def test_other_bytes_under_a_known_number_are_an_alarm(session: Session) -> None:
    inbox.store(session, [an_arrival(7, b"first")])
    batch = [an_arrival(7, b"second"), an_arrival(8, b"a"), an_arrival(8, b"b")]
    assert inbox.store(session, batch) == ["conflict", "new", "conflict"]
    assert inbox.counts(session) == {("mqtt", "sequence-conflict"): 2}
    claimed = inbox.claim(session, limit=10)
    assert [row.body for row in claimed] == [b"first", b"a"]


def test_messages_without_a_number_are_all_new(session: Session) -> None:
    batch = [an_arrival(None), an_arrival(None), an_arrival(None, device=None)]
    assert inbox.store(session, batch) == ["new"] * 3
    assert inbox.waiting(session) == 3


def test_claimed_messages_come_in_order_and_are_done_once(session: Session) -> None:
    inbox.store(session, [an_arrival(number) for number in (5, 1, 9)])
    first = inbox.claim(session, limit=2)
    assert [row.sequence for row in first] == [5, 1]
    inbox.mark_done(session, first, now=NOW)
    inbox.quarantine(
        session, inbox.claim(session, limit=2)[0], code="bad", reason="r", now=NOW
    )
    assert inbox.claim(session, limit=2) == []
    # a late copy of what was done or set aside is still a copy
    assert inbox.store(session, [an_arrival(5), an_arrival(9)]) == ["duplicate"] * 2


def test_quarantine_is_bounded_and_its_count_is_not(session: Session) -> None:
    for number in range(25):
        inbox.refuse(
            session, an_arrival(None, b"%d" % number), code="not-json", reason="no"
        )
    session.flush()
    inbox.tidy(session, before=NOW - timedelta(days=1), quarantine_max=10)
    kept = session.scalars(
        select(InboxRow.body).where(InboxRow.state == "quarantined")
    ).all()
    assert sorted(kept) == sorted(b"%d" % number for number in range(15, 25))
    assert inbox.counts(session) == {("mqtt", "not-json"): 25}


def test_tidying_forgets_bodies_and_never_numbers(session: Session) -> None:
    inbox.store(session, [an_arrival(1, b"told"), an_arrival(None, b"state")])
    inbox.mark_done(session, inbox.claim(session, limit=5), now=NOW)
    inbox.tidy(session, before=NOW + timedelta(days=1))
    assert inbox.store(session, [an_arrival(1, b"told")]) == ["duplicate"]
    assert session.scalars(select(InboxRow.body)).all() == [b""]


def test_two_doors_store_the_same_messages_once(sessions: Sessions) -> None:
    outcomes: list[str] = []

    def door() -> None:
        for start in range(0, 50, 10):
            with sessions.begin() as session:
                batch = [an_arrival(start + n) for n in range(10)]
                outcomes.extend(inbox.store(session, batch))

    threads = [threading.Thread(target=door) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(outcomes) == {"new": 50, "duplicate": 100}


def test_a_reason_that_no_database_spells_is_kept_in_other_letters(
    session: Session,
) -> None:
    inbox.refuse(session, an_arrival(), code="a\x00b", reason="x\x00y\ud800z")
    session.flush()
    session.expire_all()
    row = session.scalars(select(InboxRow)).one()
    assert (row.code, row.reason) == ("a\ufffdb", "x\ufffdy?z")
