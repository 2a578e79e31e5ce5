"""The members' weights: versions that stand, read whole, and a bad one refused by name."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from orchestrator.commons.rows import RuleRow
from orchestrator.commons.weights import (
    BEFORE,
    MAX_OF,
    InvalidWeightsError,
    default_weights,
    weights_at,
    weights_of,
)

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


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


def test_what_was_put_into_force_before_a_weight_was_known_stands(
    session: Session,
) -> None:
    """It weighs what it did then; who proposes a new version names them all."""
    old = json.loads(default_weights())
    for name in BEFORE:
        del old[name]
    row = RuleRow(
        version="plan-weights-1",
        kind="plan-weights",
        number=1,
        table=json.dumps(old),
        sha256="of then",
        in_force_from=NOW,
        enacted_at=NOW,
    )
    session.add(row)
    session.flush()
    weights = weights_at(session, NOW)
    assert {name: getattr(weights, name) for name in BEFORE} == dict(BEFORE)
    assert weights.late_cents_per_minute == old["late_cents_per_minute"]
