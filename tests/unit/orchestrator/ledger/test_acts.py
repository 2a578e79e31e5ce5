"""Acts stand in the log beside events, in one spelling, and earn nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from orchestrator.foundation import canonical
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.signing import SigningKey, new_signing_key
from orchestrator.ledger.acts import Act, InvalidActError, act_of
from orchestrator.ledger.append import (
    append_act,
    append_witnessed,
    entries_of_order,
    entry_of,
)
from orchestrator.ledger.events import EconomicEvent
from orchestrator.ledger.export import export
from orchestrator.ledger.insertion import LedgerConflictError
from orchestrator.ledger.sequencer import sequence
from orchestrator.ledger.verify import verify
from orchestrator.members.signing_keys import UnknownKeyError, register_key

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def an_act(**changes: object) -> Act:
    fields: dict[str, object] = {
        "id": "act-0001",
        "actor": "agent-steward-1",
        "act": "rule-enacted",
        "subject": "plan-weights-2",
        "told": {"reason": "fewer kilometres", "tardiness": 3},
        "occurred_at": NOW,
    }
    return Act(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"told": None, "told_sha256": "ab" * 32},
        {"told": {}, "order_id": "order-0001"},
        {"told": None, "second": "agent-steward-2"},
    ],
)
def test_an_act_has_one_spelling(changes: dict[str, object]) -> None:
    act = an_act(**changes)
    assert act_of(act.canonical()) == act
    with pytest.raises(InvalidActError, match="canonical"):
        act_of(act.canonical() + b"\n")


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"actor": "Ada Lovelace"},
        {"act": "cite"},
        {"act": "Enact"},
        {"subject": "a\nb"},
        {"second": "agent-steward-1"},
        {"told_sha256": "ab" * 32},
        {"told": ["x"]},
        {"told": {"x": True}},
        {"told": {"x": 2**53}},
        {"told": {"x": ["y"]}},
        {"told": {"x": "y" * 501}},
        {"told": {"X": 1}},
        {"occurred_at": "2026-03-01T12:00:00"},
        {"act_schema": "fabcommons-act-2"},
        {"name": "Ada"},
    ],
)
def test_what_is_no_act_is_refused(changes: dict[str, object]) -> None:
    fields = canonical.object_of(an_act().canonical())
    with pytest.raises(InvalidInputError):
        act_of(canonical.dumps(fields | changes))


def test_each_missing_field_of_an_act_is_named() -> None:
    whole = canonical.object_of(an_act().canonical())
    for name in set(whole) - {"told"}:
        fields = {key: value for key, value in whole.items() if key != name}
        with pytest.raises(InvalidActError, match=name):
            act_of(canonical.dumps(fields))


def test_an_act_stands_in_the_log_once_and_is_checked_like_any_entry(
    sessions: Sessions,
    an_event: Callable[..., EconomicEvent],
    key: SigningKey,
    tmp_path: Path,
) -> None:
    act = an_act(order_id="order-0001")
    with sessions.begin() as session:
        append_act(session, act, key=key, recorded_at=NOW)
        append_act(session, act, key=key, recorded_at=NOW + timedelta(hours=1))
        row = entry_of(session, act.id)
        assert row.recorded_at == NOW
        with pytest.raises(LedgerConflictError):
            append_act(session, an_act(told=None), key=key, recorded_at=NOW)
        append_witnessed(session, an_event(), key=key, recorded_at=NOW)
        event = entry_of(session, "event-000001")
        assert (row.kind, row.provider, row.action) == (
            "act",
            "agent-steward-1",
            "rule-enacted",
        )
        assert act_of(row.body) == act
        assert entries_of_order(session, "order-0001") == [event]  # acts earn nothing
        sequence(session)
    with sessions() as session:
        file = tmp_path / "ledger.jsonl"
        export(session, file, origin="fabcommons/helsinki", key=key)
    assert verify(file).entry_count == 2


def test_only_the_network_writes_acts(session: Session, key: SigningKey) -> None:
    stranger, device = new_signing_key(), new_signing_key()
    register_key(session, device.public, now=NOW, device_id="device-0001")
    for other in (stranger, device):
        with pytest.raises(UnknownKeyError):
            append_act(session, an_act(), key=other, recorded_at=NOW)
    long = an_act(told={f"part_{number}": "x" * 500 for number in range(9)})
    with pytest.raises(InvalidActError, match="4000"):
        append_act(session, long, key=key, recorded_at=NOW)
