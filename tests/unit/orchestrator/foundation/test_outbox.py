"""What was put in the transaction leaves at least once, in order, and not too late."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from orchestrator.foundation import outbox
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import ConflictError
from orchestrator.foundation.outbox import OutboxRow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def put(
    session: Session,
    key: str,
    *,
    receipt: bool = False,
    not_after: datetime | None = None,
) -> OutboxRow:
    return outbox.put(
        session,
        message_key=key,
        destination="mqtt",
        topic="down/command",
        payload={"job_id": key},
        order_key="device-a",
        now=NOW,
        not_after=not_after,
        wants_receipt=receipt,
    )


def keys(
    session: Session, now: datetime = NOW, resend: timedelta | None = None
) -> list[str]:
    rows = outbox.claim(
        session, destination="mqtt", limit=10, now=now, resend_after=resend
    )
    return [row.message_key for row in rows]


def test_messages_leave_in_the_order_they_were_put(session: Session) -> None:
    for key in ("c", "a", "b"):
        put(session, key)
    assert keys(session) == ["c", "a", "b"]
    rows = outbox.claim(session, destination="mqtt", limit=2, now=NOW)
    outbox.mark_sent(session, rows, now=NOW)
    assert keys(session) == ["b"]
    assert rows[0].payload == b'{"job_id":"c"}'


def test_an_undone_transaction_sends_nothing(sessions: Sessions) -> None:
    with sessions() as session:
        put(session, "never")
        session.rollback()
    with sessions() as session:
        assert keys(session) == []


def test_the_same_message_put_twice_is_one(session: Session) -> None:
    assert put(session, "once").id == put(session, "once").id
    with pytest.raises(ConflictError):
        outbox.put(
            session,
            message_key="once",
            destination="mqtt",
            topic="down/command",
            payload={"job_id": "other"},
            order_key="device-a",
            now=NOW,
        )


def test_without_a_receipt_it_is_sent_again(session: Session) -> None:
    put(session, "command", receipt=True)
    put(session, "notice")
    outbox.mark_sent(
        session, outbox.claim(session, destination="mqtt", limit=5, now=NOW), now=NOW
    )
    assert keys(session, NOW + MINUTE) == []
    assert keys(session, NOW + MINUTE, resend=MINUTE) == ["command"]
    assert outbox.mark_receipted(session, "command", now=NOW)
    assert not outbox.mark_receipted(session, "command", now=NOW)
    assert keys(session, NOW + MINUTE, resend=MINUTE) == []


def test_a_clock_set_back_does_not_put_off_the_next_copy(session: Session) -> None:
    put(session, "command", receipt=True)
    rows = outbox.claim(session, destination="mqtt", limit=5, now=NOW)
    outbox.mark_sent(session, rows, now=NOW)
    back = NOW - 60 * MINUTE
    assert keys(session, back, resend=MINUTE) == ["command"]
    outbox.mark_sent(session, rows, now=back)
    assert keys(session, back, resend=MINUTE) == []
    assert keys(session, back + MINUTE, resend=MINUTE) == ["command"]


def test_a_receipt_that_overtakes_the_mark_stands(session: Session) -> None:
    put(session, "fast", receipt=True)
    rows = outbox.claim(session, destination="mqtt", limit=5, now=NOW)
    outbox.mark_receipted(session, "fast", now=NOW)
    outbox.mark_sent(session, rows, now=NOW)
    session.refresh(rows[0])
    assert rows[0].state == "receipted"


def test_past_its_deadline_it_is_never_sent(session: Session) -> None:
    late = put(session, "late", receipt=True, not_after=NOW + MINUTE)
    assert keys(session, NOW + MINUTE) == ["late"]
    assert keys(session, NOW + 2 * MINUTE) == []
    session.refresh(late)
    assert late.state == "expired"


def test_a_withdrawn_message_is_not_sent(session: Session) -> None:
    put(session, "no-more")
    assert outbox.withdraw(session, "no-more")
    assert keys(session) == []
    assert not outbox.withdraw(session, "unknown")


def test_tidying_leaves_what_is_still_wanted(session: Session) -> None:
    put(session, "wanted", receipt=True)
    put(session, "told")
    outbox.mark_sent(
        session, outbox.claim(session, destination="mqtt", limit=5, now=NOW), now=NOW
    )
    put(session, "waiting")
    outbox.tidy(session, before=NOW + MINUTE)
    left = {row.message_key for row in session.query(OutboxRow)}
    assert left == {"wanted", "waiting"}
