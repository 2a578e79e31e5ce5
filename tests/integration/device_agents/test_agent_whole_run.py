"""A job from command to cleared bed, through a real broker, a real port, real HTTP."""

import base64
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from device_agents.contract.contribution import Contribution
from device_agents.contract.messages import Birth, Capability, Death
from tests.integration.device_agents.conftest import Stage
from tests.integration.device_agents.stage import control, job, squares, wait_until


def test_job_runs_once_after_a_person_armed_it(stage: Stage) -> None:
    agent, hub = stage.agent, stage.hub
    agent.start()
    agent.wait_for("idle")
    command = job(stage.files.put(squares(6)))
    hub.send(command)

    assert hub.answer_to(command.command_id).verdict == "accepted"
    agent.wait_for("needs-arming")
    assert stage.boards.oracle("mill-1")["blocks_executed"] == 0

    agent.arm("job-0001")
    agent.wait_for("needs-clearing")
    assert stage.boards.oracle("mill-1")["blocks_executed"] > 20
    assert agent.post("clear", job_id="job-0001", pieces_good=2).status_code == 200
    agent.wait_for("idle")
    wait_until(
        lambda: (
            hub.happened("job-0001") == ["armed", "started", "completed", "cleared"]
        ),
        f"all events; got {hub.happened('job-0001')}",
    )
    wait_until(lambda: agent.state()["untold"] == 0, "every message has its receipt")
    assert agent.terminate() == 0
    last = wait_until(lambda: isinstance(hub.lives()[-1], Death), "the death is told")
    assert last
    assert hub.lives()[-1].reason == "stopped"  # type: ignore[union-attr]


def test_outcome_carries_evidence_and_signed_contributions(stage: Stage) -> None:
    agent, hub = stage.agent, stage.hub
    agent.start()
    hub.send(job(stage.files.put(squares(3))))
    agent.arm("job-0001")
    agent.wait_for("needs-clearing")
    wait_until(lambda: "completed" in hub.happened("job-0001"), "the end is told")

    done = next(one for one in hub.events() if one.event == "completed")
    assert done.evidence is not None
    assert done.evidence.lines_acknowledged == done.evidence.lines_total
    assert (done.evidence.last_x_mm, done.evidence.last_y_mm) == (0.0, 0.0)
    key = Ed25519PrivateKey.from_private_bytes(
        base64.b64decode((agent.folder / "device.key").read_text())
    ).public_key()
    flows = {}
    for signed in done.contributions:
        key.verify(base64.b64decode(signed.signature), signed.body.encode())
        flow = Contribution.model_validate_json(signed.body)
        assert flow.canonical() == signed.body.encode()
        flows[flow.action] = (flow.quantity, flow.unit, flow.provider)
    assert flows["consume"] == ("12.5", "g", "lab-kallio")
    assert flows["work"] == ("0.083333", "h", "member-4")
    assert flows["produce"] == ("2", "{piece}", "member-4")
    assert 0 < float(flows["use"][0]) < 0.01


def test_birth_capability_and_state_are_retained(stage: Stage) -> None:
    stage.agent.start()
    stage.agent.wait_for("idle")
    wait_until(lambda: "idle" in stage.hub.states("mill-1"), "idle is told")
    assert isinstance(stage.hub.lives()[-1], Birth)
    told = [one.body for one in stage.hub.heard if isinstance(one.body, Capability)]
    assert told[-1].dialect == "grbl"
    assert (told[-1].envelope_x_mm, told[-1].envelope_source) == (300.0, "declared")


def test_cancel_from_the_network_ends_a_run_and_pause_stands_still(
    stage: Stage,
) -> None:
    agent, hub = stage.agent, stage.hub
    agent.start()
    hub.send(job(stage.files.put(squares(60))))
    agent.arm("job-0001")
    agent.wait_for("running")
    hub.send(control("pause"))
    agent.wait_for("paused")
    hub.send(control("resume"))
    agent.wait_for("running")
    hub.send(control("cancel"))
    agent.wait_for("needs-clearing")
    wait_until(lambda: "cancelled" in hub.happened("job-0001"), "cancelled is told")
    assert hub.happened("job-0001") == [
        "armed",
        "started",
        "paused",
        "resumed",
        "cancelled",
    ]
    ended = hub.events("job-0001")[-1]
    assert ended.code == "by-network"
    actions = [json.loads(one.body)["action"] for one in ended.contributions]
    assert actions == ["use"]  # the machine ran; nothing was made


def test_pause_by_hand_is_lifted_by_hand_only(stage: Stage) -> None:
    agent, hub = stage.agent, stage.hub
    agent.start()
    hub.send(job(stage.files.put(squares(60))))
    agent.arm("job-0001")
    agent.wait_for("running")
    assert agent.post("pause", pin="").status_code == 200  # stopping needs no PIN
    agent.wait_for("paused")
    resume = control("resume")
    hub.send(resume)
    assert hub.answer_to(resume.command_id).code == "resume-is-local"
    assert agent.machine()["state"] == "paused"
    assert agent.post("resume").status_code == 200
    agent.wait_for("running")
    assert agent.post("stop", pin="").status_code == 200
    machine = agent.wait_for("needs-clearing")
    assert machine["job"]["outcome"] in ("cancelled", "interrupted")
