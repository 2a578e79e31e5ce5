"""An interrupted job goes on from a safe place, by a person's consent at the machine and
never without; it is proven and credited as one.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from device_agents.contract.contribution import Contribution
from device_agents.settings import Limits, Machine, Resume
from tests.integration.device_agents.conftest import Stage, staged
from tests.integration.device_agents.stage import (
    control,
    job,
    mill,
    wait_until,
)

Staging = Callable[..., Any]


def printer(port: Path, resume: Resume) -> Machine:
    return Machine(
        machine_id="printer-1",
        name="Printer",
        machine_kind="fdm-printer",
        port=str(port),
        processes=("PRN-FFF",),
        limits=Limits(nozzle_max_c=260, bed_max_c=90),
        resume=resume,
    )


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Staging]:
    with ExitStack() as closing:
        yield lambda machines: closing.enter_context(
            staged(tmp_path, machines, scale=20.0)
        )


def slots(count: int) -> bytes:
    lines = ["G21", "G90", "G0 Z5"]
    for number in range(count):
        lines += [f"G0 X{10 + 3 * number} Y10", "G1 Z-2 F600"]
        lines += [f"G1 Y{10 + 4 * part} F1500" for part in range(1, 9)]
        lines += ["G0 Z5"]
    return "\n".join([*lines, "G0 X0 Y0", "M2", ""]).encode()


def tower(layers: int) -> bytes:
    lines = ["G28", "M140 S50", "M109 S200", "M83", "G92 E0"]
    for layer in range(1, layers + 1):
        lines += ["G1 E-1 F1800", f"G1 Z{layer * 0.3:.2f} F600", "G1 E1 F1800"]
        for turn in range(12):
            x, y = ((90, 50), (90, 90), (50, 90), (50, 50))[turn % 4]
            lines += [f"G1 X{x - part} Y{y} E0.2 F3000" for part in range(5)]
    return "\n".join([*lines, "M104 S0", "M140 S0", "G0 X0 Y0", ""]).encode()


def credited(stage: Stage) -> dict[str, Decimal]:
    """Hours and pieces that the device signed, by what for."""
    found: dict[str, Decimal] = {}
    ids = set()
    for event in stage.hub.events("job-0001"):
        for signed in event.contributions:
            one = Contribution.model_validate_json(signed.body)
            assert one.id not in ids
            ids.add(one.id)
            amount = Decimal(one.quantity)
            found[one.action] = found.get(one.action, Decimal(0)) + amount
    return found


def cut_off(stage: Stage, board: str, share: float) -> dict[str, Any]:
    """Power goes when so much is done; the machine, when all is known about it."""
    agent = stage.agent
    wait_until(lambda: (agent.machine(board).get("done") or 0) >= share, "under way")
    stage.boards.fault(board, "power_cut")
    return wait_until(lambda: interrupted(stage, board), "it is known")


def interrupted(stage: Stage, board: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = stage.agent.machine(board)["interrupted"]
    return found


def test_a_mill_goes_on_after_a_power_cut(staging: Staging) -> None:
    stage = staging(lambda boards: mill(boards.grbl("mill-1", homing=True)))
    agent, hub = stage.agent, stage.hub
    agent.start()
    agent.wait_for("alarm")
    assert agent.post("home").status_code == 200
    hub.send(job(stage.files.put(slots(24))))
    agent.arm("job-0001")
    known = cut_off(stage, "mill-1", 0.3)
    offer = known["offers"][0]
    assert offer["kind"] == "lift"
    assert 0 < offer["line"] <= known["confirmed"]
    wait_until(lambda: "interrupted" in hub.happened("job-0001"), "told")
    told = hub.events("job-0001")[-1].rest
    assert told is not None
    assert told.line == offer["line"]

    def go_on(**fields: object) -> tuple[int, str]:
        given = {"job_id": "job-0001", "line": offer["line"], "looked": True}
        answer = agent.post("go-on", **{**given, **fields})
        return answer.status_code, answer.json()["code"]

    wait_until(lambda: agent.machine()["state"] == "needs-clearing", "board is back")
    assert go_on() == (409, "not-homed")
    assert agent.post("home").status_code == 200
    assert go_on(pin="0000") == (403, "wrong-pin")
    assert go_on(looked=False) == (409, "not-looked")
    assert go_on(line=offer["line"] + 1) == (409, "not-offered")
    assert go_on() == (200, "done")
    agent.wait_for("running")
    wait_until(lambda: "completed" in hub.happened("job-0001"), "completed")
    happened = hub.happened("job-0001")
    assert happened == ["armed", "started", "interrupted", "resumed", "completed"]
    oracle = stage.boards.oracle("mill-1")
    assert oracle["machine_mm"] == pytest.approx([-300, -200, -35])
    assert oracle["power_cuts"] == 1
    found = credited(stage)
    assert found["produce"] == 2
    assert set(found) == {"use", "work", "consume", "produce"}
    assert len(hub.events("job-0001")[2].contributions) == 1  # the first part's hours
    assert agent.post("clear", job_id="job-0001").status_code == 200


def test_without_switches_nobody_knows_where_the_tool_is(staging: Staging) -> None:
    stage = staging(lambda boards: mill(boards.grbl("mill-1")))
    agent, hub = stage.agent, stage.hub
    agent.start()
    hub.send(job(stage.files.put(slots(24))))
    agent.arm("job-0001")
    known = cut_off(stage, "mill-1", 0.3)
    assert known["offers"] == []
    assert "no switches" in known["refusal"]
    answer = agent.post("go-on", job_id="job-0001", line=3, looked=True)
    assert answer.status_code == 409
    wait_until(lambda: "interrupted" in hub.happened("job-0001"), "told")
    assert hub.events("job-0001")[-1].rest is None


def test_a_printer_goes_on_when_its_agent_was_killed(staging: Staging) -> None:
    resume = Resume(origin="homes-clear")
    stage = staging(lambda boards: printer(boards.marlin("printer-1"), resume))
    agent, hub = stage.agent, stage.hub
    agent.start()
    command = job(stage.files.put(tower(20)), machine_id="printer-1", material="PLA")
    hub.send(command)
    agent.arm("job-0001", "printer-1")
    wait_until(lambda: (agent.machine("printer-1").get("done") or 0) > 0.5, "half")
    agent.kill()
    agent.start()
    agent.wait_for("unknown", "printer-1")
    known = wait_until(lambda: interrupted(stage, "printer-1"), "found out")
    if not known["offers"]:  # it may have begun a layer in the seconds not written
        assert "no layer" in known["refusal"]
        return
    offer = known["offers"][0]
    fields = {"machine_id": "printer-1", "job_id": "job-0001", "looked": True}
    answer = agent.post("go-on", **fields, line=offer["line"])
    assert answer.status_code == 200, answer.text
    wait_until(lambda: "completed" in hub.happened("job-0001"), "completed")
    assert "unknown" in hub.happened("job-0001")
    oracle = stage.boards.oracle("printer-1")
    assert oracle["machine_mm"] == pytest.approx([0, 0, 6.0])
    assert credited(stage)["produce"] == 2


def test_what_the_network_makes_elsewhere_does_not_go_on(staging: Staging) -> None:
    stage = staging(lambda boards: mill(boards.grbl("mill-1", homing=True)))
    agent, hub = stage.agent, stage.hub
    agent.start()
    agent.wait_for("alarm")
    agent.post("home")
    hub.send(job(stage.files.put(slots(24))))
    agent.arm("job-0001")
    line = cut_off(stage, "mill-1", 0.3)["offers"][0]["line"]
    hub.send(control("cancel", command_id="cmd-cancel"))
    hub.answer_to("cmd-cancel")
    agent.post("home")
    answer = agent.post("go-on", job_id="job-0001", line=line, looked=True)
    assert (answer.status_code, answer.json()["code"]) == (409, "not-offered")
