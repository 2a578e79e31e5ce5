"""Update and rollback with really built wheels: between jobs, proven, or taken back."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from device_agents.errors import UpdateError
from device_agents.setup.releases import Releases, holding
from device_agents.setup.update import Change
from tests.integration.device_agents.conftest import Stage, staged
from tests.integration.device_agents.releases import (
    Keeper,
    build,
    dependencies,
    plain_environment,
)
from tests.integration.device_agents.stage import job, squares
from tests.waiting import wait_until

SOAK = os.environ.get("FABCOMMONS_SOAK") == "1"
STEPS = 7  # of an update between two releases
CUTS = range(1, STEPS + 1) if SOAK else (5,)
KILLED = """
import os, signal, sys
from pathlib import Path
from device_agents.setup.update import Change
left = int(sys.argv[3])
def say(words):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
Change(lab=Path(sys.argv[1]), say=say).update(Path(sys.argv[2]))
"""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Three releases, and an environment in which they find their libraries."""

    old: Path
    new: Path
    mute: Path
    environment: dict[str, str]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    folder = tmp_path_factory.mktemp("sources")
    libraries = dependencies(folder / "libraries")
    return Sources(
        old=build(folder, "0.2.0"),
        new=build(folder, "0.3.0"),
        mute=build(folder, "0.4.0", mute=True),
        environment=plain_environment() | {"PYTHONPATH": str(libraries)},
    )


@pytest.fixture(scope="module")
def managed(
    tmp_path_factory: pytest.TempPathFactory, sources: Sources
) -> Iterator[Stage]:
    """A stage whose agent has its first release, and the second one built."""
    with (
        pytest.MonkeyPatch.context() as patch,
        staged(tmp_path_factory.mktemp("managed")) as stage,
    ):
        patch.setenv("PYTHONPATH", sources.environment["PYTHONPATH"])
        lab = stage.agent.folder
        assert Change(lab=lab, say=print).update(sources.old) == "0.2.0"
        assert Releases(lab).build(sources.new) == "0.3.0"
        yield stage


@pytest.fixture
def kept(managed: Stage, sources: Sources) -> Iterator[Stage]:
    """0.2.0 is at work and is started again when it ends."""
    Releases(managed.agent.folder).switch("0.2.0")
    with Keeper(managed.agent.folder, sources.environment):
        at_work(managed, "0.2.0")
        managed.agent.wait_for("idle")
        yield managed
        managed.agent.tidy()


def at_work(stage: Stage, version: str) -> None:
    wait_until(lambda: version_at_work(stage) == version, f"{version} works", 60)


def version_at_work(stage: Stage) -> str | None:
    try:
        state = stage.agent.state()
    except httpx.HTTPError:
        return None
    return str(state["version"]) if state["connected"] else None


def test_a_release_is_changed_between_jobs_and_back(
    kept: Stage, sources: Sources
) -> None:
    lab = kept.agent.folder
    releases = Releases(lab)
    kept.hub.send(job(kept.files.put(squares(2000)), "job-long"))
    kept.agent.arm("job-long")
    kept.agent.wait_for("running")
    with pytest.raises(UpdateError, match="Mill by the door at work: nothing was"):
        Change(lab=lab, say=print).update(sources.new)
    assert releases.current == "0.2.0"
    said: list[str] = []

    def say(words: str) -> None:
        said.append(words)
        if words.startswith("waiting"):
            kept.agent.post("cancel")

    assert Change(lab=lab, say=say, wait_s=120).update(sources.new) == "0.3.0"
    assert len(said) == STEPS + 1
    assert kept.hub.happened("job-long")[-1] == "cancelled"  # not interrupted
    assert version_at_work(kept) == "0.3.0"
    with pytest.raises(UpdateError, match=r"within 8 s; 0\.3\.0 is in force again"):
        Change(lab=lab, say=print, trial_s=8).update(sources.mute)
    at_work(kept, "0.3.0")
    assert any("0.4.0 did not" in one for one in kept.agent.state()["alarms"])
    assert Change(lab=lab, say=print).rollback() == "0.2.0"
    assert version_at_work(kept) == "0.2.0"
    left = {path.name for path in releases.folder.iterdir() if path.is_dir()}
    assert left == {"0.2.0", "0.3.0", "current"}


def test_a_job_is_not_started_while_a_release_is_changed(kept: Stage) -> None:
    kept.hub.send(job(kept.files.put(squares(2)), "job-held"))
    with holding(kept.agent.folder):
        kept.agent.arm("job-held")
        wait_until(
            lambda: any("updated" in one for one in kept.agent.state()["alarms"]),
            "the arming is taken back",
        )
        kept.agent.wait_for("needs-arming")
    kept.agent.arm("job-held")
    wait_until(lambda: "completed" in kept.hub.happened("job-held"), "the job is made")


@pytest.mark.parametrize("cut", CUTS)
def test_a_power_cut_at_any_step_leaves_a_lab_that_works(
    cut: int, managed: Stage, sources: Sources
) -> None:
    lab = managed.agent.folder
    releases = Releases(lab)
    releases.switch("0.2.0")
    keeper = Keeper(lab, sources.environment)
    try:
        at_work(managed, "0.2.0")
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, lab, sources.new, str(cut)],
            env=os.environ,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        keeper.cut_power()
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    proven = cut == STEPS  # its trial had ended
    with Keeper(lab, sources.environment):
        at_work(managed, "0.3.0" if proven else "0.2.0")
        assert not (releases.folder / "trial").exists()
        if not proven:
            assert Change(lab=lab, say=print).update(sources.new) == "0.3.0"
            assert version_at_work(managed) == "0.3.0"


def test_what_is_not_the_pinned_file_is_not_installed(
    managed: Stage, sources: Sources, tmp_path: Path
) -> None:
    lab = managed.agent.folder
    before = Releases(lab).current
    forged = tmp_path / "forged"
    forged.mkdir()
    (wheel,) = sources.mute.glob("*.whl")
    (forged / wheel.name).write_bytes(wheel.read_bytes())
    pinned = (sources.mute / "requirements.txt").read_text()
    other = re.sub(r"sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, pinned)
    for text, refusal in ((other, "0000"), ("fabcommons\n", "pins no line")):
        (forged / "requirements.txt").write_text(text)
        with pytest.raises(UpdateError, match=refusal):
            Change(lab=lab, say=print).update(forged)
        assert Releases(lab).current == before
        assert not Releases(lab).is_whole("0.4.0")
