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


def test_same_command_again_gets_its_recorded_answer(stage: Stage) -> None:
    agent, hub = stage.agent, stage.hub
    agent.start()
    command = job(stage.files.put(squares(2)))
    hub.send(command)
    agent.wait_for("needs-arming")
    hub.send(command)
    other = job(command.program)  # the same job under another command
    hub.send(other)
    assert hub.answer_to(other.command_id).verdict == "duplicate"
    verdicts = [one.verdict for one in hub.answers()]
    assert verdicts == ["accepted", "duplicate", "duplicate"]
    assert len(agent.machine()["queue"]) == 0


def test_command_past_its_time_is_never_run(stage: Stage) -> None:
    agent, hub = stage.agent, stage.hub
    agent.start()
    late = job(
        stage.files.put(squares(2)), not_after=datetime.now(UTC) - timedelta(seconds=1)
    )
    hub.send(late)
    assert hub.answer_to(late.command_id).verdict == "expired"
    soon = job(
        stage.files.put(squares(2)),
        "job-0002",
        not_after=datetime.now(UTC) + timedelta(seconds=2),
    )
    hub.send(soon)
    agent.wait_for("needs-arming")
    wait_until(lambda: hub.happened("job-0002") == ["failed"], "it is given up")
    assert hub.events("job-0002")[0].code == "expired"
    assert agent.post("arm", job_id="job-0002").status_code == 409
    assert stage.boards.oracle("mill-1")["blocks_executed"] == 0


def test_older_holder_of_a_job_is_fenced(stage: Stage) -> None:
    agent, hub = stage.agent, stage.hub
    agent.start()
    program = stage.files.put(squares(2))
    hub.send(job(program, fence=3))
    agent.wait_for("needs-arming")
    stale, new = control("cancel", fence=2), control("cancel", fence=4)
    hub.send(stale)
    assert hub.answer_to(stale.command_id).verdict == "fenced"
    assert agent.machine()["state"] == "needs-arming"
    hub.send(new)
    assert hub.answer_to(new.command_id).verdict == "accepted"
    wait_until(lambda: hub.happened("job-0001") == ["cancelled"], "cancelled is told")
    assert hub.events()[0].fence == 4


def test_cancel_that_overtakes_its_job_still_cancels_it(stage: Stage) -> None:
    agent, hub = stage.agent, stage.hub
    agent.start()
    hub.send(control("cancel"))
    command = job(stage.files.put(squares(2)))
    hub.send(command)
    answer = hub.answer_to(command.command_id)
    assert (answer.verdict, answer.code) == ("duplicate", "job-cancelled")
    assert agent.machine()["job"] is None


def test_nothing_on_the_wire_arms(stage: Stage) -> None:
    """Whatever the network sends, the board gets no line without the local act."""
    agent, hub = stage.agent, stage.hub
    agent.start()
    hub.send(job(stage.files.put(squares(2))))
    agent.wait_for("needs-arming")
    resume = control("resume")
    hub.send(resume)
    assert hub.answer_to(resume.command_id).verdict == "refused"
    good = encode(DownEnvelope(device_id=DEVICE, body=control("pause")))
    for act in (b'"arm"', b'"start"', b'"force"'):
        hub.send_raw(COMMANDS, good.replace(b'"pause"', act))
    hub.send_raw(COMMANDS, b"\xff{")
    hub.send_raw(COMMANDS, b"[" * 70_000)
    last = control("pause")
    hub.send(last)
    hub.answer_to(last.command_id)  # the session survived all of it
    assert stage.boards.oracle("mill-1")["blocks_executed"] == 0
    assert agent.machine()["state"] == "needs-arming"
    refused = [text for text in agent.state()["alarms"] if "message-refused" in text]
    assert len(refused) == 5


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


@pytest.mark.parametrize(
    ("content", "change", "code"),
    [
        (squares(2), {"sha256": "0" * 64}, "program-hash"),
        (squares(2), {"size_bytes": 20}, "program-size"),
        (squares(2), {"path": "/api/v1/files/none"}, "program-missing"),
        (b"G21\nG90\nG1 X900 F600\nM2\n", {}, "program-unfit"),
        (b"G21\nG1 X1 F600 (!)\nM2\n", {}, "program-unfit"),
        (b"G21\n$H\nM2\n", {}, "program-unfit"),
        (b"G10 L2 P1 X0\n", {}, "program-unfit"),
    ],
)
def test_unfit_program_is_never_offered(
    stage: Stage, content: bytes, change: dict[str, str | int], code: str
) -> None:
    stage.agent.start()
    program = stage.files.put(content)
    stage.hub.send(job(Program(**{**program.model_dump(), **change})))
    wait_until(lambda: stage.hub.happened("job-0001") == ["failed"], "it failed")
    assert stage.hub.events()[0].code == code
    assert stage.agent.machine()["state"] == "idle"
    assert stage.boards.oracle("mill-1")["blocks_executed"] == 0


def test_second_job_waits_until_the_bed_is_cleared(stage: Stage) -> None:
    agent, hub = stage.agent, stage.hub
    agent.start()
    hub.send(job(stage.files.put(squares(1))))
    hub.send(job(stage.files.put(squares(2)), "job-0002"))
    agent.arm("job-0001")
    agent.wait_for("needs-clearing")
    refused = agent.post("arm", job_id="job-0002")
    assert (refused.status_code, refused.json()["code"]) == (409, "machine-not-ready")
    agent.post("clear", job_id="job-0001")
    machine = agent.wait_for("needs-arming")
    assert machine["job"]["job_id"] == "job-0002"


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
