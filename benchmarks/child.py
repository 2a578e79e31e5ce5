"""One contestant in a process of its own, so that no run can spoil another."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from benchmarks.data import ROOT


def run_child(module: str, order: Mapping[str, Any], *, wall_s: float) -> str:
    """Run `python -m module ORDER` on one thread; return what went wrong, or nothing."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", module, json.dumps(order)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _, stderr = process.communicate(timeout=wall_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"failed: no answer after {wall_s:.0f} s"
    if process.returncode:
        last = (stderr.strip().splitlines() or [f"exit code {process.returncode}"])[-1]
        return f"failed: {last[:200]}"
    return ""
