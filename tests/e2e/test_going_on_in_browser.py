"""A person at the machine lets an interrupted job go on, on the agent's own page."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Browse
from tests.integration.device_agents.conftest import Stage
from tests.integration.device_agents.stage import PIN, job, mill, wait_until
from tests.integration.device_agents.test_resume import cut_off, slots, staged


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Stage]:
    """A mill whose power was cut in mid-job."""
    with ExitStack() as closing:
        machine = lambda boards: mill(boards.grbl("mill-1", homing=True))  # noqa: E731
        stage = closing.enter_context(staged(tmp_path, machine))
        stage.agent.start()
        stage.agent.wait_for("alarm")
        stage.agent.post("home")
        stage.hub.send(job(stage.files.put(slots(24)), pieces=4))
        stage.agent.arm("job-0001")
        assert cut_off(stage, "mill-1", 0.3)["offers"]
        stage.agent.wait_for("needs-clearing")
        yield stage


def test_look_find_zero_consent_go_on(stopped: Stage, browse: Browse) -> None:
    base = f"http://127.0.0.1:{stopped.agent.port}"
    common: dict[str, Any] = {"schemes": ["light"], "axe": True}
    seen = browse(
        base,
        [{"name": "interrupted", "url": "/", "wait": "#home-mill-1"}],
        widths=[390, 820],
        **common,
    )
    steps: list[dict[str, Any]] = [
        {"fill": ["#pin", PIN]},
        {"click": "#home-mill-1"},
        {"expect": "#looked-mill-1"},
        {"shot": "may-go-on"},
        {"fill": ["#pin", PIN]},
        {"click": "[id^=go-on-]"},  # without having looked: refused
        {"expect": "[role=alert] >> text=look at the machine"},
        {"fill": ["#pin", PIN]},
        {"click": "#looked-mill-1"},
        {"click": "[id^=go-on-]"},
        {"expect": "#pause-mill-1"},
        {"shot": "goes-on"},
    ]
    seen += browse(
        base, [{"name": "go-on", "url": "/", "steps": steps}], widths=[390], **common
    )
    for one in seen:
        assert one.get("failed_step") is None, one
        assert one["overflow_px"] == 0, one
        assert one["violations"] == [], one
    hub = stopped.hub
    wait_until(lambda: "completed" in hub.happened("job-0001"), "completed")
