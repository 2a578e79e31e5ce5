"""Only what a known key signed enters, once, and in its very bytes."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import NotFoundError
from orchestrator.foundation.signing import (
    BadSignatureError,
    SigningKey,
    new_signing_key,
)
from orchestrator.ledger.append import (
    LedgerConflictError,
    append,
    append_witnessed,
    entries_of_order,
    entry_of,
)
from orchestrator.ledger.commitments import commit, new_salt, opens
from orchestrator.ledger.events import EconomicEvent, InvalidEventError
from orchestrator.ledger.rows import EntryRow
from orchestrator.members.signing_keys import UnknownKeyError, revoke_key

type Maker = Callable[..., EconomicEvent]


def test_the_bytes_that_came_are_the_bytes_that_stay(
    session: Session, an_event: Maker, key: SigningKey, now: datetime
) -> None:
    body = an_event().canonical()
    append(
        session,
        body=body,
        key_id=key.key_id,
        signature=key.sign(body),
        recorded_at=now,
    )
    session.expire_all()
    row = entry_of(session, "event-000001")
    assert (row.body, row.signature, row.position) == (body, key.sign(body), None)
    assert (row.provider, row.quantity, row.order_id) == (
        "agent-owner-1",
        "1.5",
        "order-0001",
    )
    assert entries_of_order(session, "order-0001") == [row]


def test_an_event_told_twice_is_entered_once(
    session: Session, an_event: Maker, key: SigningKey, now: datetime
) -> None:
    first = append_witnessed(session, an_event(), key=key, recorded_at=now)
    later = now + timedelta(hours=1)
    assert append_witnessed(session, an_event(), key=key, recorded_at=later) is first
    assert session.scalar(select(func.count()).select_from(EntryRow)) == 1


def test_other_bytes_under_the_same_id_are_refused(
    session: Session, an_event: Maker, key: SigningKey, now: datetime
) -> None:
    append_witnessed(session, an_event(), key=key, recorded_at=now)
    with pytest.raises(LedgerConflictError):
        append_witnessed(session, an_event(quantity="9"), key=key, recorded_at=now)


def test_forged_strange_and_revoked_signatures_are_refused(
    session: Session, an_event: Maker, key: SigningKey, now: datetime
) -> None:
    body, stranger = an_event().canonical(), new_signing_key()
    with pytest.raises(BadSignatureError):
        append(
            session,
            body=body,
            key_id=key.key_id,
            signature=stranger.sign(body),
            recorded_at=now,
        )
    with pytest.raises(UnknownKeyError):
        append_witnessed(session, an_event(), key=stranger, recorded_at=now)
    append_witnessed(session, an_event(1), key=key, recorded_at=now)
    late = now + timedelta(hours=1)
    revoke_key(session, key.key_id, now=late)
    for at in (late, now, now - timedelta(days=3650)):  # also by a clock set back
        with pytest.raises(UnknownKeyError):
            append_witnessed(session, an_event(2), key=key, recorded_at=at)


def test_a_clock_that_stepped_back_turns_nothing_away(
    session: Session, an_event: Maker, key: SigningKey, now: datetime
) -> None:
    before = now - timedelta(days=3650)
    row = append_witnessed(session, an_event(), key=key, recorded_at=before)
    assert row.recorded_at == now  # when the key became known


def test_a_correction_names_an_event_of_its_kind(
    session: Session, an_event: Maker, key: SigningKey, now: datetime
) -> None:
    correction = an_event(2, quantity="-1.5", corrects="event-000001")
    with pytest.raises(NotFoundError):
        append_witnessed(session, correction, key=key, recorded_at=now)
    append_witnessed(session, an_event(1), key=key, recorded_at=now)
    append_witnessed(session, correction, key=key, recorded_at=now)
    strange = an_event(
        3, quantity="-1", corrects="event-000001", provider="agent-other-1"
    )
    with pytest.raises(InvalidEventError):
        append_witnessed(session, strange, key=key, recorded_at=now)


def test_a_fact_undone_leaves_no_entry(
    session: Session, an_event: Maker, key: SigningKey, now: datetime
) -> None:
    append_witnessed(session, an_event(), key=key, recorded_at=now)
    session.rollback()
    with pytest.raises(NotFoundError):
        entry_of(session, "event-000001")


def test_a_commitment_tells_nothing_without_its_salt() -> None:
    salt = new_salt()
    commitment = commit(salt, "Mannerheimintie 1")
    assert opens(commitment, salt=salt, text="Mannerheimintie 1")
    assert not opens(commitment, salt=salt, text="Mannerheimintie 2")
    assert not opens(commitment, salt=new_salt(), text="Mannerheimintie 1")
    with pytest.raises(ValueError, match="32 bytes"):
        commit(b"", "x")
