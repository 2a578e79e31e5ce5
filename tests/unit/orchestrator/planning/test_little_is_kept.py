"""Planning keeps little: one reason a machine, the newest plans, and only what changed."""

import pytest
from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from orchestrator.network.rows import MachineRow
from orchestrator.orders.life import cancel, held_order
from orchestrator.planning import commit
from orchestrator.planning.rows import PlanChangeRow, PlanRow, RejectionRow
from orchestrator.planning.wishes import wish
from tests.unit.orchestrator.region import Region


def plan_again(region: Region) -> PlanRow:
    with region.sessions.begin() as session:
        wish(session, "a look", region.clock.at)
    row = region.plan()
    assert row is not None
    return row


def reasons(region: Region) -> dict[tuple[str, str], str]:
    with region.reading() as session:
        rows = session.scalars(select(RejectionRow))
        return {(row.order_id, row.subject_id): row.code for row in rows}


def test_a_machine_with_many_faults_is_one_reason_and_strangers_are_a_number(
    region: Region,
) -> None:
    order_id = region.order("clip", quantity=2)
    printer = region.labs[1].machines[0]
    with region.sessions.begin() as session:
        row = session.get_one(MachineRow, printer)
        row.dialect = "klipper"
        row.capability = {**row.capability, "materials": [], "envelope_x_mm": 1}
    plan_again(region)
    assert reasons(region) == {
        (order_id, printer): "size",
        (order_id, "other-machines"): "process",
    }


def test_reasons_go_when_the_order_is_over(region: Region) -> None:
    order_id = region.order("clip", quantity=2)
    plan_again(region)
    assert reasons(region)
    with region.sessions.begin() as session:
        cancel(session, held_order(session, order_id), now=region.clock.at)
    plan_again(region)
    assert reasons(region) == {}


def test_only_the_newest_plans_are_kept(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "PLANS_KEPT", 2)
    region.order("clip", quantity=2)
    made = [plan_again(region).id]
    with region.reading() as session:
        told = session.scalars(select(PlanChangeRow.plan_id)).all()
    assert told == made  # it says that the order was planned
    made += [plan_again(region).id for _ in range(3)]
    with region.reading() as session:
        assert session.scalars(select(PlanChangeRow)).all() == []
        kept = session.scalars(select(PlanRow.id).order_by(PlanRow.id)).all()
    assert kept == sorted(made[-2:])


def test_a_plan_that_changes_nothing_writes_nothing(region: Region) -> None:
    """Half a second later, every slot and stop that is held stands as it stood."""
    order_id = region.order("clip", quantity=2)
    plan_again(region)
    before = region.row(order_id).expected_at
    region.clock.turn(0.4)
    changed: list[str] = []

    def note(session: Session, *_: object) -> None:
        for row in session.dirty:
            for name, state in inspect(row).attrs.items():
                if state.history.has_changes():
                    changed.append(f"{type(row).__name__}.{name}: {state.history}")

    event.listen(Session, "before_flush", note)
    try:
        plan_again(region)
    finally:
        event.remove(Session, "before_flush", note)
    assert changed == []
    assert region.row(order_id).expected_at == before
