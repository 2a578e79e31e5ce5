"""A job that may go on keeps its machine until a person decides; pieces that are good are
credited and made no second time.
"""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from orchestrator.dispatch.commands import ControlJob, StartJob
from orchestrator.dispatch.facts import JobHappened, Rest
from orchestrator.dispatch.referee import breaches
from orchestrator.ledger.append import Signed
from orchestrator.ledger.rows import EntryRow
from tests.unit.orchestrator.region import Region

REST = Rest(layer=62, done_ratio=0.5, remaining_s=300.0)


def started(region: Region, quantity: int = 2) -> StartJob:
    region.order("clip", quantity=quantity)
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    assert isinstance(command, StartJob)
    region.tell(region.happened(command, "armed"), region.happened(command, "started"))
    region.clock.turn(300)
    return command


def use_of(region: Region, command: StartJob, mark: str) -> tuple[Signed, ...]:
    """Only the machine's hours."""
    return region.contributions(command, mark=mark)[:1]


def stop(region: Region, command: StartJob, *, rest: Rest | None) -> JobHappened:
    stopped = region.happened(command, "interrupted")
    told = replace(stopped, rest=rest, text="the board restarted in mid-job")
    region.tell(told)
    return told


def resumed(region: Region, command: StartJob) -> JobHappened:
    return replace(region.happened(command, "resumed"), rest=REST)


def states(region: Region, command: StartJob) -> list[tuple[str, int, int | None]]:
    tasks = region.tasks(command.credit.order_id)
    return [(task.state, task.pieces, task.pieces_good) for task in tasks]


def entered(region: Region, command: StartJob) -> dict[str, Decimal]:
    with region.reading() as session:
        found: dict[str, Decimal] = {}
        for row in session.scalars(
            select(EntryRow).where(EntryRow.job_id == command.job_id)
        ):
            found[row.action] = found.get(row.action, Decimal(0)) + Decimal(
                row.quantity
            )
        return found


def sound(region: Region) -> None:
    with region.reading() as session:
        assert breaches(session, settled=False) == []


def test_it_waits_goes_on_and_is_credited_as_one(region: Region) -> None:
    command = started(region)
    stop(region, command, rest=REST)
    job = region.job(command.job_id)
    assert (job.state, job.code) == ("unknown", "can-go-on")
    assert "layer 62" in (job.text or "")
    assert states(region, command) == [("unknown", 2, None)]  # nothing is made anew
    region.plan()
    assert region.send() == []
    sound(region)

    region.clock.turn(600)
    going = resumed(region, command)
    region.tell(going, going)
    assert region.job(command.job_id).state == "running"
    assert region.job(command.job_id).code is None
    assert states(region, command) == [("running", 2, None)]
    region.clock.turn(300)
    region.tell(region.happened(command, "completed"))
    region.tell(going)  # a late copy moves nothing
    assert states(region, command) == [("done", 2, 2)]
    assert region.row(command.credit.order_id).state == "made"
    assert entered(region, command)["produce"] == 2
    sound(region)


def test_what_was_told_before_it_went_on_is_void(region: Region) -> None:
    command = started(region)
    stopped = stop(region, command, rest=REST)
    region.clock.turn(60)
    region.tell(resumed(region, command))
    region.tell(stopped)
    assert states(region, command) == [("running", 2, None)]


@pytest.mark.parametrize("rest", [REST, None])
def test_only_what_lacks_is_made_again(region: Region, rest: Rest | None) -> None:
    command = started(region, quantity=2)
    stop(region, command, rest=rest)
    cleared = replace(region.happened(command, "cleared"), pieces_good=1)
    region.tell(cleared, cleared)
    open_tasks = [one for one in states(region, command) if one[0] == "planned"]
    assert states(region, command)[0] == ("done", 2, 1)
    assert open_tasks == [("planned", 1, None)]
    found = entered(region, command)
    assert found["produce"] == 1
    assert found["work"] > 0
    sound(region)


def test_cleared_away_and_not_counted_it_is_all_made_again(region: Region) -> None:
    command = started(region)
    stop(region, command, rest=REST)
    region.tell(region.happened(command, "cleared"))
    assert region.job(command.job_id).state == "interrupted"
    assert states(region, command) == [("failed", 2, 0), ("planned", 2, None)]
    assert "produce" not in entered(region, command)
    sound(region)


def test_what_others_have_begun_does_not_go_on(region: Region) -> None:
    command = started(region)
    stop(region, command, rest=None)
    region.plan()
    region.clock.turn(60)
    others = region.send()
    assert any(isinstance(one, StartJob) for one in others)
    region.clock.turn(60)
    region.tell(resumed(region, command))
    cancels = [one for one in region.commands() if isinstance(one, ControlJob)]
    assert command.job_id in {one.job_id for one in cancels}
    assert states(region, command)[0][0] == "failed"


def test_machine_time_of_both_parts_is_bounded_by_the_time_that_passed(
    region: Region,
) -> None:
    command = started(region)
    first = region.happened(command, "interrupted")
    first = replace(first, rest=REST, contributions=use_of(region, command, "one"))
    region.tell(first)
    region.clock.turn(60)
    region.tell(resumed(region, command))
    region.clock.turn(300)
    done = region.happened(command, "completed")
    region.tell(done)
    hours = entered(region, command)["use"]
    assert hours > 0
    with region.reading() as session:
        used = session.scalars(select(EntryRow.id).where(EntryRow.action == "use"))
        assert len(used.all()) == 2
    sound(region)
