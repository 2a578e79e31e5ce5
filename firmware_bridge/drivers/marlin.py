"""A printer with Marlin or RepRapFirmware."""

import threading
from dataclasses import replace

from firmware_bridge.clock import Clock
from firmware_bridge.dialects import marlin_capabilities
from firmware_bridge.dialects.limits import marlin_motion
from firmware_bridge.dialects.manner import MARLIN, Manner
from firmware_bridge.drivers.marlin_job import MarlinJob
from firmware_bridge.drivers.marlin_talk import MarlinTalk
from firmware_bridge.drivers.wishes import End, GivenUpError, Wishes, given_up
from firmware_bridge.errors import (
    BridgeError,
    CommandRefusedError,
    LinkLostError,
    NoAnswerError,
    NotReadyError,
    ProgramError,
)
from firmware_bridge.facts import (
    DialectName,
    Identity,
    MachineState,
    Outcome,
    Patience,
    PieceCount,
    ProgressCallback,
    Status,
)
from firmware_bridge.gcode import Motion, Program
from firmware_bridge.gcode.measured_apart import measure_apart
from firmware_bridge.link import Link

_MARLINS = ("Marlin", "Prusa")  # of other names it is found out what they do


class MarlinMachine:
    """See `machine.Machine`; every method keeps its contract."""

    def __init__(
        self, link: Link, *, wall: Clock, patience: Patience, manner: Manner = MARLIN
    ) -> None:
        """Take over a link on which its firmware was recognised. Errors: `identify`."""
        self.dialect: DialectName = manner.dialect
        self._link = link
        self._patience = patience
        self._turn = threading.RLock()
        self._wishes = Wishes()
        self._talk = MarlinTalk(link, manner=manner, wall=wall, patience=patience)
        self._talk.settle()
        self._talk.ask("M115", patience.wake_s)
        self._identity = self._ask_identity()
        if manner is MARLIN and not self._identity.firmware.startswith(_MARLINS):
            self._talk.find_out_manner()
            self._identity = self._ask_identity()

    def identify(self) -> Identity:
        """See `Machine.identify`."""
        if not self._turn.acquire(blocking=False):
            return self._identity
        try:
            self._identity = self._ask_identity()
        finally:
            self._turn.release()
        return self._identity

    def status(self) -> Status:
        """See `Machine.status`."""
        if not self._turn.acquire(blocking=False):
            return self._talk.status
        try:
            return self._talk.ask_status()
        except LinkLostError:
            return Status(state=MachineState.OFFLINE)
        except NoAnswerError:
            return Status(state=MachineState.UNKNOWN)
        except CommandRefusedError:
            return self._talk.status
        finally:
            self._turn.release()

    def run(
        self, program: Program | PieceCount, on_progress: ProgressCallback
    ) -> Outcome:
        """See `Machine.run`."""
        if isinstance(program, PieceCount):
            raise ProgramError("this machine runs G-code, not a piece count")
        if not self._wishes.running.acquire(blocking=False):
            raise NotReadyError("a job is running on this machine")
        try:
            with self._turn:
                return self._run(program, on_progress)
        except GivenUpError:
            return given_up()
        finally:
            self._wishes.running.release()

    def pause(self) -> None:
        """See `Machine.pause`: what the board has already taken in is still done."""
        if self._wishes.running.locked():
            self._wishes.ask_pause(paused=True)
            self._link.wake()

    def resume(self) -> None:
        """See `Machine.resume`."""
        if self._wishes.running.locked():
            self._wishes.ask_pause(paused=False)
            self._link.wake()

    def cancel(self) -> None:
        """See `Machine.cancel`."""
        self._wishes.ask_end(End.CANCEL)
        self._link.wake()

    def stop(self) -> None:
        """See `Machine.stop`: M112 where the board takes it in a job, else a reset."""
        self._wishes.ask_end(End.STOP)
        if self._wishes.running.locked():
            self._link.wake()
            return
        with self._turn:
            self._talk.restart()

    def unlock(self) -> Status:
        """See `Machine.unlock`: a halted Marlin hears nothing but a reset."""
        with self._turn:
            if self._talk.status.alarm is not None and not self._talk.restart():
                raise NoAnswerError("the board did not start again after a reset")
            return self._talk.ask_status()

    def home(self) -> Status:
        """See `Machine.home`."""
        with self._turn:
            self._talk.ask("G28", self._patience.home_s)
            return self._talk.ask_status()

    def close(self) -> None:
        """See `Machine.close`."""
        self._link.close()

    def _run(self, program: Program, on_progress: ProgressCallback) -> Outcome:
        self._wishes.begin()
        status = self._talk.ask_status()
        if status.state is not MachineState.IDLE:
            raise NotReadyError(
                f"the machine is {status.state}: {status.alarm or 'wait for it'}"
            )
        measured = measure_apart(
            program,
            modal_motion=False,
            motion=self._identity.motion,
            start_mm=status.position_mm or (None, None, None),
            heed=self._wishes.heed,
        )
        self._wishes.heed()
        if measured.lines_total == 0:
            raise ProgramError("the program is empty")
        job = MarlinJob(
            talk=self._talk,
            wishes=self._wishes,
            program=program,
            measured=measured,
            on_progress=on_progress,
        )
        job.open()
        return job.run()

    def _ask_identity(self) -> Identity:
        known = marlin_capabilities.Capabilities()
        for question in self._talk.manner.questions:
            for reply in self._talk.ask(question, self._patience.answer_s):
                known.take(reply)
        if not known.name:
            raise BridgeError(f"{self._link.port}: the board did not say its version")
        self._talk.has_emergency_parser = "EMERGENCY_PARSER" in known.on
        if self.dialect == "marlin":
            self._talk.keeps_alive, self._talk.place_is_free = (
                known.tells,
                known.place_is_free,
            )
        self._talk.reports_temperatures = "AUTOREPORT_TEMP" in known.on
        self._talk.ask_status()
        identity = _identity(known, marlin_motion(known, self._link.baud))
        heats = self._talk.status.temperatures_c
        nozzles = sum(name.startswith("nozzle") for name in heats) // 2
        return replace(
            identity,
            heated_bed="bed" in heats,
            hotend_count=known.extruder_count or nozzles,
        )


def _identity(
    known: marlin_capabilities.Capabilities, motion: Motion | None
) -> Identity:
    steps = known.axes("M92")
    return Identity(
        firmware=known.name,
        version=known.version,
        dialect="marlin",
        model=known.model,
        uuid=known.uuid,
        envelope_mm=known.box,
        motion=motion,
        resolution_mm=None if steps is None else 1.0 / min(steps),
        homing=True,
        options=tuple(sorted(known.on)),
    )
