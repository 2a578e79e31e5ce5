"""Rules in force: versions that stand for ever, each from its date, each by a mandate."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.orm import Session

from orchestrator.commons.rulebook import (
    Mandate,
    Rule,
    RuleKind,
    enact,
    found,
    kind_named,
    kinds,
    newest_rule,
    register,
    rule_at,
    rule_named,
    rules_known,
)
from orchestrator.commons.rules import VALUE_EQUATION
from orchestrator.commons.weights import PLAN_WEIGHTS
from orchestrator.foundation import canonical, migrate
from orchestrator.foundation.database import Sessions, engine_of
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours_of(table: bytes) -> int:
    told = canonical.object_of(table)
    hours = told.get("hours")
    if set(told) != {"rule_version", "hours"} or not isinstance(hours, int):
        raise InvalidInputError("a table has hours", field="hours")
    return hours


SILENCE = RuleKind(name="silence", read=hours_of, founding=lambda: b'{"hours": 8}')


def decide(
    session: Session,
    hours: int,
    *,
    start: datetime = NOW,
    now: datetime = NOW,
    instead_of: str | None = None,
) -> Rule[int]:
    return enact(
        session,
        SILENCE,
        canonical.dumps({"hours": hours}),
        by=Mandate(proposal_id="proposal-1", agent_id="agent-1", reason="Sleep."),
        in_force_from=start,
        now=now,
        instead_of=instead_of,
    )


def test_a_version_binds_from_its_date_and_is_never_edited(session: Session) -> None:
    with pytest.raises(NotFoundError):
        rule_at(session, SILENCE, NOW)
    with pytest.raises(NotFoundError):
        decide(session, 9)
    found(session, SILENCE, now=NOW)
    found(session, SILENCE, now=NOW + HOUR)  # the next start of the node
    second = decide(session, 9, start=NOW + HOUR)
    assert (second.version, second.value) == ("silence-2", 9)
    assert second.proposal_id == "proposal-1"
    assert [
        rule_at(session, SILENCE, moment).value
        for moment in (NOW - HOUR, NOW, NOW + HOUR)
    ] == [8, 8, 9]
    assert rule_named(session, SILENCE, "silence-1").enacted_by is None
    assert [rule.number for rule in rules_known(session, SILENCE)] == [2, 1]
    assert newest_rule(session, SILENCE) == second
    with pytest.raises(NotFoundError, match="silence-3"):
        rule_named(session, SILENCE, "silence-3")


def test_what_was_decided_last_prevails_from_its_date_on(session: Session) -> None:
    found(session, SILENCE, now=NOW)
    decide(session, 9, start=NOW + 2 * HOUR)
    decide(session, 7, start=NOW + HOUR)
    assert rule_at(session, SILENCE, NOW + HOUR).value == 7
    assert rule_at(session, SILENCE, NOW + 3 * HOUR).value == 7


def test_what_binds_the_past_or_what_cannot_be_read_is_refused(
    session: Session,
) -> None:
    found(session, SILENCE, now=NOW)
    with pytest.raises(InvalidInputError) as refused:
        decide(session, 9, start=NOW - HOUR)
    assert refused.value.field == "in_force_from"
    for table in (b"", b"{}", b'{"hours": 1.5}', b'{"hours": 1, "minutes": 2}'):
        with pytest.raises(InvalidInputError):
            enact(
                session,
                SILENCE,
                table,
                by=Mandate(proposal_id="p", agent_id="a", reason="r"),
                in_force_from=NOW,
                now=NOW,
            )
    assert len(rules_known(session, SILENCE)) == 1


def test_of_two_decisions_at_once_one_is_told_to_look_again(sessions: Sessions) -> None:
    """Both were made against version 1: the second waits for the first."""
    with sessions.begin() as session:
        found(session, SILENCE, now=NOW)
    together = Barrier(2, timeout=10)

    def act(hours: int) -> str:
        together.wait()
        try:
            with sessions.begin() as session:
                return decide(session, hours, instead_of="silence-1").version
        except ConflictError:
            return "refused"

    with ThreadPoolExecutor(2) as both:
        assert set(both.map(act, (6, 7))) == {"silence-2", "refused"}


def test_one_room_owns_a_kind() -> None:
    assert kind_named("value-equation") is VALUE_EQUATION
    assert {VALUE_EQUATION, PLAN_WEIGHTS} <= {*kinds()}
    with pytest.raises(NotFoundError, match="plan-weights"):
        kind_named("kindness")
    with pytest.raises(ValueError, match="two rooms"):
        register(RuleKind(name="value-equation", read=hours_of, founding=bytes))


def test_what_was_in_force_before_there_was_a_rulebook_still_is(
    tmp_path: Path, empty_database_url: str
) -> None:
    before = tmp_path / "before"
    shutil.copytree(migrate.MIGRATIONS, before)
    steps = ScriptDirectory(str(before))
    gone = [*steps.iterate_revisions("heads", "8d4a44aadd85")]
    for step in gone:
        Path(step.path).unlink()
    engine = engine_of(empty_database_url)
    migrate.upgrade(engine, folder=before)
    insert = (
        'INSERT INTO {} (rule_version, "table", sha256, in_force_from{})'
        " VALUES ('{}', '{}', 'x', '2026-0{}-01'{})"
    )
    equation, weights = VALUE_EQUATION.founding(), PLAN_WEIGHTS.founding()
    later = weights.replace(b"plan-weights-1", b"plan-weights-2").decode()
    with engine.begin() as connection:
        for line in (
            ("value_equation", "", "value-equation-1", equation.decode(), 1, ""),
            ("plan_weights", "", "plan-weights-1", weights.decode(), 1, ""),
            (
                "plan_weights",
                ", enacted_by, reason",
                "plan-weights-2",
                later,
                2,
                ", 'agent-1', 'Trams.'",
            ),
        ):
            connection.execute(text(insert.format(*line).replace(":", r"\:")))
    migrate.upgrade(engine)
    with Session(engine) as session:
        (first,) = rules_known(session, VALUE_EQUATION)
        newest, oldest = rules_known(session, PLAN_WEIGHTS)
    assert (first.version, first.number) == ("value-equation-1", 1)
    assert (oldest.enacted_by, oldest.reason) == (None, None)
    assert (newest.version, newest.number) == ("plan-weights-2", 2)
    assert (newest.enacted_by, newest.reason) == ("agent-1", "Trams.")
    assert newest.proposal_id is None
    engine.dispose()
