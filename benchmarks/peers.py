"""Programs that a benchmark asks, kept apart from what we depend on: `make peers`."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.data import ROOT

PEERS: Final = ROOT / ".venv" / "hosts" / "cam" / "bin"  # `make peers`
WITHIN_S: Final = 120


class PeerFailedError(Exception):
    """A program that we compare with gave no answer; the message says why."""


def run(command: Sequence[str], *, folder: Path, asked: str = "") -> None:
    """Errors: PeerFailedError."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            input=asked,
            timeout=WITHIN_S,
            capture_output=True,
            text=True,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerFailedError(f"{command[0]}: {error}. See `make peers`") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        raise PeerFailedError(f"{command[0]} said {said[-1][:200]}")
