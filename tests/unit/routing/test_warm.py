"""Nobody waits for a compiler: what Python calls is compiled when it is installed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
ASKED = """
import importlib, pkgutil, routing
from numba.core.registry import CPUDispatcher
from routing.warm import warm
warm()
for each in pkgutil.walk_packages(routing.__path__, "routing."):
    for name, value in vars(importlib.import_module(each.name)).items():
        if isinstance(value, CPUDispatcher) and not value.signatures:
            if "no_cpython_wrapper" not in value.targetoptions:
                print(each.name, name)
"""


def test_each_kernel_that_python_calls_is_warm() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASKED],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert asked.stdout == ""
