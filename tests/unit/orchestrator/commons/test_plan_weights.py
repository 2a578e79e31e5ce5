"""The members' weights: versions that stand, read whole, and a bad one refused by name."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from orchestrator.commons.rows import PlanWeightsRow
from orchestrator.commons.weights import (
    BEFORE,
    MAX_OF,
    Enacted,
    InvalidWeightsError,
    begin_weights,
    changed_names,
    default_weights,
    enact_weights,
    install_weights,
    restore_weights,
    weights_at,
    weights_known,
    weights_of,
)
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)

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
    assert [told.weights.rule_version for told in weights_known(session)] == [
        "plan-weights-2",
        "plan-weights-1",
    ]
    with pytest.raises(ConflictError):
        install_weights(session, table(late_cents_per_minute=8), now=NOW + HOUR)


def test_what_was_put_into_force_before_a_weight_was_known_stands(
    session: Session,
) -> None:
    """It weighs what it did then; who puts a new version into force names them all."""
    old = json.loads(default_weights())
    for name in BEFORE:
        del old[name]
    row = PlanWeightsRow(
        rule_version="plan-weights-1",
        table=json.dumps(old),
        sha256="of then",
        in_force_from=NOW,
    )
    session.add(row)
    session.flush()
    weights = weights_at(session, NOW)
    assert {name: getattr(weights, name) for name in BEFORE} == dict(BEFORE)
    assert weights.late_cents_per_minute == old["late_cents_per_minute"]
    (known,) = weights_known(session)
    assert known.weights == weights
    assert enact(session, "plan-weights-1") == "plan-weights-2"


def numbers(**changed: int) -> dict[str, int]:
    told = weights_of(default_weights())
    return {name: getattr(told, name) for name in MAX_OF} | changed


def by(reason: str = "Trams are cheap.") -> Enacted:
    return Enacted(agent_id="agent-steward", reason=reason)


def enact(session: Session, instead_of: str, **changed: int) -> str:
    weights = enact_weights(
        session, numbers(**changed), instead_of=instead_of, by=by(), now=NOW
    )
    return weights.rule_version


def test_a_new_version_says_who_and_why_and_the_old_one_can_come_back(
    session: Session,
) -> None:
    """Also where the clock stands still: the newest is the one put in force last."""
    begin_weights(session, now=NOW)
    assert enact(session, "plan-weights-1", co2_cents_per_kg=30) == "plan-weights-2"
    assert weights_at(session, NOW + HOUR).co2_cents_per_kg == 30
    back = restore_weights(
        session, "plan-weights-1", agent_id="agent-2", reason="Too dear.", now=NOW
    )
    assert back.rule_version == "plan-weights-3"
    assert changed_names(weights_of(default_weights()), back) == ()
    newest, second, first = weights_known(session)
    assert newest.by == Enacted(
        agent_id="agent-2", reason="Too dear.", restores="plan-weights-1"
    )
    assert second.by == by()
    assert first.by is None
    assert newest.in_force_from > second.in_force_from > first.in_force_from
    begin_weights(session, now=NOW + HOUR)  # the next start of the node
    assert weights_at(session, NOW + HOUR).rule_version == "plan-weights-3"


def test_who_looked_at_an_older_version_changes_nothing(session: Session) -> None:
    begin_weights(session, now=NOW)
    enact(session, "plan-weights-1", co2_cents_per_kg=30)
    with pytest.raises(ConflictError, match="plan-weights-2"):
        enact(session, "plan-weights-1", co2_cents_per_kg=40)


def test_what_says_no_reason_or_nothing_new_is_refused(session: Session) -> None:
    begin_weights(session, now=NOW)
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(InvalidInputError) as refused:
            enact_weights(
                session,
                numbers(co2_cents_per_kg=30),
                instead_of="plan-weights-1",
                by=by(reason),
                now=NOW,
            )
        assert refused.value.field == "reason"
    with pytest.raises(InvalidInputError, match="already"):
        enact(session, "plan-weights-1")
    with pytest.raises(InvalidWeightsError):
        enact(session, "plan-weights-1", near_percent=-1)
    with pytest.raises(NotFoundError):
        restore_weights(session, "mine", agent_id="a", reason="Why not.", now=NOW)
    assert len(weights_known(session)) == 1


def test_of_two_stewards_at_once_one_is_told_to_look_again(sessions: Sessions) -> None:
    """Both saw version 1: the second waits for the first, then is refused."""
    with sessions.begin() as session:
        begin_weights(session, now=NOW)
    together = Barrier(2, timeout=10)

    def act(cents: int) -> str:
        together.wait()
        try:
            with sessions.begin() as session:
                return enact(session, "plan-weights-1", co2_cents_per_kg=cents)
        except ConflictError:
            return "refused"

    with ThreadPoolExecutor(2) as both:
        answers = set(both.map(act, (30, 40)))
    assert answers == {"plan-weights-2", "refused"}
