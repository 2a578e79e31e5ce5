"""A job's way to being offered: its program fetched, then judged against the limits.

Programs are judged one at a time, each in a process of its own: machines at work and
the local page come first.
"""

import threading
from pathlib import Path

import httpx
import structlog

from device_agents.agent import gate
from device_agents.agent.fetch import fetch
from device_agents.agent.station import Station
from device_agents.contract.messages import JobCommand, Program
from device_agents.errors import FetchError, RefusedError
from firmware_bridge.clock import Clock
from firmware_bridge.errors import ProgramError
from firmware_bridge.gcode.apart import Apart, HowFar

log = structlog.get_logger()

AGAIN_S = (1.0, 2.0, 5.0, 10.0, 30.0)  # wall; after a program could not be had
TURN_EVERY_S = 0.25  # wall; while another machine's program is judged
LOOK_EVERY_S = 0.25  # wall


class Readying:
    """Used by the runner's thread only, but for `how_far`."""

    def __init__(
        self,
        station: Station,
        *,
        server: httpx.Client,
        programs: Path,
        wall: Clock,
        turn: threading.Semaphore,
    ) -> None:
        """`turn` is shared by all machines of the agent."""
        self._station = station
        self._server = server
        self._programs = programs
        self._wall = wall
        self._turn = turn
        self._job_id: str | None = None
        self._path: Path | None = None
        self._apart: Apart | None = None
        self._tries = 0
        self._try_at_s = 0.0  # wall; not before

    @property
    def how_far(self) -> HowFar | None:
        """How far the judging of the program is, while it is under way."""
        apart = self._apart
        return apart.how_far if apart is not None else None

    def step(self, job_id: str, command: JobCommand) -> float | None:
        """Do the next thing; return how long to rest, in wall seconds, None: it may run.

        Errors: RefusedError, SettingsError, FetchError where it never will.
        """
        if job_id != self._job_id:
            self.leave()
            self._job_id = job_id
        early_s = self._try_at_s - self._wall.monotonic_s()
        if early_s > 0:
            return early_s
        identity = self._station.identity
        gate.refuse_wrong_machine(command, identity.dialect)
        if command.program is None:
            return None
        try:
            return self._judge(command.program, command.material)
        except FetchError as error:
            if error.lasting:
                raise
            log.info("program-away", job_id=job_id, reason=str(error))
            rest_s = AGAIN_S[min(self._tries, len(AGAIN_S) - 1)]
            self._tries += 1
            self._try_at_s = self._wall.monotonic_s() + rest_s
            return rest_s

    def leave(self) -> None:
        """There is nothing to make ready, or something else: what was begun is over."""
        self._job_id = self._path = None
        self._tries, self._try_at_s = 0, 0.0
        self._end()

    def _judge(self, program: Program, material: str | None) -> float | None:
        station = self._station
        if self._path is None:
            self._path = fetch(self._server, program, self._programs)
        if self._apart is None:
            asked = gate.question(
                self._path, station.settings, station.identity, material
            )
            if not self._turn.acquire(blocking=False):
                return TURN_EVERY_S
            try:
                self._apart = Apart(asked)
            except OSError as error:
                self._turn.release()
                raise FetchError("check", str(error), lasting=False) from error
        try:
            found = self._apart.verdict(LOOK_EVERY_S)
        except ProgramError as error:
            self._end()
            raise FetchError("check", str(error), lasting=False) from error
        if found is None:
            return 0.0
        self._end()
        if found.reason is not None:
            raise RefusedError(found.reason, found.words)
        return None

    def _end(self) -> None:
        if self._apart is not None:
            self._apart.end()
            self._apart = None
            self._turn.release()
