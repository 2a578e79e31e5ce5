"""A machine behind a server of its own."""

import threading

from firmware_bridge.clock import Clock, WallClock
from firmware_bridge.drivers.wishes import End, Wishes
from firmware_bridge.errors import (
    BridgeError,
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
from firmware_bridge.gcode.measured_apart import measure_apart
from firmware_bridge.hosts.address import HostAddress, HostKind
from firmware_bridge.hosts.host import Host, Look
from firmware_bridge.hosts.job import HostJob
from firmware_bridge.hosts.moonraker import Moonraker
from firmware_bridge.hosts.octoprint import OctoPrint
from firmware_bridge.hosts.sheet import Sheet
from firmware_bridge.hosts.web import Web


class HostMachine:
    """See `machine.Machine`; every method keeps its contract."""

    # What its programs are written in; Klipper takes Marlin's words.
    dialect: DialectName = "marlin"

    def __init__(self, host: Host, *, wall: Clock, patience: Patience) -> None:
        """Take over a server. Errors: as `Machine.identify`, and NoAnswerError while
        no machine is connected to it.
        """
        self._host = host
        self._wall = wall
        self._patience = patience
        self._wishes = Wishes()
        self._woken = threading.Event()
        self._job: HostJob | None = None
        self._identity = host.identify()
        look = host.look()
        if look.state is MachineState.OFFLINE:
            raise NoAnswerError(
                f"{host.name} is there, its machine is not ({look.words}): "
                "connect it there"
            )

    def identify(self) -> Identity:
        """See `Machine.identify`."""
        if self._job is None:
            self._identity = self._host.identify()
        return self._identity

    def status(self) -> Status:
        """See `Machine.status`."""
        job = self._job
        if job is not None:
            return job.look.status
        try:
            return self._host.look().status
        except LinkLostError:
            return Status(state=MachineState.OFFLINE)
        except BridgeError:
            return Status(state=MachineState.UNKNOWN)

    def run(
        self, program: Program | PieceCount, on_progress: ProgressCallback
    ) -> Outcome:
        """See `Machine.run`."""
        if isinstance(program, PieceCount):
            raise ProgramError("this machine runs G-code, not a piece count")
        if not self._wishes.running.acquire(blocking=False):
            raise NotReadyError("a job is running on this machine")
        try:
            self._wishes.begin()
            self._job = job = self._prepared(program, on_progress)
            job.open()
            return job.run()
        finally:
            self._job = None
            self._wishes.running.release()

    def pause(self) -> None:
        """See `Machine.pause`: what the board has already taken in is still done."""
        self._ask_pause(paused=True)

    def resume(self) -> None:
        """See `Machine.resume`."""
        self._ask_pause(paused=False)

    def cancel(self) -> None:
        """See `Machine.cancel`."""
        self._wishes.ask_end(End.CANCEL)
        self._woken.set()

    def stop(self) -> None:
        """See `Machine.stop`: asked of the server at once, from the caller's thread."""
        self._wishes.ask_end(End.STOP)
        try:
            self._host.stop()
        except BridgeError:
            if not self._wishes.running.locked():
                raise
        self._woken.set()  # a running job sees to it, and says it again if need be

    def unlock(self) -> Status:
        """See `Machine.unlock`."""
        self._host.unlock()
        return self._settled()

    def home(self) -> Status:
        """See `Machine.home`."""
        self._host.home()
        return self._settled()

    def close(self) -> None:
        """See `Machine.close`; what runs behind the server goes on."""
        self._host.close()
        self._woken.set()

    def _ask_pause(self, *, paused: bool) -> None:
        if self._wishes.running.locked():
            self._wishes.ask_pause(paused=paused)
            self._woken.set()

    def _settled(self) -> Status:
        """The first look that shows it ready, or the last one in the time of a boot."""
        until_s = self._wall.monotonic_s() + self._patience.safe_end_s
        look = self._host.look()
        while look.state is not MachineState.IDLE:
            if self._wall.monotonic_s() > until_s:
                break
            self._wall.sleep(self._patience.poll_s)
            look = self._host.look()
        return look.status

    def _prepared(self, program: Program, on_progress: ProgressCallback) -> HostJob:
        sheet = Sheet.of(program)
        if sheet.lines_total == 0:
            raise ProgramError("the program is empty")
        look = self._host.look()
        if look.state is not MachineState.IDLE:
            raise NotReadyError(f"{self._host.name}: {_shown(look)}")
        motion = self._identity.motion
        measured = measure_apart(program, modal_motion=False, motion=motion)
        return HostJob(
            host=self._host,
            wishes=self._wishes,
            woken=self._woken,
            sheet=sheet,
            measured=measured,
            wall=self._wall,
            patience=self._patience,
            on_progress=on_progress,
        )


_HOSTS: dict[HostKind, type[OctoPrint] | type[Moonraker]] = {
    "octoprint": OctoPrint,
    "moonraker": Moonraker,
}


def connect_host(
    address: HostAddress,
    *,
    key: str | None,
    patience: Patience,
    wall: Clock | None = None,
) -> HostMachine:
    """Reach the server and the machine behind it.

    Errors: LinkLostError, NoAnswerError, HostKeyError, HostAnswerError,
    HostVersionError.
    """
    wall = wall or WallClock()
    web = Web(address.url, key=key, patience=patience)
    try:
        host = _HOSTS[address.kind](web, wall=wall, patience=patience)
        return HostMachine(host, wall=wall, patience=patience)
    except BaseException:
        web.close()
        raise


def _shown(look: Look) -> str:
    return f"{look.words} ({look.file})" if look.active and look.file else look.words
