"""A small region as real processes, each of which may be killed and is started again."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx

from device_agents.settings import ClockSettings
from device_agents.simulators.labs import LabPlan, SimulatedMachine, _board_of, prepare
from orchestrator.entry.demo.seed import Cast, SeededLab, Seeding, seed
from orchestrator.entry.demo.world import Lab, Machine, World, helsinki
from orchestrator.entry.node import Store, open_store
from orchestrator.entry.settings import Settings
from orchestrator.foundation.clock import WallClock
from tests.passwords import quickly_hashed
from tests.waiting import ask, free_port

Kind = Literal["server", "agent", "broker"]
KINDS: tuple[Kind, ...] = ("server", "agent", "broker")
PASSWORD = "a region of a test"
READY_WAIT_S = 60
QUIET = {"PYTHONWARNINGS": "ignore"}


@dataclass(slots=True, kw_only=True)
class Process:
    """`python -m …`, ended with this test at the latest. Start it from a lasting thread."""

    arguments: tuple[str, ...]
    log: Path
    environment: Mapping[str, str]
    _popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as out:
            self._popen = subprocess.Popen(
                ["setpriv", "--pdeathsig=TERM", sys.executable, "-m", *self.arguments],
                env=dict(self.environment),
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """Pull its plug: no handler runs."""
        assert self._popen is not None
        self._popen.kill()
        self._popen.wait()

    def send(self, number: signal.Signals) -> None:
        assert self._popen is not None
        self._popen.send_signal(number)

    def end(self) -> None:
        if self._popen is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._popen.send_signal(signal.SIGCONT)
        self._popen.terminate()
        try:
            self._popen.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill()

    def queued_s(self) -> float:
        """How long it was ready to run while others had the processor."""
        told = Path(f"/proc/{self.id}/schedstat").read_text().split()
        return int(told[1]) / 1e9

    @property
    def id(self) -> int:
        assert self._popen is not None
        return self._popen.pid


@dataclass(slots=True, kw_only=True)
class RunningLab:
    """One lab: its boards with their oracle, its agent, its operators."""

    home: Path
    lab: Lab
    seeded: SeededLab
    local_port: int
    boards: Process
    agent: Process
    operators: Process

    @property
    def boards_socket(self) -> Path:
        return self.home / "boards.sock"

    def programs_started(self) -> dict[str, int]:
        """What no program can know: how many programs each board was really sent."""
        asked = [self.machine_id(machine) for machine in self.lab.machines]
        told = {name: _ask(self.boards_socket, "oracle", name) for name in asked}
        return {
            name: int(one["oracle"]["programs_started"]) for name, one in told.items()
        }

    def machine_id(self, machine: Machine) -> str:
        return f"{self.lab.key}-{machine.key}"

    def state(self) -> dict[str, Any] | None:
        """The agent's own page as JSON; None while nobody answers."""
        url = f"http://127.0.0.1:{self.local_port}/state"
        with contextlib.suppress(httpx.HTTPError, ValueError):
            answer = ask(url)
            if answer.is_success:
                told: dict[str, Any] = answer.json()
                return told
        return None


@dataclass(slots=True, kw_only=True)
class FaultRegion:
    """All processes of a region, and the plugs that can be pulled."""

    store: Store
    cast: Cast
    world: World
    url: str
    server: Process
    labs: list[RunningLab] = field(default_factory=list)
    back_s: dict[Kind, list[float]] = field(default_factory=dict)

    def kill(self, kind: Kind, which: int = 0) -> float:
        """Kill -9 and wait until it is back.

        Returns seconds from the new start, without those in which other programs of
        this machine kept it from running.
        """
        queued_s = 0.0
        match kind:
            case "server":
                self.server.kill()
                began_s = time.monotonic()
                self.server.start()
                self.wait("the server is back", self.is_ready)
                queued_s = self.server.queued_s()
            case "agent":
                lab = self.labs[which % len(self.labs)]
                lab.agent.kill()
                began_s = time.monotonic()
                lab.agent.start()
                self.wait("the agent is back", lambda: lab.state() is not None)
                queued_s = lab.agent.queued_s()
            case "broker":
                fallen = self.broker_id()
                assert fallen is not None
                os.kill(fallen, signal.SIGKILL)
                began_s = time.monotonic()
                self.wait(
                    "the broker is back",
                    lambda: self.broker_id() not in {None, fallen} and self.is_ready(),
                )
        took_s = time.monotonic() - began_s - queued_s
        self.back_s.setdefault(kind, []).append(took_s)
        return took_s

    def broker_id(self) -> int | None:
        """The mosquitto that is a child of this server."""
        for folder in Path(f"/proc/{self.server.id}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                for child in folder.read_text().split():
                    if "mosquitto" in Path(f"/proc/{child}/comm").read_text():
                        return int(child)
        return None

    def is_ready(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return ask(f"{self.url}/health/ready").is_success
        return False

    def wait(
        self,
        what: str,
        true: Callable[[], bool],
        *,
        wait_s: float = READY_WAIT_S,
        why_not: Callable[[], object] = str,
    ) -> None:
        """Errors: AssertionError, with the end of every log, when it never comes."""
        until_s, pause = time.monotonic() + wait_s, threading.Event()
        while not true():
            if time.monotonic() > until_s:
                raise AssertionError(
                    f"not within {wait_s} s: {what}\n{self._logs()}\n{why_not()}"
                )
            pause.wait(0.1)

    def _logs(self) -> str:
        logs = [self.server.log]
        for lab in self.labs:
            logs += [lab.agent.log, lab.boards.log]
        ends = [
            f"--- {log.name}\n{log.read_text()[-3000:]}" for log in logs if log.exists()
        ]
        return "\n".join(ends)


@contextlib.contextmanager
def passable_folder() -> Iterator[Path]:
    """A folder that the broker's own user may pass, which pytest's folders forbid."""
    with tempfile.TemporaryDirectory(
        prefix="fabcommons-fault-", ignore_cleanup_errors=True
    ) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@contextlib.contextmanager
def running(
    folder: Path,
    *,
    labs: tuple[str, ...],
    database_url: str | None = None,
    factor: float = 60.0,
    draw: int = 1,
    broker_listen: str = "127.0.0.1",
) -> Iterator[FaultRegion]:
    """The region at work, every machine homed and free, until the block ends.

    `broker_listen`: beyond the loopback, agents come in by TLS.
    """
    world = _small(labs)
    port = free_port()
    settings = Settings(
        home=folder / "node",
        database_url=database_url,
        region=world.region,
        port=port,
        public_url=f"http://127.0.0.1:{port}",
        broker_port=free_port(),
        broker_listen=broker_listen,
        clock_factor=factor,
        clock_origin=WallClock().now(),
    )
    with contextlib.ExitStack() as stack:
        store = open_store(settings)
        stack.callback(store.engine.dispose)
        region = FaultRegion(
            store=store,
            cast=_seeded(store, world),
            world=world,
            url=f"http://{settings.host}:{settings.port}",
            server=Process(
                arguments=("orchestrator.entry", "serve", "--quiet"),
                log=folder / "server.log",
                environment={**os.environ, **QUIET, **settings.environment()},
            ),
        )
        region.server.start()
        stack.callback(region.server.end)
        region.wait("the server is ready", region.is_ready)
        for lab, seeded in zip(world.labs, region.cast.labs, strict=True):
            running_lab = _prepared(folder / lab.key, region, lab, seeded, draw)
            region.labs.append(running_lab)
            _start(region, running_lab, stack)
        region.wait("every machine is free", lambda: _all_idle(region))
        yield region


def _start(region: FaultRegion, lab: RunningLab, stack: contextlib.ExitStack) -> None:
    lab.boards.start()
    stack.callback(lab.boards.end)
    region.wait("the boards are there", lab.boards_socket.exists)
    enrolled = subprocess.run(
        [
            *(sys.executable, "-m", "device_agents.entry", "enrol", str(lab.home)),
            *("--code", lab.seeded.enrolment_code, "--name", lab.lab.name),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **QUIET},
    )
    assert enrolled.returncode == 0, enrolled.stderr
    for process in (lab.agent, lab.operators):
        process.start()
        stack.callback(process.end)


def _small(labs: tuple[str, ...]) -> World:
    """Machines that people work have no board whose plug could be pulled here."""
    whole = helsinki()
    chosen = tuple(
        lab.model_copy(
            update={
                "machines": tuple(
                    one for one in lab.machines if one.dialect != "fabnode"
                )
            }
        )
        for lab in whole.labs
        if lab.key in labs
    )
    return whole.model_copy(update={"labs": chosen})


def _seeded(store: Store, world: World) -> Cast:
    with store.sessions.begin() as session:
        at = Seeding(
            session=session,
            files=store.files,
            now=store.clock.now(),
            zone=store.settings.zone,
            password_hash=quickly_hashed(PASSWORD),
        )
        return seed(at, world)


def _prepared(
    home: Path, region: FaultRegion, lab: Lab, seeded: SeededLab, draw: int
) -> RunningLab:
    settings = region.store.settings
    plan = LabPlan(
        region=settings.region,
        server_url=region.url,
        local_port=free_port(),
        pin="314159",
        machines=tuple(_machine(lab, machine) for machine in lab.machines),
        clock=ClockSettings(
            factor=settings.clock_factor, wall_origin=settings.clock_origin
        ),
        seed=draw,
    )
    prepare(home, plan)
    boards = {
        "socket": str(home / "boards.sock"),
        "boards": [_board_of(home, plan, machine) for machine in plan.machines],
    }
    (home / "boards.json").write_text(json.dumps(boards))

    def process(name: str, *arguments: str) -> Process:
        environment = {**os.environ, **QUIET}
        return Process(
            arguments=arguments, log=home / f"{name}.log", environment=environment
        )

    return RunningLab(
        home=home,
        lab=lab,
        seeded=seeded,
        local_port=plan.local_port,
        boards=process(
            "boards", "firmware_bridge.simulators", str(home / "boards.json")
        ),
        agent=process("agent", "device_agents.entry", "run", str(home)),
        operators=process(
            "operators",
            *("device_agents.simulators.operators", str(home)),
            *("--seed", str(draw)),
        ),
    )


def _machine(lab: Lab, machine: Machine) -> SimulatedMachine:
    told = {
        "machine_id": f"{lab.key}-{machine.key}",
        "name": machine.name,
        "machine_kind": machine.kind,
        "dialect": machine.dialect,
        "processes": machine.processes,
        "envelope_mm": machine.envelope_mm,
        "materials": machine.materials,
    }
    return SimulatedMachine.model_validate(told)


def _all_idle(region: FaultRegion) -> bool:
    for lab in region.labs:
        state = lab.state()
        if state is None or not state["connected"]:
            return False
        if any(machine["state"] != "idle" for machine in state["machines"]):
            return False
    return True


def _ask(path: Path, do: str, board: str) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5)
        line.connect(str(path))
        line.sendall(json.dumps({"do": do, "board": board}).encode() + b"\n")
        with line.makefile("rb") as told:
            answer: dict[str, Any] = json.loads(told.readline())
    assert answer["ok"], answer
    return answer
