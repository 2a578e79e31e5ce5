"""What is asked of any server before a machine, in the same words for each."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from firmware_bridge.facts import Identity, MachineState, Status
from firmware_bridge.space import Point

# Our own programs lie in a folder of their own, each under a name used once.
FOLDER = "fabcommons"


class Record(StrEnum):
    """What the server has written down of a file that was put there for one run."""

    NONE = "none"  # not ended yet, or it was killed before it could write
    DONE = "done"  # ended once, with success
    FAILED = "failed"  # ended before its end: cancelled there, or by a fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a server and the machine behind it."""

    state: MachineState  # OFFLINE: the server is there, its machine is not
    words: str  # the server's own
    file: str | None = None  # what it runs, or ran last
    bytes_done: int | None = None  # of that file
    waits: str | None = None  # it stands still until somebody comes, and why
    position_mm: Point | None = None
    temperatures_c: dict[str, float] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether a file is being run, standing still or not."""
        return self.state in (MachineState.RUNNING, MachineState.PAUSED)

    @property
    def status(self) -> Status:
        """The same in the bridge's words."""
        return Status(
            state=self.state,
            position_mm=self.position_mm,
            temperatures_c=self.temperatures_c,
            alarm=self.words if self.state is MachineState.ALARM else None,
            note=self.waits,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A program as it's put on a server; `chunks` are read once."""

    file: str  # FOLDER/NAME
    chunks: Iterable[bytes]
    size_bytes: int
    sha1: str
    sha256: str

    @property
    def name(self) -> str:
        """The file's name in its folder."""
        return self.file.removeprefix(f"{FOLDER}/")


class Host(Protocol):
    """One server's API. Any thread may call. Each method's errors: as `web.Web.get`."""

    name: str

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        ...

    def identify(self) -> Identity:
        """What the machine is. Errors also: HostVersionError."""
        ...

    def look(self) -> Look:
        """How things stand."""
        ...

    def forget_all(self) -> None:
        """Take away what earlier runs left, where it isn't in use."""
        ...

    def put(self, upload: Upload) -> None:
        """Store a program; it starts nothing. Errors also: HostAnswerError where what
        is stored there is not what was sent.
        """
        ...

    def start(self, file: str) -> None:
        """Run that file and no other. CommandRefusedError: it surely did not start."""
        ...

    def forget(self, file: str) -> bool:
        """Take a program away, so that it can't start any more; False: it's in use."""
        ...

    def record(self, file: str) -> Record:
        """How the only run of that file ended."""
        ...

    def place(self) -> Point | None:
        """Where the tool is when all motion is over; None: it can't be told here."""
        ...

    def pause(self) -> None:
        """Stand still."""
        ...

    def resume(self) -> None:
        """Go on."""
        ...

    def cancel(self) -> None:
        """End the run at a safe place."""
        ...

    def cool(self) -> None:
        """Switch every heater off."""
        ...

    def stop(self) -> None:
        """End everything at once, as M112 does; not an emergency stop."""
        ...

    def unlock(self) -> None:
        """Bring the machine back after a stop or a fault."""
        ...

    def home(self) -> None:
        """Find the axes' zero."""
        ...

    def close(self) -> None:
        """Let the connection go; what runs there goes on."""
        ...
