"""Only what a known key signed enters, once, and in its very bytes."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import FabcommonsError, NotFoundError
from orchestrator.foundation.signing import (
    BadSignatureError,
    SigningKey,
    new_signing_key,
)
from orchestrator.ledger.append import (
    Signed,
    append,
    append_witnessed,
    entries_of_order,
    entry_of,
)
from orchestrator.ledger.commitments import commit, new_salt, opens
from orchestrator.ledger.events import EconomicEvent, InvalidEventError
from orchestrator.ledger.insertion import LedgerConflictError
from orchestrator.ledger.rows import EntryRow
from orchestrator.members.signing_keys import UnknownKeyError, register_key, revoke_key

type Maker = Callable[..., EconomicEvent]


def signed(body: bytes, key: SigningKey, by: SigningKey | None = None) -> Signed:
    """Under the name of `key`; a forger signs `by` another one."""
    signature = (by or key).sign(body)
    return Signed(body=body, key_id=key.key_id, signature=signature)


def test_the_bytes_that_came_are_the_bytes_that_stay(
    session: Session, an_event: Maker, key: SigningKey, now: datetime
) -> None:
    body = an_event().canonical()
    append(session, [signed(body, key)], recorded_at=now)
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
    append_witnessed(session, an_event(), key=key, recorded_at=now)
    later = now + timedelta(hours=1)
    append_witnessed(session, an_event(), key=key, recorded_at=later)
    assert entry_of(session, "event-000001").recorded_at == now
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
        append(session, [signed(body, key, by=stranger)], recorded_at=now)
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
    append_witnessed(session, an_event(), key=key, recorded_at=before)
    row = entry_of(session, "event-000001")
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


def test_a_batch_holds_each_event_once(
    session: Session, an_event: Maker, key: SigningKey, now: datetime
) -> None:
    append_witnessed(session, an_event(1), key=key, recorded_at=now)
    correction = an_event(3, quantity="-1.5", corrects="event-000002")
    told = [an_event(2), an_event(1), an_event(2), correction]
    batch = [signed(event.canonical(), key) for event in told]
    append(session, batch, recorded_at=now + timedelta(hours=1))
    append(session, batch[::-1], recorded_at=now + timedelta(hours=2))
    rows = session.scalars(select(EntryRow).order_by(EntryRow.id)).all()
    assert [row.id for row in rows] == [f"event-{number:06}" for number in (1, 2, 3)]
    assert [row.body for row in rows] == [
        event.canonical() for event in (an_event(1), an_event(2), correction)
    ]
    assert [row.recorded_at - now for row in rows] == [
        timedelta(hours=hours) for hours in (0, 1, 1)
    ]
    append(session, [], recorded_at=now)


def test_one_bad_event_keeps_its_whole_batch_out_and_is_named(
    session: Session, an_event: Maker, key: SigningKey, now: datetime
) -> None:
    append_witnessed(session, an_event(9), key=key, recorded_at=now)
    good = [signed(an_event(number).canonical(), key) for number in (1, 2)]
    stranger = new_signing_key()
    early = an_event(7, occurred_at=now + timedelta(days=2)).canonical()
    orphan = an_event(7, quantity="-1", corrects="event-000008").canonical()
    bad: list[tuple[type[FabcommonsError], str, Signed]] = [
        (BadSignatureError, "7", signed(an_event(7).canonical(), key, by=stranger)),
        (UnknownKeyError, "7", signed(an_event(7).canonical(), stranger)),
        (InvalidEventError, "7", signed(early, key)),
        (NotFoundError, "8", signed(orphan, key)),
        (
            LedgerConflictError,
            "9",
            signed(an_event(9, unit="h", quantity="2").canonical(), key),
        ),
        (LedgerConflictError, "2", signed(an_event(2, quantity="2").canonical(), key)),
    ]
    for error, number, one in bad:
        with pytest.raises(error, match=f"event-00000{number}"):
            append(session, [*good, one], recorded_at=now)
        assert set(session.scalars(select(EntryRow.id))) == {"event-000009"}, error


def test_what_stands_in_the_log_needs_no_key_any_more(
    session: Session, an_event: Maker, key: SigningKey, now: datetime
) -> None:
    append_witnessed(session, an_event(), key=key, recorded_at=now)
    revoke_key(session, key.key_id, now=now)
    append_witnessed(session, an_event(), key=key, recorded_at=now)
    append_witnessed(session, an_event(), key=new_signing_key(), recorded_at=now)
    with pytest.raises(LedgerConflictError):
        append_witnessed(session, an_event(quantity="9"), key=key, recorded_at=now)


def test_two_who_tell_the_same_at_once_are_one(
    sessions: Sessions, an_event: Maker, key: SigningKey, now: datetime
) -> None:
    """Each in its own transaction: whoever comes second waits, and finds it there."""
    batches = [[1, 2, 3, 4], [4, 3, 2, 1], [2, 5], [5, 1]] * 3
    begun = threading.Barrier(len(batches))

    def tell(numbers: list[int]) -> None:
        told = [signed(an_event(number).canonical(), key) for number in numbers]
        begun.wait()
        with sessions.begin() as session:
            append(session, told, recorded_at=now)

    with ThreadPoolExecutor(len(batches)) as pool:
        list(pool.map(tell, batches))
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(EntryRow)) == 5


def test_a_key_revoked_elsewhere_is_refused_at_once(
    sessions: Sessions, an_event: Maker, key: SigningKey, now: datetime
) -> None:
    """The connection saw it valid; the INSERT itself looks again."""
    with sessions.begin() as session:
        append_witnessed(session, an_event(1), key=key, recorded_at=now)
    with sessions.begin() as session:
        revoke_key(session, key.key_id, now=now)
    told = [signed(an_event(number).canonical(), key) for number in (1, 2, 3)]
    for batch in (told[1:2], told):
        with sessions() as session:
            with pytest.raises(UnknownKeyError, match="was revoked"):
                append(session, batch, recorded_at=now)
            session.commit()  # nothing of the batch
    with sessions() as session:
        assert session.scalars(select(EntryRow.id)).all() == ["event-000001"]


def test_a_registration_undone_is_not_remembered(
    sessions: Sessions, an_event: Maker, key: SigningKey, now: datetime
) -> None:
    stranger, later = new_signing_key(), now + timedelta(hours=1)
    told = [signed(an_event().canonical(), stranger)]
    with sessions() as session:
        register_key(session, stranger.public, now=now, device_id="device-0001")
        append(session, told, recorded_at=now)
        session.rollback()
    with sessions.begin() as session, pytest.raises(UnknownKeyError):
        append(session, told, recorded_at=now)
    with sessions.begin() as session:
        register_key(session, stranger.public, now=later, device_id="device-0001")
        append(session, told, recorded_at=now)
        assert entry_of(session, "event-000001").recorded_at == later
