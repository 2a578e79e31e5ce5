"""Child processes of the demo: none outlives it."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

END_WAIT_S = 15


@contextlib.contextmanager
def running(
    arguments: Sequence[str], *, log: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m …` until the block ends; what it says goes to `log`."""
    command = ["setpriv", "--pdeathsig=TERM", sys.executable, "-m", *arguments]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, env=dict(environment), stdout=out, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=END_WAIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
