"""A lab's people put a machine's jobs in an order: plans keep it, or say why not."""

from datetime import timedelta

import pytest

from orchestrator.network.facilities import close_facility
from orchestrator.network.service import block, unblock
from orchestrator.planning.queue import (
    QueueChangedError,
    end_all,
    end_wish,
    newest_wish,
    queue_of,
    wish_queue,
)
from orchestrator.planning.queue_effect import effect
from orchestrator.planning.wishes import wish
from tests.unit.orchestrator.region import Region

HOUR = timedelta(hours=1)


@pytest.fixture
def busy(region: Region) -> Region:
    """Four orders wait for the one printer of the one lab that is open."""
    with region.sessions.begin() as session:
        until = region.clock.at + timedelta(days=3)
        lab = region.labs[1].facility_id
        close_facility(session, lab, until=until, now=region.clock.at)
    for _ in range(4):
        region.order("clip", quantity=2, hours=12)
        region.plan()
    return region


def machine(region: Region) -> str:
    return region.labs[0].machines[0]


def line(region: Region) -> list[str]:
    with region.reading() as session:
        return [task.id for task in queue_of(session, machine(region))]


def wished(region: Region, task_ids: list[str]) -> int:
    with region.sessions.begin() as session:
        row = wish_queue(
            session,
            machine(region),
            task_ids,
            by=region.labs[0].operator_id,
            now=region.clock.at,
        )
        return row.number


def troubles(region: Region) -> dict[str, str]:
    with region.reading() as session:
        row = newest_wish(session, machine(region))
        return row.troubles if row else {}


def test_the_plan_goes_by_the_wish_and_goes_back(busy: Region) -> None:
    before = line(busy)
    assert len(before) >= 4
    wanted = before[::-1]
    number = wished(busy, wanted)
    assert busy.plan() is not None
    assert line(busy) == wanted
    assert troubles(busy) == {}
    # A new order comes and time passes: what people put in order stays so.
    new = busy.order("clip", quantity=1, hours=12)
    busy.clock.turn(300)
    assert busy.plan() is not None
    newest = {task.id for task in busy.tasks(new)}
    assert [name for name in line(busy) if name not in newest] == wanted
    with busy.sessions.begin() as session:
        by = busy.labs[0].operator_id
        assert end_wish(session, machine(busy), number, by=by, now=busy.clock.at)
        assert not end_wish(session, machine(busy), number, by=by, now=busy.clock.at)
        assert end_all(session, machine(busy), by=by, now=busy.clock.at) == 0
    assert busy.plan() is not None
    assert newest_wish_of(busy) is None


def newest_wish_of(region: Region) -> int | None:
    with region.reading() as session:
        row = newest_wish(session, machine(region))
        return row.number if row else None


def test_what_cannot_be_kept_is_said(busy: Region) -> None:
    wanted = line(busy)[::-1]
    wished(busy, wanted)
    name = machine(busy)
    with busy.sessions.begin() as session:
        row = block(
            session,
            name,
            from_at=busy.clock.at,
            until_at=busy.clock.at + timedelta(days=3),
            why="new nozzle",
            by=busy.labs[0].operator_id,
            now=busy.clock.at,
        )
        number = row.number
        wish(session, "care", busy.clock.at)
    assert busy.plan() is not None
    assert set(troubles(busy)) == set(wanted)
    assert "no time for it" in troubles(busy)[wanted[0]]
    with busy.sessions.begin() as session:
        unblock(session, name, number, by=busy.labs[0].operator_id, now=busy.clock.at)
        wish(session, "done", busy.clock.at)
    assert busy.plan() is not None


def test_a_machine_stands_still_for_its_care(busy: Region) -> None:
    until_at = busy.clock.at + 2 * HOUR
    with busy.sessions.begin() as session:
        block(
            session,
            machine(busy),
            from_at=busy.clock.at,
            until_at=until_at,
            why="grease",
            by=busy.labs[0].operator_id,
            now=busy.clock.at,
        )
        wish(session, "care", busy.clock.at)
    assert busy.plan() is not None
    with busy.reading() as session:
        starts = [task.start_at for task in queue_of(session, machine(busy))]
    assert starts
    assert all(at is not None and at >= until_at for at in starts)


def test_broken_promises_are_told_before(busy: Region) -> None:
    before = line(busy)
    with busy.reading() as session:
        same = effect(session, busy.ground, machine(busy), before, now=busy.clock.at)
        assert not any(one.breaks for one in same)
    # The first of the line was promised soonest: an hour's wait breaks its promise.
    late = [*before[1:], before[0]]
    with busy.reading() as session:
        told = effect(session, busy.ground, machine(busy), late, now=busy.clock.at)
    assert told
    assert line(busy) == before
    with busy.reading() as session, pytest.raises(QueueChangedError):
        effect(session, busy.ground, machine(busy), before[1:], now=busy.clock.at)
    with pytest.raises(QueueChangedError):
        wished(busy, [*before, "task-of-nobody"])
