"""An event has one spelling, and nothing else gets in."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from device_agents.contract.contribution import Contribution
from orchestrator.foundation import canonical
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.ledger.events import (
    EconomicEvent,
    InvalidEventError,
    digits,
    event_of,
    spell_moment,
)

GOLDEN = Path(__file__).parents[3] / "golden" / "events"
GOLDEN_NAMES = ("consume", "produce", "use", "work")


@pytest.mark.parametrize("name", GOLDEN_NAMES)
def test_both_sides_spell_an_event_alike(name: str) -> None:
    body = (GOLDEN / f"{name}.json").read_bytes()
    assert event_of(body).canonical() == body
    assert Contribution.model_validate_json(body).canonical() == body


def test_no_golden_file_is_forgotten() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == list(GOLDEN_NAMES)


def test_what_is_optional_survives(an_event: Callable[..., EconomicEvent]) -> None:
    event = an_event(
        corrects="event-000000",
        quantity="-1.5",
        rule_version="value-equation-1",
        commitment="ab" * 32,
    )
    assert event_of(event.canonical()) == event
    bare = an_event(order_id=None, job_id=None)
    assert b"order_id" not in bare.canonical()
    assert event_of(bare.canonical()) == bare


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 1.5},
        {"quantity": "1e3"},
        {"quantity": "1.1234567"},
        {"quantity": "-1"},
        {"quantity": "+1"},
        {"quantity": " 1"},
        {"quantity": "١"},
        {"unit": "km"},
        {"action": "steal"},
        {"action": None},
        {"provider": "Ada Lovelace"},
        {"provider": "a" * 65},
        {"resource": ""},
        {"resource": "a\nb"},
        {"occurred_at": "2026-03-01T12:00:00"},
        {"occurred_at": "2026-03-01T12:00:00+00:00"},
        {"occurred_at": "2026-02-30T12:00:00Z"},
        {"occurred_at": "2026-03-01T12:00:00.1234567Z"},
        {"event_schema": "fabcommons-event-2"},
        {"name": "Ada Lovelace"},
        {"commitment": "short"},
        {"corrects": ""},
    ],
)
def test_what_is_no_event_is_refused(
    an_event: Callable[..., EconomicEvent], changes: dict[str, object]
) -> None:
    fields = canonical.object_of(an_event().canonical())
    body = canonical.dumps(fields | changes)
    with pytest.raises(InvalidInputError):
        event_of(body)


def test_each_missing_field_is_named(an_event: Callable[..., EconomicEvent]) -> None:
    whole = canonical.object_of(an_event().canonical())
    for name in set(whole) - {"order_id", "job_id"}:
        fields = {key: value for key, value in whole.items() if key != name}
        with pytest.raises(InvalidEventError, match=name):
            event_of(canonical.dumps(fields))


def test_another_spelling_is_refused(an_event: Callable[..., EconomicEvent]) -> None:
    body = an_event().canonical()
    for other in (body + b"\n", b" " + body, body.replace(b",", b", ", 1)):
        with pytest.raises(InvalidEventError, match="canonical"):
            event_of(other)
    with pytest.raises(InvalidEventError, match="4000"):
        event_of(b'{"a":"' + b"x" * 4000 + b'"}')


def test_times_are_told_in_utc(an_event: Callable[..., EconomicEvent]) -> None:
    helsinki = timezone(timedelta(hours=2))
    moment = datetime(2026, 3, 1, 14, 0, tzinfo=helsinki)
    assert spell_moment(moment) == "2026-03-01T12:00:00Z"
    assert event_of(an_event(occurred_at=moment).canonical()).occurred_at == datetime(
        2026, 3, 1, 12, tzinfo=UTC
    )
    with pytest.raises(InvalidEventError):
        an_event(occurred_at=datetime(2026, 3, 1))  # noqa: DTZ001 - the fault itself


def test_numbers_become_digits() -> None:
    assert digits(1.5) == "1.5"
    assert digits(2) == "2"
    assert digits(Decimal("0.0000001")) == "0"
    assert digits(1 / 3) == "0.333333"
    assert digits(-0.0) == "0"
    assert digits(1e-7) == "0"
    assert digits(100) == "100"
