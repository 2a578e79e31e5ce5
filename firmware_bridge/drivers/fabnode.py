"""A machine that a person runs, with a fabnode listening to it."""

import threading
from uuid import UUID

from firmware_bridge.clock import Clock
from firmware_bridge.dialects import fabnode, fabnode_settings
from firmware_bridge.dialects.fabnode_settings import MachineKind
from firmware_bridge.drivers.fabnode_job import FabnodeJob
from firmware_bridge.drivers.fabnode_talk import FabnodeTalk
from firmware_bridge.drivers.wishes import End, Wishes
from firmware_bridge.errors import (
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
from firmware_bridge.gcode import Program
from firmware_bridge.link import Link


class FabnodeMachine:
    """See `machine.Machine`; every method keeps its contract.

    Nothing here moves the machine: `pause` and `resume` change nothing, `stop` and
    `cancel` only withdraw the job, a fault is cleared by hand.
    """

    dialect: DialectName = "fabnode"

    def __init__(self, link: Link, *, wall: Clock, patience: Patience) -> None:
        """Take over a link on which a fabnode was recognised. Errors: as `identify`."""
        self._link = link
        self._turn = threading.RLock()
        self._wishes = Wishes()
        self._talk = FabnodeTalk(link, wall=wall, patience=patience)
        self._identity = _identity(self._talk.ask_hello())
        self._talk.ask_state()

    def identify(self) -> Identity:
        """See `Machine.identify`."""
        if not self._turn.acquire(blocking=False):
            return self._identity
        try:
            self._identity = _identity(self._talk.ask_hello())
        finally:
            self._turn.release()
        return self._identity

    def status(self) -> Status:
        """See `Machine.status`."""
        if not self._turn.acquire(blocking=False):
            return self._talk.status
        try:
            self._talk.ask_state()
        except LinkLostError:
            return Status(state=MachineState.OFFLINE)
        except NoAnswerError:
            return Status(state=MachineState.UNKNOWN)
        finally:
            self._turn.release()
        return self._talk.status

    def run(
        self, program: Program | PieceCount, on_progress: ProgressCallback
    ) -> Outcome:
        """See `Machine.run`. The same job id again goes on with it, or tells its end."""
        if not isinstance(program, PieceCount):
            raise ProgramError("a hand-run machine takes a piece count, not G-code")
        if not self._wishes.running.acquire(blocking=False):
            raise NotReadyError("a job is running on this machine")
        try:
            with self._turn:
                self._wishes.begin()
                job = FabnodeJob(
                    talk=self._talk,
                    wishes=self._wishes,
                    job_id=program.job_id or self._fresh_id(),
                    count=program,
                    on_progress=on_progress,
                )
                return job.run()
        finally:
            self._wishes.running.release()

    def pause(self) -> None:
        """See `Machine.pause`: a person decides that here."""

    def resume(self) -> None:
        """See `Machine.resume`: a person decides that here."""

    def cancel(self) -> None:
        """See `Machine.cancel`."""
        self._wishes.ask_end(End.CANCEL)
        self._link.wake()

    def stop(self) -> None:
        """See `Machine.stop`; the machine itself goes on until somebody stops it."""
        self._wishes.ask_end(End.STOP)
        self._link.wake()

    def unlock(self) -> Status:
        """See `Machine.unlock`: only the button at the machine clears a fault."""
        with self._turn:
            if self._talk.ask_state().fault:
                raise CommandRefusedError(
                    "a fault is cleared at the machine: press 'done' there"
                )
            return self._talk.status

    def home(self) -> Status:
        """See `Machine.home`."""
        raise CommandRefusedError("a hand-run machine has no axes to home")

    def close(self) -> None:
        """See `Machine.close`."""
        self._link.close()

    def adopt(self, uuid: UUID, *, boot: int = 1) -> None:
        """Name a blank or corrupt board; `boot` above any seen with that uuid.

        Errors: CommandRefusedError if it has another name, NoAnswerError,
        LinkLostError, ValueError.
        """
        with self._turn:
            self._talk.order(
                lambda request: fabnode_settings.adopt(request, uuid, boot)
            )
            self._identity = _identity(self._talk.ask_hello())

    def tune(
        self,
        *,
        on_mv: int,
        off_mv: int,
        zero_mv: int,
        mv_per_a: int,
        has_counter: bool,
    ) -> None:
        """Fit the board to its machine and sensor; millivolts, RMS. Errors: as `adopt`."""
        with self._turn:
            self._talk.order(
                lambda request: fabnode_settings.tune(
                    request,
                    on_mv=on_mv,
                    off_mv=off_mv,
                    zero_mv=zero_mv,
                    mv_per_a=mv_per_a,
                    has_counter=has_counter,
                )
            )
            self._identity = _identity(self._talk.ask_hello())

    def label(
        self, *, kind: MachineKind, name: str, hot_c: int = 0, cold_c: int = 0
    ) -> None:
        """Say what the machine is, what people call it, and from which temperature it
        is at work and at rest again (0, 0: no thermocouple). Errors: as `adopt`.
        """
        with self._turn:
            self._talk.order(
                lambda request: fabnode_settings.label(request, kind=kind, name=name)
            )
            self._talk.order(
                lambda request: fabnode_settings.heat(
                    request, hot_c=hot_c, cold_c=cold_c
                )
            )
            self._identity = _identity(self._talk.ask_hello())

    def mean_mv(self) -> int:
        """What the current sensor shows on the average: without direct current, its
        zero. Errors: NoAnswerError, LinkLostError.
        """
        with self._turn:
            return self._talk.ask_state().mean_mv

    def _fresh_id(self) -> str:
        """A job id that this board hasn't just had."""
        state = self._talk.ask_state()
        fresh = f"b{state.boot}-u{state.up_s}"
        return f"{fresh}-2" if state.job and state.job.id == fresh else fresh


def _identity(hello: fabnode.Hello) -> Identity:
    inputs = ["current", "done", "fault", "ready", "pause", "call"]
    inputs += ["pieces"] if hello.has_counter else []
    inputs += ["temperature"] if hello.hot_c else []
    options = (
        f"identity {hello.identity}",
        f"boot {hello.boot}",
        f"kind {hello.kind}",
        f"name {hello.name}",
        f"display {'yes' if hello.has_display else 'no'}",
    )
    return Identity(
        firmware="fabnode",
        version=fabnode.VERSION,
        dialect="fabnode",
        uuid=str(hello.uuid) if hello.is_adopted else None,
        inputs=tuple(inputs),
        options=tuple(sorted(options)),
    )
