"""Releases of this project, really built, and what starts an agent again as systemd does."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[3]
PARTS = ("orchestrator", "device_agents", "firmware_bridge", "routing")
FILES = ("pyproject.toml", "README.md", "LICENSE")
UV = Path(sys.executable).parent / "uv"
MUTE = """

def _mute(*_words: object, **_more: object) -> None:
    raise BrokerAwayError("this release can't speak")


BrokerLink.__init__ = _mute
"""


def build(folder: Path, version: str, *, mute: bool = False) -> Path:
    """A folder with the wheel of this tree as `version`, and its requirements.txt.

    `mute`: a release that starts and never reaches the broker.
    """
    tree, release = folder / f"tree-{version}", folder / f"release-{version}"
    tree.mkdir(parents=True)
    unwanted = shutil.ignore_patterns("__pycache__", "vendor", "regions", "*.nb?")
    for part in PARTS:
        shutil.copytree(ROOT / part, tree / part, ignore=unwanted)
    for file in FILES:
        shutil.copy(ROOT / file, tree / file)
    project = tree / "pyproject.toml"
    text = project.read_text()
    assert 'version = "0.1.0"' in text
    project.write_text(text.replace('version = "0.1.0"', f'version = "{version}"'))
    if mute:
        with (tree / "device_agents/agent/broker_link.py").open("a") as link:
            link.write(MUTE)
    command = [UV, "build", "--quiet", "--wheel", "--out-dir", release, tree]
    subprocess.run(command, check=True, env=plain_environment())
    (wheel,) = release.glob("*.whl")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (release / "requirements.txt").write_text(
        f"fabcommons=={version} \\\n    --hash=sha256:{digest}\n"
    )
    return release


def dependencies(folder: Path) -> Path:
    """All that is installed here but the project: no test asks an index for it."""
    folder.mkdir()
    for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if "fabcommons" not in path.name and path.suffix != ".pth":
            (folder / path.name).symlink_to(path)
    return folder


def plain_environment() -> dict[str, str]:
    """This process's, without what would lead a build or a release to this tree."""
    kept = {"PYTHONPATH", "VIRTUAL_ENV"}
    return {name: value for name, value in os.environ.items() if name not in kept}


class Keeper:
    """Starts `releases/run` and starts it again whenever it ends, until `end`."""

    def __init__(self, lab: Path, environment: dict[str, str]) -> None:
        self._command = [str(lab / "releases" / "run")]
        self._environment = environment
        self._log = (lab.parent / "keeper.log").open("ab")
        self._ended = threading.Event()
        self._process = self._start()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut_power()

    def cut_power(self) -> None:
        """The agent is gone, and nobody starts it."""
        self._ended.set()
        self._process.send_signal(signal.SIGKILL)
        self._thread.join()
        self._log.close()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command, env=self._environment, stderr=self._log, cwd="/"
        )

    def _keep(self) -> None:
        while True:
            self._process.wait()
            if self._ended.wait(0.05):
                return
            self._process = self._start()
            if self._ended.is_set():
                self._process.kill()
