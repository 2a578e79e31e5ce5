"""The members' weights: versions that stand, read whole, and a bad one refused by name."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from orchestrator.commons.weights import (
    MAX_OF,
    InvalidWeightsError,
    default_weights,
    install_weights,
    weights_at,
    weights_known,
    weights_of,
)
from orchestrator.foundation.errors import ConflictError, NotFoundError

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def table(**changed: object) -> bytes:
    told = json.loads(default_weights()) | changed
    return json.dumps({k: v for k, v in told.items() if v is not None}).encode()


@pytest.mark.parametrize("name", MAX_OF)
def test_a_weight_out_of_its_range_is_refused_by_its_name(name: str) -> None:
    for wrong in (-1, MAX_OF[name] + 1, True, "1", None):
        with pytest.raises(InvalidWeightsError) as refused:
            weights_of(table(**{name: wrong}))
        assert refused.value.field == name


def test_a_weight_that_nobody_knows_is_refused_by_its_name() -> None:
    with pytest.raises(InvalidWeightsError, match="kindness"):
        weights_of(table(kindness=3))


def test_a_broken_promise_is_never_cheaper_than_a_late_minute() -> None:
    with pytest.raises(InvalidWeightsError) as refused:
        weights_of(table(broken_promise_cents=4))
    assert refused.value.field == "broken_promise_cents"


def test_a_version_holds_until_the_next_and_is_never_edited(session: Session) -> None:
    with pytest.raises(NotFoundError):
        weights_at(session, NOW)
    install_weights(session, default_weights(), now=NOW)
    install_weights(session, default_weights(), now=NOW + HOUR)
    later = table(rule_version="plan-weights-2", late_cents_per_minute=7)
    install_weights(session, later, now=NOW + HOUR)
    assert weights_at(session, NOW - HOUR).rule_version == "plan-weights-1"
    assert weights_at(session, NOW + HOUR / 2).rule_version == "plan-weights-1"
    assert weights_at(session, NOW + HOUR).late_cents_per_minute == 7
    assert [told.rule_version for told, _ in weights_known(session)] == [
        "plan-weights-2",
        "plan-weights-1",
    ]
    with pytest.raises(ConflictError):
        install_weights(session, table(late_cents_per_minute=8), now=NOW + HOUR)
