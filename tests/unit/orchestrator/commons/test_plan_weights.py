"""The members' weights: versions that stand, read whole, and a bad one refused by name."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from orchestrator.commons.rows import RuleRow
from orchestrator.commons.rulebook import Mandate, found, rules_known
from orchestrator.commons.weights import (
    BEFORE,
    MAX_OF,
    PLAN_WEIGHTS,
    InvalidWeightsError,
    default_weights,
    enact_weights,
    weights_at,
    weights_of,
)
from orchestrator.foundation.errors import InvalidInputError

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
    """It weighs what it did then; who puts a new version into force names them all."""
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
    assert enact(session, "plan-weights-1", co2_cents_per_kg=30) == "plan-weights-2"


def numbers(**changed: int) -> dict[str, int]:
    told = weights_of(default_weights())
    return {name: getattr(told, name) for name in MAX_OF} | changed


def enact(session: Session, instead_of: str, why: str = "Trams.", **new: int) -> str:
    by = Mandate(proposal_id=None, agent_id="agent-steward", reason=why)
    weights = enact_weights(
        session, numbers(**new), instead_of=instead_of, by=by, now=NOW
    )
    return weights.rule_version


def test_what_says_no_reason_or_nothing_new_is_refused(session: Session) -> None:
    found(session, PLAN_WEIGHTS, now=NOW)
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(InvalidInputError) as refused:
            enact(session, "plan-weights-1", reason, co2_cents_per_kg=30)
        assert refused.value.field == "reason"
    with pytest.raises(InvalidInputError, match="already"):
        enact(session, "plan-weights-1")
    with pytest.raises(InvalidWeightsError):
        enact(session, "plan-weights-1", near_percent=-1)
    assert len(rules_known(session, PLAN_WEIGHTS)) == 1
