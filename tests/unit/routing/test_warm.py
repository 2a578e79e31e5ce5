"""Nobody waits for a compiler: what Python calls is compiled when it is installed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
ASKED = """
import importlib, inspect, pkgutil, re, routing
from numba.core.registry import CPUDispatcher
from routing.warm import warm
warm()
for each in pkgutil.walk_packages(routing.__path__, "routing."):
    if "kernels" in each.name or each.name.endswith("held"):
        continue
    module = importlib.import_module(each.name)
    called, source = dict(vars(module)), inspect.getsource(module)
    for alias, value in vars(module).items():
        if inspect.ismodule(value) and "kernels" in value.__name__:
            for name in re.findall(rf"\\b{alias}\\.(\\w+)\\(", source):
                called[f"{alias}.{name}"] = getattr(value, name)
    for name, value in called.items():
        if isinstance(value, CPUDispatcher) and not value.signatures:
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
