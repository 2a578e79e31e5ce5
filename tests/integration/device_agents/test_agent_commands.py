"""Which commands an agent takes, and what it never does."""

from datetime import UTC, datetime, timedelta

import pytest

from device_agents.contract import topics
from device_agents.contract.codec import encode
from device_agents.contract.messages import DownEnvelope, Program
from tests.integration.device_agents.conftest import Stage
from tests.integration.device_agents.stage import (
    DEVICE,
    REGION,
    control,
    job,
    squares,
    wait_until,
)

COMMANDS = topics.command(REGION, DEVICE)


def moved(stage: Stage) -> int:
    return int(stage.boards.oracle("mill-1")["blocks_executed"])


def test_same_command_again_gets_its_recorded_answer(running: Stage) -> None:
    agent, hub = running.agent, running.hub
    command = job(running.files.put(squares(2)), "job-again")
    hub.send(command)
    agent.wait_for("needs-arming")
    hub.send(command)
    other = job(command.program, "job-again")  # the same job, another command
    hub.send(other)
    assert hub.answer_to(other.command_id).verdict == "duplicate"
    answers = [one for one in hub.answers() if one.job_id == "job-again"]
    assert [one.verdict for one in answers] == ["accepted", "duplicate", "duplicate"]
    assert agent.machine()["queue"] == []


def test_command_past_its_time_is_never_run(running: Stage) -> None:
    agent, hub, before = running.agent, running.hub, moved(running)
    now, program = datetime.now(UTC), running.files.put(squares(2))
    late = job(program, "job-late", not_after=now - timedelta(seconds=1))
    hub.send(late)
    assert hub.answer_to(late.command_id).verdict == "expired"
    hub.send(job(program, "job-soon", not_after=now + timedelta(seconds=2)))
    agent.wait_for("needs-arming")
    wait_until(lambda: hub.happened("job-soon") == ["failed"], "it is given up")
    assert hub.events("job-soon")[0].code == "expired"
    assert agent.post("arm", job_id="job-soon").status_code == 409
    assert moved(running) == before


def test_older_holder_of_a_job_is_fenced(running: Stage) -> None:
    agent, hub = running.agent, running.hub
    hub.send(job(running.files.put(squares(2)), "job-held", fence=3))
    agent.wait_for("needs-arming")
    stale = control("cancel", "job-held", fence=2)
    newer = control("cancel", "job-held", fence=4)
    hub.send(stale)
    assert hub.answer_to(stale.command_id).verdict == "fenced"
    assert agent.machine()["state"] == "needs-arming"
    hub.send(newer)
    assert hub.answer_to(newer.command_id).verdict == "accepted"
    wait_until(lambda: hub.happened("job-held") == ["cancelled"], "cancelled is told")
    assert hub.events("job-held")[0].fence == 4


def test_cancel_that_overtakes_its_job_still_cancels_it(running: Stage) -> None:
    running.hub.send(control("cancel", "job-overtaken"))
    command = job(running.files.put(squares(2)), "job-overtaken")
    running.hub.send(command)
    answer = running.hub.answer_to(command.command_id)
    assert (answer.verdict, answer.code) == ("duplicate", "job-cancelled")
    assert running.agent.machine()["job"] is None


def test_nothing_on_the_wire_arms(running: Stage) -> None:
    """Whatever the network sends, the board gets no line without the local act."""
    agent, hub, before = running.agent, running.hub, moved(running)
    hub.send(job(running.files.put(squares(2)), "job-unarmed"))
    agent.wait_for("needs-arming")
    resume = control("resume", "job-unarmed")
    hub.send(resume)
    assert hub.answer_to(resume.command_id).verdict == "refused"
    pause = control("pause", "job-unarmed")
    good = encode(DownEnvelope(device_id=DEVICE, body=pause))
    for act in (b'"arm"', b'"start"', b'"force"'):
        hub.send_raw(COMMANDS, good.replace(b'"pause"', act))
    hub.send_raw(COMMANDS, b"\xff{")
    hub.send_raw(COMMANDS, b"[" * 70_000)
    hub.send(pause)
    hub.answer_to(pause.command_id)  # the session survived all of it
    assert moved(running) == before
    assert agent.machine()["state"] == "needs-arming"
    refused = [text for text in agent.state()["alarms"] if "message-refused" in text]
    assert len(refused) == 5


@pytest.mark.parametrize(
    ("name", "content", "change", "code"),
    [
        ("hash", squares(2), {"sha256": "0" * 64}, "program-hash"),
        ("size", squares(2), {"size_bytes": 20}, "program-size"),
        ("path", squares(2), {"path": "/api/v1/files/none"}, "program-missing"),
        ("far", b"G21\nG90\nG1 X900 F600\nM2\n", {}, "program-unfit"),
        ("hold", b"G21\nG1 X1 F600 (!)\nM2\n", {}, "program-unfit"),
        ("home", b"G21\n$H\nM2\n", {}, "program-unfit"),
        ("eeprom", b"G10 L2 P1 X0\n", {}, "program-unfit"),
    ],
)
def test_unfit_program_is_never_offered(
    running: Stage, name: str, content: bytes, change: dict[str, str | int], code: str
) -> None:
    before, job_id = moved(running), f"job-unfit-{name}"
    program = running.files.put(content).model_dump()
    if "path" in change:
        program["sha256"] = "1" * 64  # not one that was fetched for another test
    running.hub.send(job(Program(**{**program, **change}), job_id))
    wait_until(lambda: running.hub.happened(job_id) == ["failed"], "it failed")
    assert running.hub.events(job_id)[0].code == code
    assert running.agent.machine()["state"] == "idle"
    assert moved(running) == before


def test_second_job_waits_until_the_bed_is_cleared(running: Stage) -> None:
    agent, hub = running.agent, running.hub
    hub.send(job(running.files.put(squares(1)), "job-first"))
    hub.send(job(running.files.put(squares(2)), "job-second"))
    agent.arm("job-first")
    agent.wait_for("needs-clearing")
    refused = agent.post("arm", job_id="job-second")
    assert (refused.status_code, refused.json()["code"]) == (409, "machine-not-ready")
    agent.post("clear", job_id="job-first")
    machine = agent.wait_for("needs-arming")
    assert machine["job"]["job_id"] == "job-second"


def test_job_that_nobody_starts_in_its_arming_must_be_armed_again(
    running: Stage,
) -> None:
    """A person arms, the machine is not ready: the arming does not lie in wait."""
    agent, before = running.agent, moved(running)
    running.hub.send(job(running.files.put(squares(1)), "job-asleep"))
    agent.wait_for("needs-arming")
    running.boards.host.unplug("mill-1")
    agent.post("arm", job_id="job-asleep")
    agent.wait_for("offline")
    running.boards.host.plug("mill-1")
    machine = agent.wait_for("needs-arming")
    assert machine["job"]["stage"] == "needs-arming"
    assert moved(running) == before


def test_retained_command_is_refused(stage: Stage) -> None:
    command = job(stage.files.put(squares(2)))
    payload = encode(DownEnvelope(device_id=DEVICE, body=command))
    stage.hub.send_raw(COMMANDS, payload, retain=True)
    stage.agent.start()
    wait_until(
        lambda: any("retained" in text for text in stage.agent.state()["alarms"]),
        "an alarm",
    )
    assert stage.agent.machine()["job"] is None


def test_message_that_the_network_refuses_is_put_aside_with_its_reason(
    stage: Stage,
) -> None:
    agent, hub = stage.agent, stage.hub
    hub.refuse[1] = "unknown-command"
    agent.start()
    hub.send(job(stage.files.put(squares(1))))
    wait_until(lambda: 1 in hub.stored, "the first message comes")
    hub.refuse_now(1)
    wait_until(lambda: agent.state()["refused"], "it is put aside")
    assert agent.state()["refused"] == ["1: unknown-command: refused by the test"]
    assert agent.state()["untold"] == 0
