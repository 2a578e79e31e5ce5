"""One machine's interrupted jobs: how far they came, and the program of what is left."""

from dataclasses import replace
from pathlib import Path

import structlog

from device_agents.agent import jobs, resuming, standing
from device_agents.agent.fetch import still_whole
from device_agents.agent.standing import WRITE_EVERY_S, Standing
from device_agents.agent.station import Station
from device_agents.agent.store import Store
from device_agents.contract.messages import JobCommand
from device_agents.errors import FetchError, RefusedError, SettingsError
from firmware_bridge.clock import Clock
from firmware_bridge.facts import Outcome, OutcomeKind, Progress
from firmware_bridge.gcode import Program

log = structlog.get_logger()


class GoingOn:
    """Used by the runner's thread only."""

    def __init__(
        self, station: Station, store: Store, programs: Path, wall: Clock
    ) -> None:
        self._station = station
        self._store = store
        self._programs = programs
        self._wall = wall
        self._noted_s = float("-inf")

    def note(self, job_id: str, progress: Progress) -> None:
        """A look at a running job: every few of them are kept."""
        now_s = self._wall.monotonic_s()
        if now_s < self._noted_s + WRITE_EVERY_S:
            return
        self._noted_s = now_s
        with self._store.transaction() as writing:
            standing.note(
                writing,
                job_id,
                acknowledged=progress.lines_acknowledged,
                sent=progress.lines_sent,
            )

    def end(
        self, job_id: str, command: JobCommand, outcome: Outcome
    ) -> Standing | None:
        """How far it came for certain, and whether it may go on from there."""
        with self._store.transaction() as writing:
            standing.note(
                writing,
                job_id,
                acknowledged=outcome.lines_acknowledged,
                sent=outcome.lines_sent,
                is_exact=True,
            )
            known = standing.of(writing, job_id)
        if outcome.kind is OutcomeKind.COMPLETED or outcome.lines_sent == 0:
            return known
        return self.find_out(job_id, command) or known

    def find_out(self, job_id: str, command: JobCommand) -> Standing | None:
        """Whether an interrupted job may go on; found out once, and kept."""
        with self._store.reading() as reading:
            known = standing.of(reading, job_id)
        if known is None or known.findings is not None or command.program is None:
            return known
        try:
            program = Program(source=still_whole(self._programs, command.program))
            findings = resuming.findings(self._case(known, program))
        except (RefusedError, SettingsError, FetchError) as error:
            log.info("resume-not-known", job_id=job_id, reason=str(error))
            return None
        known = replace(known, findings=findings)
        with self._store.transaction() as writing:
            standing.keep(writing, known)
        return known

    def rest_of(self, job: jobs.Job, program: Program) -> tuple[Program, int]:
        """What is left of it, and how many lines of that are ours.

        Errors: RefusedError, SettingsError, StorageError.
        """
        with self._store.reading() as reading:
            known = standing.of(reading, job.job_id)
        if known is None:
            raise RefusedError("nothing-known", "how far the job came is not known")
        path = self._path(job.job_id)
        own_lines = resuming.write_rest(self._case(known, program), path)
        return Program(source=path), own_lines

    def forget(self, job_id: str) -> None:
        """That part of the job is over."""
        self._path(job_id).unlink(missing_ok=True)

    def _path(self, job_id: str) -> Path:
        return self._programs / f".{job_id}.rest.part"

    def _case(self, known: Standing, program: Program) -> resuming.Case:
        return resuming.Case(
            program=program,
            machine=self._station.settings,
            identity=self._station.identity,
            standing=known,
            told_z_mm=self._station.idle_height_mm(),
        )
