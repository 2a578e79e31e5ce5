"""The demo's labs as processes: boards, the real device agents, and people beside them."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orchestrator.entry.demo import processes
from orchestrator.entry.demo.seed import Cast, SeededLab
from orchestrator.entry.demo.world import Lab, Machine, World
from orchestrator.entry.settings import Settings


@contextlib.contextmanager
def running(
    folder: Path, world: World, cast: Cast, settings: Settings, url: str
) -> Iterator[None]:
    """All labs, enrolled and at work, until the block ends."""
    environment = {**os.environ, **_QUIET}
    with contextlib.ExitStack() as stack:
        homes = []
        for lab, seeded in zip(world.labs, cast.labs, strict=True):
            home = _prepared(folder / lab.key, lab, settings, url)
            _start(stack, home, "device_agents.simulators.labs", str(home))
            _enrol(home, lab, seeded, url)
            _start(stack, home, "device_agents.entry", "run", str(home))
            homes.append(str(home))
        operators = ("device_agents.simulators.operators", *homes)
        log = folder / "operators.log"
        stack.enter_context(
            processes.running(operators, log=log, environment=environment)
        )
        yield


_QUIET = {"PYTHONWARNINGS": "ignore"}


def _start(stack: contextlib.ExitStack, home: Path, *arguments: str) -> None:
    log = home / f"{arguments[0].rpartition('.')[2]}.log"
    stack.enter_context(
        processes.running(arguments, log=log, environment={**os.environ, **_QUIET})
    )


def _prepared(home: Path, lab: Lab, settings: Settings, url: str) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    origin = settings.clock_origin
    plan = {
        "region": settings.region,
        "server_url": url,
        "local_port": processes.free_port(),
        "pin": f"{secrets.randbelow(10**6):06d}",
        "machines": [_machine(lab, machine) for machine in lab.machines],
        "clock": {
            "factor": settings.clock_factor,
            "wall_origin": origin.isoformat() if origin else None,
        },
    }
    path = home / "plan.json"
    path.write_text(json.dumps(plan))
    _run("device_agents.simulators.prepare", str(home), str(path))
    return home


def _machine(lab: Lab, machine: Machine) -> dict[str, Any]:
    return {
        "machine_id": f"{lab.key}-{machine.key}",
        "name": machine.name,
        "machine_kind": machine.kind,
        "dialect": machine.dialect,
        "processes": machine.processes,
        "envelope_mm": machine.envelope_mm,
        "materials": machine.materials,
    }


def _enrol(home: Path, lab: Lab, seeded: SeededLab, url: str) -> None:
    code = seeded.enrolment_code
    options = ("--server", url, "--code", code, "--name", lab.name)
    _run("device_agents.entry", "enrol", str(home), *options)


def _run(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{arguments[0]} failed: {done.stderr[-800:]}")
