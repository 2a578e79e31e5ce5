"""A machine that speaks GRBL 1.1 or grblHAL."""

import threading

from firmware_bridge.clock import Clock
from firmware_bridge.dialects import grbl
from firmware_bridge.dialects.limits import grbl_motion
from firmware_bridge.drivers.grbl_job import GrblJob
from firmware_bridge.drivers.grbl_talk import GrblTalk
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
from firmware_bridge.gcode.path import Path
from firmware_bridge.link import Link
from firmware_bridge.space import Box

# With what is answered. GRBL refuses `$I+`, and that is all it does.
_QUESTIONS = (
    (b"$I\n", grbl.Message),
    (b"$I+\n", grbl.Ok | grbl.Error),
    (b"$$\n", grbl.Setting),
    (b"$#\n", grbl.Offset),
)
_ROUNDS = 3


class GrblMachine:
    """See `machine.Machine`; every method keeps its contract."""

    dialect: DialectName = "grbl"

    def __init__(self, link: Link, *, clock: Clock, wall: Clock, patience: Patience):
        """Take over a link on which GRBL was recognised. Errors: as `identify`."""
        self._link = link
        self._clock = clock
        self._wall = wall
        self._patience = patience
        self._turn = threading.RLock()
        self._wishes = Wishes()
        self._talk = GrblTalk(link, wall=wall, patience=patience)
        self._talk.settle()
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
        except NoAnswerError:  # a limit alarm answers nothing until a reset
            alarmed = self._talk.status.alarm is not None
            return self._talk.status if alarmed else Status(state=MachineState.UNKNOWN)
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
        """See `Machine.pause`."""
        if self._wishes.running.locked():
            self._wishes.ask_pause(paused=True)
            self._link.write_now(self._talk.real_time.hold)

    def resume(self) -> None:
        """See `Machine.resume`."""
        if self._wishes.running.locked():
            self._wishes.ask_pause(paused=False)
            self._link.write_now(self._talk.real_time.start)

    def cancel(self) -> None:
        """See `Machine.cancel`."""
        self._wishes.ask_end(End.CANCEL)
        self._link.wake()

    def stop(self) -> None:
        """See `Machine.stop`."""
        self._wishes.ask_end(End.STOP)
        self._link.write_now(grbl.SOFT_RESET)
        self._link.wake()

    def unlock(self) -> Status:
        """See `Machine.unlock`."""
        with self._turn:
            if self.status().state in (MachineState.ALARM, MachineState.UNKNOWN):
                self._talk.soft_reset()
                self._command(b"$X\n", self._patience.answer_s)
            return self._talk.ask_status()

    def home(self) -> Status:
        """See `Machine.home`."""
        with self._turn:
            self._command(b"$H\n", self._patience.home_s)
            return self._talk.ask_status()

    def close(self) -> None:
        """See `Machine.close`."""
        self._link.close()

    def _run(self, program: Program, on_progress: ProgressCallback) -> Outcome:
        self._wishes.begin()
        status = self._talk.ask_status()
        if status.state is not MachineState.IDLE:
            raise NotReadyError(
                f"the machine is {status.state}: "
                f"{status.alarm or status.note or 'wait for it'}"
            )
        start_mm = status.position_mm or (None, None, None)
        motion = self._identity.motion or Motion()
        measured = measure_apart(
            program,
            modal_motion=True,
            motion=motion,
            start_mm=start_mm,
            heed=self._wishes.heed,
        )
        self._wishes.heed()
        if measured.lines_total == 0:
            raise ProgramError("the program is empty")
        job = GrblJob(
            talk=self._talk,
            wishes=self._wishes,
            clock=self._clock,
            program=program,
            measured=measured,
            path=Path(
                start_mm=start_mm,
                home_mm=motion.home_mm,
                blocks=(self._identity.planner_blocks or grbl.PLANNER_BLOCKS) + 2,
            ),
            resolution_mm=self._identity.resolution_mm or 0.01,
            on_progress=on_progress,
        )
        return job.run()

    def _ask_all(self, known: grbl.Capabilities) -> bool:
        """Ask what it is; False: an answer from before came late, in place of another."""
        answered = True
        for question, kind in _QUESTIONS:
            replies = self._talk.ask(question, self._patience.answer_s)
            for reply in replies:
                known.take(reply)
            answered = answered and any(isinstance(one, kind) for one in replies)
            self._talk.axis_count = known.axis_count
        return answered

    def _command(self, command: bytes, timeout_s: float) -> None:
        for reply in self._talk.ask(command, timeout_s):
            if isinstance(reply, grbl.Error | grbl.Alarm):
                raise CommandRefusedError(f"{command.decode().strip()}: {reply.text}")

    def _ask_identity(self) -> Identity:
        known = grbl.Capabilities()
        try:
            for _ in range(_ROUNDS):
                if self._ask_all(known):
                    break
                self._talk.settle()
        except NoAnswerError as silent:
            raise NoAnswerError(f"{self._link.port}: {silent}") from silent
        if not known.version:  # `$I` is not everybody's
            self._talk.soft_reset()
            known.version = self._talk.version
        if not known.version or known.version.startswith("0."):
            said = known.version or "it did not say which"
            raise BridgeError(f"{self._link.port}: GRBL 1.1 is needed: {said}")
        self._talk.rx_capacity_bytes = known.window_bytes
        self._talk.real_time = grbl.HIGH if known.is_hal else grbl.PLAIN
        self._talk.status = self._talk.ask_status()
        return _identity(known, self._link.baud)


def _identity(known: grbl.Capabilities, baud: int) -> Identity:
    steps = known.axes(100)
    return Identity(
        firmware=known.firmware,
        version=known.version,
        dialect="grbl",
        uuid=known.build or None,
        envelope_mm=_envelope(known),
        work_offset_mm=known.offsets.get("G54", (0.0, 0.0, 0.0)),
        motion=grbl_motion(known, baud),
        resolution_mm=None if steps is None else 1.0 / min(steps),
        rx_buffer_bytes=known.rx_buffer_bytes,
        planner_blocks=known.planner_blocks,
        spindle_max=known.settings.get(30),
        laser=known.settings.get(32) == 1,
        homing=int(known.settings.get(22, 0)) % 2 == 1,  # grblHAL: one bit of many
        options=known.options,
    )


def _envelope(known: grbl.Capabilities) -> Box | None:
    """Machine space lies below the home corner; where a build makes that corner zero
    (`Z` in `[OPT:]`), it lies above it on axes that home downwards (`$23`).
    """
    travel = known.axes(130)
    if travel is None:
        return None
    downwards = int(known.settings.get(23, 0)) if "Z" in known.options else 0
    low = [0.0 if downwards >> axis & 1 else -travel[axis] for axis in range(3)]
    high = [travel[axis] if downwards >> axis & 1 else 0.0 for axis in range(3)]
    return Box(min_mm=(low[0], low[1], low[2]), max_mm=(high[0], high[1], high[2]))
