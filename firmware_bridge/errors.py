"""Every refusal and loss that a caller of the firmware bridge can act on."""

from typing import ClassVar


class BridgeError(Exception):
    """Root. `code` is stable and public; the message is for people."""

    code: ClassVar[str] = "bridge"


class LinkBusyError(BridgeError):
    """Another process holds the port. Nothing was sent."""

    code = "link-busy"


class LinkLostError(BridgeError):
    """The port is gone: unplugged, never there, or closed by us."""

    code = "link-lost"


class NoAnswerError(BridgeError):
    """The port is open, but nothing that we know answered in time."""

    code = "no-answer"


class UnknownFirmwareError(BridgeError):
    """No dialect that we speak was recognised on this port."""

    code = "unknown-firmware"


class WrongRateError(UnknownFirmwareError):
    """The board speaks at another rate than the one that was asked for."""

    code = "wrong-rate"


class NotReadyError(BridgeError):
    """The machine is not idle (alarm, running, offline). Nothing was sent."""

    code = "machine-not-ready"


class CommandRefusedError(BridgeError):
    """The board understood the command and said no; a server says by which status."""

    code = "command-refused"

    def __init__(self, words: str, *, status: int | None = None) -> None:
        super().__init__(words)
        self.status = status


class ProgramError(BridgeError):
    """The program can't be run on this machine. Nothing was sent."""

    code = "program-unfit"


class ResumeError(BridgeError):
    """The rest of the program can't be made safely. Nothing was sent."""

    code = "cannot-resume"


class HostKeyError(BridgeError):
    """The server before the machine does not take our key, or it may too little."""

    code = "host-key"


class HostAnswerError(BridgeError):
    """The server's answer is none that we know: is it the right address?"""

    code = "host-answer"


class HostVersionError(BridgeError):
    """The server is too old for us; nothing was sent."""

    code = "host-version"


class BoardFileError(BridgeError):
    """A description of simulated boards is wrong; the message names the field."""

    code = "board-file"


class RequestError(BridgeError):
    """A request to the simulated boards is wrong; the message names the field."""

    code = "request"
