"""Events and keys that a ledger test can take for granted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from orchestrator.foundation.database import Sessions
from orchestrator.foundation.signing import SigningKey, signing_key
from orchestrator.ledger.append import append_witnessed
from orchestrator.ledger.events import EconomicEvent
from orchestrator.members.signing_keys import register_network_key

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def an_event() -> Callable[..., EconomicEvent]:
    def make(number: int = 1, **changes: object) -> EconomicEvent:
        fields: dict[str, object] = {
            "id": f"event-{number:06}",
            "action": "use",
            "provider": "agent-owner-1",
            "receiver": "agent-shop-1",
            "resource": "machine-1",
            "quantity": "1.5",
            "unit": "h",
            "occurred_at": NOW + timedelta(seconds=number),
            "order_id": "order-0001",
            "job_id": "job-0001",
        }
        return EconomicEvent(**(fields | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
def key(sessions: Sessions) -> SigningKey:
    """The network's key, registered."""
    made = signing_key(bytes(range(32)))
    with sessions.begin() as session:
        register_network_key(session, made, now=NOW)
    return made


@pytest.fixture
def add(an_event: Callable[..., EconomicEvent], key: SigningKey) -> Callable[..., None]:
    """Appends events numbered `first` to `last`."""

    def append_all(session: Session, first: int, last: int) -> None:
        for number in range(first, last + 1):
            append_witnessed(
                session,
                an_event(number),
                key=key,
                recorded_at=NOW + timedelta(seconds=number),
            )

    return append_all
