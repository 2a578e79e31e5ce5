"""The demo's labs as processes: boards, the real device agents, and people beside them."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from orchestrator.doors.mqtt.broker import free_port
from orchestrator.entry.demo import processes
from orchestrator.entry.demo.seed import Cast, SeededLab
from orchestrator.entry.demo.world import Lab, Machine, World
from orchestrator.entry.settings import Settings

QUIET = {**os.environ, "PYTHONWARNINGS": "ignore"}


@contextlib.contextmanager
def running(
    folder: Path, world: World, cast: Cast, settings: Settings, url: str
) -> Iterator[None]:
    """All labs, enrolled and at work, until the block ends."""
    homes = [folder / lab.key for lab in world.labs]
    for home, lab in zip(homes, world.labs, strict=True):
        _write_plan(home, lab, settings, url)
    names = [str(home) for home in homes]
    _run_all([("device_agents.simulators.prepare", *names)])
    with contextlib.ExitStack() as stack:
        for home in homes:
            _start(stack, home, "device_agents.simulators.labs", str(home))
        _run_all(
            [
                _enrolment(home, lab, seeded, url)
                for home, lab, seeded in zip(homes, world.labs, cast.labs, strict=True)
            ]
        )
        for home in homes:
            _start(stack, home, "device_agents.entry", "run", str(home))
        operators = ("device_agents.simulators.operators", *names)
        log = folder / "operators.log"
        stack.enter_context(processes.running(operators, log=log, environment=QUIET))
        yield


def _start(stack: contextlib.ExitStack, home: Path, *arguments: str) -> None:
    log = home / f"{arguments[0].rpartition('.')[2]}.log"
    stack.enter_context(processes.running(arguments, log=log, environment=QUIET))


def _write_plan(home: Path, lab: Lab, settings: Settings, url: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    origin = settings.clock_origin
    plan = {
        "region": settings.region,
        "server_url": url,
        "local_port": free_port(),
        "pin": f"{secrets.randbelow(10**6):06d}",
        "machines": [_machine(lab, machine) for machine in lab.machines],
        "clock": {
            "factor": settings.clock_factor,
            "wall_origin": origin.isoformat() if origin else None,
        },
    }
    (home / "plan.json").write_text(json.dumps(plan))


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


def _enrolment(home: Path, lab: Lab, seeded: SeededLab, url: str) -> tuple[str, ...]:
    options = ("--server", url, "--code", seeded.enrolment_code, "--name", lab.name)
    return ("device_agents.entry", "enrol", str(home), *options)


def _run_all(commands: Sequence[Sequence[str]]) -> None:
    """Run them side by side to their ends."""
    begun = [
        subprocess.Popen(
            [sys.executable, "-m", *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=QUIET,
            text=True,
        )
        for command in commands
    ]
    for command, process in zip(commands, begun, strict=True):
        _, said = process.communicate()
        if process.returncode:
            raise RuntimeError(f"{command[0]} failed: {said[-800:]}")
