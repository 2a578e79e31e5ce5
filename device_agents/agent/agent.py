"""One lab's agent put together: what people beside the machines and the network may ask.

The arming act comes in here from the local page alone; no message of the wire leads to
`arm`.
"""

import fcntl
import os
import random
import secrets
import threading
import uuid
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import structlog
from pydantic import SecretStr

from device_agents.agent import commands, jobs, outbox, shown
from device_agents.agent.attempt import End
from device_agents.agent.bulletin import Bulletin
from device_agents.agent.camera import Cameras
from device_agents.agent.fetch import client_for, forget_halves
from device_agents.agent.identity import Identity, load_identity, load_signer
from device_agents.agent.runner import UPDATE, Runner, Tools
from device_agents.agent.session import Patience, Session, Speaker
from device_agents.agent.station import Station, Surroundings
from device_agents.agent.store import Store, begin_life
from device_agents.contract.messages import JobCommand, JobControl
from device_agents.errors import RefusedError, SettingsError
from device_agents.settings import AgentSettings, clock_of
from firmware_bridge.clock import Clock, WallClock
from firmware_bridge.plugs import Plugs

log = structlog.get_logger()

VERSION = version("fabcommons")
DATABASE = "agent.db"
PROGRAMS = "programs"
LOCK = "agent.lock"
SAFE_END_S = 30.0  # wall: for machines to come to a safe place
STEADY_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """All that an agent keeps, held by one process at a time."""

    path: Path
    _lock_file: int

    @classmethod
    def take(cls, path: Path) -> "Folder":
        """Hold the folder for this process's life. Errors: SettingsError."""
        if not path.is_dir():
            raise SettingsError(f"{path} is no folder: fabcommons agent init {path}")
        file = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(file)
            raise SettingsError(f"another agent runs in {path}") from error
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())  # whom an update asks to end
        return cls(path=path, _lock_file=file)


class Agent:
    """The parts of one running agent. `run` blocks until `stop`."""

    def __init__(
        self,
        folder: Folder,
        settings: AgentSettings,
        *,
        keys: Mapping[str, SecretStr] | None = None,
        wall: Clock | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Begin a new life of this agent. Errors: SettingsError, StorageError.

        `keys`: of the servers that machines are behind, by their names in `settings`.
        """
        self.settings = settings
        self.clock = clock_of(settings.clock)
        self._wall = wall or WallClock()
        self._stopping = threading.Event()
        self._fenced = threading.Event()
        self.identity = load_identity(folder.path)
        self.store = Store(folder.path / DATABASE)
        self.bulletin = Bulletin(self.store.ring)
        self.server = client_for(
            settings.server_url, self.identity.token.get_secret_value()
        )
        forget_halves(folder.path / PROGRAMS)
        incarnation = uuid.uuid4()
        with self.store.transaction() as writing:
            self.epoch = begin_life(writing, incarnation)
            lost = jobs.recover(writing, self.clock.now())
        for job in lost:
            words = f"{job.machine_id}: how {job.job_id} ended is not known"
            self.bulletin.alarm("outcome-unknown", words)
        self.runners = self._runners(folder, keys or {})
        self.cameras = Cameras(
            settings.machines, self.identity, self.server, self._wall
        )
        self.session = Session(
            self._speaker(incarnation),
            store=self.store,
            bulletin=self.bulletin,
            clock=self.clock,
            wall=self._wall,
            on_command=self._on_command,
            fenced=self._fenced,
            draw=random.Random(secrets.randbits(64)),  # noqa: S311  # no secret: jitter
            patience=patience,
        )
        self.store.listen(self.session.wake)

    def run(self, *services: "Service") -> None:
        """Work until `stop`; an error in any thread ends all of them and is raised.

        `services` run beside the machines, for instance the local page.
        """
        services = (*services, self.cameras)
        threads = ThreadPoolExecutor(max_workers=len(self.runners) + 2 + len(services))
        working = [threads.submit(runner.run) for runner in self.runners.values()]
        talking = threads.submit(self.session.run)
        serving = [threads.submit(service.run) for service in services]
        serving.append(threads.submit(self._watch_ports))
        try:
            self._watch([*working, talking, *serving])
        finally:
            self._stopping.set()
            for service in services:
                service.end()
            for runner in self.runners.values():
                runner.end()
            wait(working, timeout=SAFE_END_S)
            self.session.end()
            threads.shutdown(wait=True)
            self.server.close()
            self.store.close()

    def stop(self) -> None:
        """Let `run` return; may be called from a signal handler."""
        self._stopping.set()

    def _watch_ports(self) -> None:
        """Let a machine that is plugged in again be found at once."""
        plugs = Plugs(machine.port for machine in self.settings.machines)
        while not self._stopping.is_set():
            if plugs.changed():
                for runner in self.runners.values():
                    runner.station.ports_changed()
                self.store.ring()
        plugs.close()

    def _watch(self, futures: list[Future[None]]) -> None:
        while not self._stopping.wait(STEADY_S):
            ended, going = wait(futures, timeout=0, return_when=FIRST_COMPLETED)
            for future in ended:
                future.result()  # raises what ended it; a fenced session just ends
            futures = list(going)

    def _runners(
        self, folder: Folder, keys: Mapping[str, SecretStr]
    ) -> dict[str, Runner]:
        tools = Tools(
            store=self.store,
            bulletin=self.bulletin,
            clock=self.clock,
            wall=self._wall,
            server=self.server,
            programs=folder.path / PROGRAMS,
            signer=load_signer(folder.path, self.identity),
            fenced=self._fenced,
            update=folder.path / UPDATE,
            turn=threading.Semaphore(),
        )
        around = Surroundings(bulletin=self.bulletin, clock=self.clock, wall=self._wall)
        found: dict[str, Runner] = {}
        for machine in self.settings.machines:
            machine_id = self.identity.machine_id(machine.machine_id)
            key = keys.get(machine.machine_id)
            station = Station(machine, machine_id, around, key=key)
            found[machine_id] = Runner(station, tools)
        return found

    def _speaker(self, incarnation: uuid.UUID) -> Speaker:
        identity: Identity = self.identity
        return Speaker(
            region=identity.region,
            device_id=identity.device_id,
            token=identity.token.get_secret_value(),
            broker=identity.broker,
            epoch=self.epoch,
            incarnation=incarnation,
            version=VERSION,
            machines=tuple(self.runners),
            local_page=self.settings.local.url,
        )

    # What the network may ask

    def _on_command(self, command: JobCommand | JobControl) -> None:
        machines = frozenset(self.runners)
        now = self.clock.now()
        with self.store.transaction() as writing:
            if isinstance(command, JobCommand):
                commands.take(writing, command, now=now, machines=machines)
                return
            _answer, job = commands.control(
                writing,
                command,
                now=now,
                machines=machines,
                hand_held=self._hand_held(),
            )
        if job is not None:
            self._act(job, command)

    def _act(self, job: jobs.Job, command: JobControl) -> None:
        runner = self.runners.get(job.machine_id)
        if runner is None:
            return
        if command.action == "cancel":
            runner.ask_end(End.CANCEL, by="by-network", job_id=job.job_id)
        else:
            paused = command.action == "pause"
            runner.ask_pause(paused=paused, by_hand=False, job_id=job.job_id)

    def _hand_held(self) -> frozenset[str]:
        """Machines that only a person beside them may set in motion again."""
        return frozenset(
            machine_id
            for machine_id, runner in self.runners.items()
            if not runner.station.settings.unattended or runner.paused_by_hand
        )

    # What a person at the machine may ask

    def arm(self, machine_id: str, job_id: str, by: str | None = None) -> None:
        """The bed is clear, I am here: this one job may start. Errors: RefusedError.

        `by`: who that is, in their own word; nobody checks it.
        """
        self._runner(machine_id)
        if self.session.fenced is not None:
            raise RefusedError(
                "fenced", f"this agent is shut out: {self.session.fenced}"
            )
        state = self.bulletin.state(machine_id)
        if state is None or state.state != "needs-arming":
            shown = state.state if state else "not known yet"
            raise RefusedError("machine-not-ready", f"the machine is {shown}")
        with self.store.transaction() as writing:
            jobs.arm(
                writing,
                machine_id=machine_id,
                job_id=job_id,
                now=self.clock.now(),
                arming_s=self.settings.local.arming_s,
                by=by,
            )

    def go_on(
        self, machine_id: str, job_id: str, line: int, by: str | None = None
    ) -> None:
        """I have looked: the interrupted job may go on from there. RefusedError."""
        runner = self._runner(machine_id)
        if self.session.fenced is not None:
            raise RefusedError(
                "fenced", f"this agent is shut out: {self.session.fenced}"
            )
        if runner.station.identity.dialect == "grbl" and not runner.station.is_homed:
            raise RefusedError(
                "not-homed", "the machine must find its zero first: press Find zero"
            )
        with self.store.transaction() as writing:
            jobs.rearm(
                writing,
                machine_id=machine_id,
                job_id=job_id,
                line=line,
                now=self.clock.now(),
                arming_s=self.settings.local.arming_s,
                by=by,
            )

    def clear(
        self, machine_id: str, job_id: str, pieces_good: int | None = None
    ) -> None:
        """The piece is out, the bed is clear. Errors: RefusedError."""
        self._runner(machine_id)
        with self.store.transaction() as writing:
            jobs.clear(
                writing,
                machine_id=machine_id,
                job_id=job_id,
                now=self.clock.now(),
                pieces_good=pieces_good,
            )

    def pause(self, machine_id: str) -> None:
        """Stand still for a moment. Errors: RefusedError."""
        if not self._runner(machine_id).ask_pause(paused=True, by_hand=True):
            raise RefusedError("nothing-runs", "no job is under way")

    def resume(self, machine_id: str) -> None:
        """Go on. Errors: RefusedError."""
        if not self._runner(machine_id).ask_pause(paused=False, by_hand=True):
            raise RefusedError("nothing-runs", "no job is under way")

    def cancel(self, machine_id: str) -> None:
        """End the job at a safe place, or take the waiting one away. RefusedError."""
        if self._runner(machine_id).ask_end(End.CANCEL, by="by-operator"):
            return
        with self.store.transaction() as writing:
            job = jobs.current(writing, machine_id)
            if job is not None and job.goes_on:
                jobs.disarm(writing, job.job_id)
                return
            if job is None or job.stage in ("started", "ended"):
                raise RefusedError("nothing-runs", "no job is under way or waits")
            report = jobs.Report(code="by-operator")
            jobs.end(writing, job.job_id, "cancelled", self.clock.now(), report)

    def stop_machine(self, machine_id: str) -> None:
        """End the job, or whatever else the machine works on, at once.

        Not an emergency stop. Errors: RefusedError.
        """
        runner = self._runner(machine_id)
        if not runner.ask_end(End.STOP, by="by-operator") and not runner.station.halt():
            raise RefusedError("nothing-runs", "no job is under way")

    def unlock(self, machine_id: str, *, home: bool) -> None:
        """Clear an alarm, or find the axes' zero. Errors: RefusedError."""
        runner = self._runner(machine_id)
        if runner.busy:
            raise RefusedError("machine-busy", "a job is under way")
        runner.station.unlock(home=home)
        self.store.ring()

    def _runner(self, machine_id: str) -> Runner:
        runner = self.runners.get(machine_id)
        if runner is None:
            raise RefusedError("no-such-machine", f"no machine {machine_id!r} here")
        return runner

    # What anybody at the lab may see

    def state(self) -> dict[str, Any]:
        """Everything that the local page shows, as plain JSON; no secret is in it."""
        with self.store.reading() as reading:
            kept = outbox.count(reading)
            aside = outbox.set_aside(reading)
            machines = [
                {
                    "camera": self.cameras.newest(name) is not None,
                    **shown.machine(
                        reading,
                        self.bulletin.state(name),
                        runner.station,
                        runner.readying.how_far,
                    ),
                }
                for name, runner in self.runners.items()
            ]
        return {
            "device_id": self.identity.device_id,
            "version": VERSION,
            "connected": self.session.connected,
            "fenced": self.session.fenced,
            "epoch": self.epoch,
            "board": f"{self.settings.server_url}/labs/{self.identity.facility_id}",
            "now": self.clock.now().isoformat(),
            "untold": kept,
            "refused": [f"{one.sequence}: {one.code}: {one.reason}" for one in aside],
            "alarms": [f"{one.code}: {one.text}" for one in self.bulletin.alarms()],
            "machines": machines,
        }


class Service(Protocol):
    """Something that runs beside the machines until it is told to end."""

    def run(self) -> None:
        """Block until `end`."""
        ...

    def end(self) -> None:
        """Let `run` return."""
        ...
