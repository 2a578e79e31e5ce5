"""What systemd is told by a running agent, and the unit that it is given."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from device_agents.entry import agent_app
from device_agents.errors import SettingsError
from device_agents.setup.service import unit_text, user_of
from tests.integration.device_agents.conftest import Stage
from tests.integration.device_agents.stage import job, squares

ROOT = Path(__file__).parents[3]


def test_systemd_hears_that_it_is_ready_how_it_is_and_that_it_lives(
    stage: Stage,
) -> None:
    path = stage.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(path))
        ear.settimeout(30)
        told = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "600000"}
        agent = subprocess.Popen(
            [sys.executable, "-m", "device_agents.entry", "run", stage.agent.folder],
            cwd=ROOT,
            env={**os.environ, **told},
            stderr=subprocess.DEVNULL,
        )

        def hear(words: str) -> list[str]:
            while words not in (heard := ear.recv(4096).decode()):
                assert "WATCHDOG=1" in heard
            return heard.split("\n")

        try:
            assert {"READY=1", "WATCHDOG=1"} <= set(hear("READY=1"))
            hear("STATUS=1 machines: 1 idle; in touch with the network")
            stage.hub.send(job(stage.files.put(squares(400))))
            stage.agent.arm("job-0001")
            hear("1 running; in touch")
            stage.broker.kill()
            hear("1 running; the network is away")
            agent.terminate()
            assert hear("STOPPING=1")
            assert agent.wait(60) == 0
        finally:
            agent.kill()
            agent.wait()


@pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd's own checker is not here"
)
def test_unit_is_well_formed_and_leaves_little_exposed(
    stage: Stage, tmp_path: Path
) -> None:
    folder = tmp_path / "our lab"
    shutil.copytree(stage.agent.folder, folder)
    if os.geteuid() == 0:
        shutil.chown(folder, user="daemon")
    words = ("install-service", str(folder), "--units", str(tmp_path))
    done = CliRunner().invoke(agent_app, words)
    assert done.exit_code == 0, done.output
    unit = tmp_path / "fabcommons-agent.service"
    assert unit.stat().st_mode & 0o777 == 0o644
    checked = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )
    assert "fabcommons-agent" not in checked.stderr, checked.stderr
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=30", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout


def test_agent_is_never_installed_for_root_nor_under_a_name_that_systemd_reads(
    tmp_path: Path,
) -> None:
    with pytest.raises(SettingsError, match="shall not run as root"):
        user_of(tmp_path, "root")
    with pytest.raises(SettingsError, match="chown -R nobody"):
        user_of(tmp_path, "nobody")
    with pytest.raises(SettingsError, match="plainer name"):
        unit_text(tmp_path / "lab%n", program=Path("/opt/fabcommons"), user="nobody")
