"""Releases side by side in an agent's folder, and the one switch between them.

    lab/releases/0.2.0/     a virtual environment of its own; `.whole` is written last
    lab/releases/current    a symbolic link to the one in force
    lab/releases/trial      the one to go back to while `current` has not proven itself
    lab/releases/previous   the one in force before, for `rollback`
    lab/releases/run        starts the one in force; what systemd runs

Whatever moment the power goes: `current` is one whole release, and where a trial was
cut off, `run` goes back to the one that had proven itself.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device_agents.agent.runner import UPDATE
from device_agents.errors import SettingsError, UpdateError
from device_agents.settings import write_private

FOLDER = "releases"
REQUIREMENTS = "requirements.txt"
_VERSION = re.compile(
    r"^fabcommons==([0-9][0-9A-Za-z.+!-]{0,40})(?:\s|$)", re.MULTILINE
)
_RUN = """\
#!/bin/sh
# Starts the release in force. One whose trial was cut off is not: nobody saw it work.
set -e
lab=$(cd "$(dirname "$0")/.." && pwd)
cd "$lab/releases"
if [ -e trial ] && flock --nonblock ../update.lock true; then
    echo "an update was cut off; back to $(cat trial)" >failed
    ln -sfn "$(cat trial)" .current.new
    mv -T .current.new current
    rm -f trial
fi
exec current/bin/fabcommons agent run "$lab"
"""


class Releases:
    """The releases of one agent's folder."""

    def __init__(self, lab: Path) -> None:
        self.folder = lab.resolve() / FOLDER

    @property
    def program(self) -> Path:
        """What starts the release in force."""
        return self.folder / "run"

    @property
    def current(self) -> str | None:
        """The version in force."""
        link = self.folder / "current"
        return link.readlink().name if link.is_symlink() else None

    @property
    def previous(self) -> str | None:
        """The version that was in force before."""
        path = self.folder / "previous"
        return path.read_text().strip() if path.exists() else None

    def is_whole(self, version: str) -> bool:
        """Whether the release was built to its end."""
        return (self.folder / version / ".whole").exists()

    def build(self, source: Path) -> str:
        """Build the release that `source`'s requirements.txt pins; its version.

        `source` may hold wheels; what is not there comes from pip's usual index. Every
        hash is checked. Errors: UpdateError, and nothing half-built is ever in force.
        """
        requirements = source / REQUIREMENTS
        version = version_of(requirements)
        if self.is_whole(version):
            return version
        self.folder.mkdir(mode=0o700, exist_ok=True)
        place = self.folder / version
        shutil.rmtree(place, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(place))
        pip = (
            str(place / "bin" / "python"),
            "-m",
            "pip",
            "--disable-pip-version-check",
        )
        _run(
            *(*pip, "install", "--quiet", "--require-hashes", "--only-binary", ":all:"),
            *("--find-links", str(source), "--requirement", str(requirements)),
        )
        os.sync()  # pip does not, and `.whole` must not be on the disk before the rest
        write_private(place / ".whole", version + "\n")
        return version

    def check(self, version: str, lab: Path) -> None:
        """Whether it can read this agent's folder. Errors: UpdateError."""
        program = self.folder / version / "bin" / "fabcommons"
        _run(str(program), "agent", "check", str(lab.resolve()))

    def switch(self, version: str) -> None:
        """Put a release in force, in one step."""
        if not self.program.exists():
            write_private(self.program, _RUN)
            self.program.chmod(0o700)
        link = self.folder / ".current.new"
        link.unlink(missing_ok=True)
        link.symlink_to(version)
        link.replace(self.folder / "current")
        _sync(self.folder)

    def begin_trial(self, version: str) -> None:
        """From here on `run` goes back to `version`, unless somebody watches."""
        write_private(self.folder / "trial", version + "\n")

    def end_trial(self, previous: str | None) -> None:
        """What is in force has proven itself; keep it and `previous`, no more."""
        if previous is not None:
            write_private(self.folder / "previous", previous + "\n")
        (self.folder / "trial").unlink(missing_ok=True)
        _sync(self.folder)

    def forget_others(self) -> None:
        """Remove what is neither in force nor the one before."""
        kept = {self.current, self.previous}
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink() and path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)

    def note_failure(self, words: str) -> None:
        """For whoever looks at the machines' page next."""
        write_private(self.folder / "failed", words + "\n")

    def failure(self) -> str | None:
        """Why the last update was taken back."""
        path = self.folder / "failed"
        return path.read_text().strip() if path.exists() else None

    def forget_failure(self) -> None:
        """A later update went well."""
        (self.folder / "failed").unlink(missing_ok=True)


@contextmanager
def holding(lab: Path) -> Iterator[None]:
    """While the block lasts no job starts. Errors: UpdateError if another one holds."""
    file = os.open(lab / UPDATE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UpdateError("another update is under way") from error
        yield
    finally:
        os.close(file)


def version_of(requirements: Path) -> str:
    """Which release the file pins. Errors: UpdateError."""
    try:
        found = _VERSION.search(requirements.read_text())
    except OSError as error:
        raise UpdateError(f"{requirements}: {error.strerror}") from error
    if found is None:
        raise UpdateError(f"{requirements} pins no line fabcommons==VERSION --hash=…")
    return found.group(1)


def program_here(lab: Path) -> Path:
    """What shall run the agent of `lab`: its releases, else this installation."""
    releases = Releases(lab)
    if releases.current is not None:
        return releases.program
    program = Path(sys.prefix) / "bin" / "fabcommons"
    if not program.exists():
        raise SettingsError(f"{program} is not there: install fabcommons with pip")
    return program


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = "\n".join(done.stderr.strip().splitlines()[-6:])
        raise UpdateError(f"{' '.join(words[:4])} …: {last}")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
