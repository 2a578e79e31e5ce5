"""What nobody tells is found: void commands, silent computers, jobs out of sight."""

from orchestrator.dispatch.commands import ControlJob, StartJob
from orchestrator.dispatch.recovery import recover
from orchestrator.dispatch.referee import breaches
from orchestrator.planning.views import changes_of
from tests.unit.orchestrator.region import Region


def sent(region: Region) -> StartJob:
    region.order("clip", quantity=2, hours=20)
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    assert isinstance(command, StartJob)
    return command


def sound(region: Region) -> None:
    with region.reading() as session:
        assert breaches(session) == []


def test_a_command_that_nobody_took_is_void_and_made_elsewhere(region: Region) -> None:
    command = sent(region)
    assert recover(region.sessions, region.clock, region.key).expired == 0
    region.clock.turn(2_100)
    found = recover(region.sessions, region.clock, region.key)
    assert found.expired == 1
    assert region.job(command.job_id).state == "expired"
    (control,) = region.commands()
    assert isinstance(control, ControlJob)
    region.plan()
    region.clock.turn(60)
    (again,) = region.send()
    assert isinstance(again, StartJob)
    assert (again.fence, again.job_id != command.job_id) == (2, True)
    assert recover(region.sessions, region.clock, region.key).expired == 0
    sound(region)


def test_a_void_job_that_was_done_after_all_counts_if_nobody_began_another(
    region: Region,
) -> None:
    command = sent(region)
    late = region.happened(command, "completed")
    region.clock.turn(2_100)
    recover(region.sessions, region.clock, region.key)
    region.plan()
    region.tell(late)
    tasks = region.tasks(command.credit.order_id)
    assert [task.state for task in tasks] == ["done", "cancelled"]
    assert region.row(command.credit.order_id).state == "made"
    sound(region)


def test_a_void_job_that_was_done_after_all_is_surplus_if_another_runs(
    region: Region,
) -> None:
    command = sent(region)
    late = region.happened(command, "completed")
    region.clock.turn(2_100)
    recover(region.sessions, region.clock, region.key)
    region.plan()
    region.clock.turn(60)
    region.commands()
    (again,) = region.send()
    assert isinstance(again, StartJob)
    region.tell(region.happened(again, "armed"), region.happened(again, "started"))
    region.tell(late)
    tasks = region.tasks(command.credit.order_id)
    assert [task.state for task in tasks] == ["failed", "running"]
    region.tell(region.happened(again, "completed"))
    assert region.row(command.credit.order_id).state == "made"
    sound(region)


def test_a_job_of_a_silent_computer_is_shown_and_not_given_away(region: Region) -> None:
    command = sent(region)
    lab = region.lab_of(command.machine_id)
    region.tell(region.happened(command, "armed"), region.happened(command, "started"))
    region.tell(region.death(lab))
    region.clock.turn(700)
    assert recover(region.sessions, region.clock, region.key).silent == 1
    assert recover(region.sessions, region.clock, region.key).silent == 0
    job = region.job(command.job_id)
    assert (job.state, job.code) == ("running", "silent")
    region.plan()
    assert [task.state for task in region.tasks(command.credit.order_id)] == ["running"]
    region.tell(region.birth(lab), region.happened(command, "completed"))
    job = region.job(command.job_id)
    assert (job.state, job.code) == ("completed", None)
    sound(region)


def test_work_that_waits_is_taken_from_a_silent_lab(region: Region) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    (task,) = region.tasks(order_id)
    assert task.machine_id is not None
    dead = region.lab_of(task.machine_id)
    region.tell(region.death(dead))
    plan = region.plan()
    assert plan is not None
    (task,) = region.tasks(order_id)
    assert task.machine_id is not None
    assert task.machine_id not in dead.machines
    with region.reading() as session:
        changes = changes_of(session, [order_id])
    moved = [change for change in changes if change.what == "machine"]
    assert len(moved) == 1
    assert "is silent" in " ".join(moved[0].triggers)
    sound(region)


def test_a_job_that_its_living_machine_forgot_is_unknown(region: Region) -> None:
    command = sent(region)
    region.tell(region.happened(command, "armed"), region.happened(command, "started"))
    region.clock.turn(10)
    region.tell(region.state(command.machine_id, "idle"))
    region.clock.turn(700)
    assert recover(region.sessions, region.clock, region.key).lost == 1
    assert region.job(command.job_id).state == "unknown"
    (task,) = region.tasks(command.credit.order_id)
    assert task.state == "unknown"
    sound(region)
