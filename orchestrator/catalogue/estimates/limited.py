"""A child process that can harm nobody: limits on CPU, memory, output and time."""

import os
import resource
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PATH: Final = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Beyond any of these the child ends."""

    wall_s: float = 120.0
    cpu_s: int = 120
    memory_bytes: int = 3 << 30
    output_bytes: int = 512 << 20
    one_core: bool = False  # what works with several may answer otherwise each time

    def apply(self) -> None:
        """Confine the process that calls it."""
        for kind, most in (
            (resource.RLIMIT_CPU, self.cpu_s),
            (resource.RLIMIT_AS, self.memory_bytes),
            (resource.RLIMIT_FSIZE, self.output_bytes),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(kind, (most, most))
        if self.one_core:
            cores = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, {cores[os.getpid() % len(cores)]})


class ChildFailedError(Exception):
    """The child gave no answer; the message says why."""


def run(
    command: Sequence[str],
    *,
    folder: Path,
    asked: str = "",
    bounds: Bounds | None = None,
) -> tuple[str, str]:
    """What the child says on stdout and stderr; whether that is an answer, callers see.

    It sees no environment but `folder` as its home. Errors: ChildFailedError.
    """
    bounds = bounds or Bounds()
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={"PATH": _PATH, "HOME": str(folder), "LC_ALL": "C"},
            input=asked,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=bounds.wall_s,
            check=False,
            preexec_fn=bounds.apply,
        )
    except subprocess.TimeoutExpired as error:
        raise ChildFailedError(f"no answer after {bounds.wall_s:.0f} s") from error
    except OSError as error:
        raise ChildFailedError(str(error)) from error
    return done.stdout, done.stderr
