"""What an agent may ask of any machine, in the same words for every firmware."""

from typing import Protocol

from firmware_bridge.clock import Clock, WallClock
from firmware_bridge.detect import open_recognised
from firmware_bridge.dialects.manner import MARLIN, REPRAP
from firmware_bridge.drivers.fabnode import FabnodeMachine
from firmware_bridge.drivers.grbl import GrblMachine
from firmware_bridge.drivers.marlin import MarlinMachine
from firmware_bridge.facts import (
    DialectName,
    Identity,
    MachineState,
    Outcome,
    OutcomeKind,
    Patience,
    PieceCount,
    Progress,
    ProgressCallback,
    Status,
)
from firmware_bridge.gcode import Program
from firmware_bridge.hosts.address import host_address
from firmware_bridge.hosts.machine import connect_host
from firmware_bridge.link import Link

__all__ = [
    "DialectName",
    "Identity",
    "Machine",
    "MachineState",
    "Outcome",
    "OutcomeKind",
    "Patience",
    "PieceCount",
    "Program",
    "Progress",
    "ProgressCallback",
    "Status",
    "connect",
]


class Machine(Protocol):
    """One board on one port. `run` blocks; the rest may come from any thread.

    After the port was lost every method raises LinkLostError except `status`,
    which says offline, and `close`. A new `connect` makes a new Machine.
    """

    dialect: DialectName

    def identify(self) -> Identity:
        """Ask the board what it is; while a job runs, what it said last.

        Errors: NoAnswerError, LinkLostError.
        """
        ...

    def status(self) -> Status:
        """Ask the board how it is; while a job runs, what it said last. No errors."""
        ...

    def run(
        self, program: Program | PieceCount, on_progress: ProgressCallback
    ) -> Outcome:
        """Run one job to its end and say how it ended, never more than was seen.

        Blocks. `on_progress` is called from this thread at every look at the
        board (`Patience.poll_s`); if it raises, the machine is brought to rest and
        the error goes on. The lab's limits are `gcode.check`'s task, before this.
        Once a byte of the job was sent, every fault is
        an Outcome. Errors before that: NotReadyError, ProgramError, NoAnswerError,
        LinkLostError; nothing was sent then.
        """
        ...

    def pause(self) -> None:
        """Make the running job stand still; nothing happens without one."""
        ...

    def resume(self) -> None:
        """Let a paused job go on."""
        ...

    def cancel(self) -> None:
        """End the job at a safe place: motion ended, spindle, laser, heaters off."""
        ...

    def stop(self) -> None:
        """End the job at once; the position may be lost. Not an emergency stop."""
        ...

    def unlock(self) -> Status:
        """Clear an alarm. Errors: CommandRefusedError, NoAnswerError, LinkLostError."""
        ...

    def home(self) -> Status:
        """Find the axes' zero. Errors: as `unlock`; refused without switches."""
        ...

    def close(self) -> None:
        """Let the port go; a running job ends as a lost link."""
        ...


def connect(
    port: str,
    *,
    dialect: DialectName | None = None,
    baud: int | None = None,
    key: str | None = None,
    clock: Clock | None = None,
    patience: Patience | None = None,
) -> Machine:
    """Open a port, recognise the firmware (narrowed by dialect and baud), greet it.

    A port such as `octoprint+http://octopi.local` is a machine behind a server, which
    takes the key; see `hosts.address`. `clock` is the machine's time (a demo's may be faster); waiting for answers is
    wall time, in `patience`. Opening resets most boards: never connect to a
    machine that is working.
    Errors: UnknownFirmwareError, NoAnswerError, LinkBusyError, LinkLostError; of a
    server also HostKeyError, HostAnswerError, HostVersionError.
    """
    wall = WallClock()
    patience = patience or Patience()
    if (address := host_address(port)) is not None:
        return connect_host(address, key=key, patience=patience)
    link, name = open_recognised(
        port, dialect=dialect, baud=baud, patience=patience, wall=wall
    )
    try:
        return _driver(name, link, clock or wall, wall, patience)
    except BaseException:
        link.close()
        raise


_MANNERS = {manner.dialect: manner for manner in (MARLIN, REPRAP)}


def _driver(
    name: DialectName, link: Link, clock: Clock, wall: Clock, patience: Patience
) -> Machine:
    if name == "grbl":
        return GrblMachine(link, clock=clock, wall=wall, patience=patience)
    if name in _MANNERS:
        manner = _MANNERS[name]
        return MarlinMachine(link, wall=wall, patience=patience, manner=manner)
    return FabnodeMachine(link, wall=wall, patience=patience)
