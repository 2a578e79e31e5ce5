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


class NotReadyError(BridgeError):
    """The machine is not idle (alarm, running, offline). Nothing was sent."""

    code = "machine-not-ready"


class CommandRefusedError(BridgeError):
    """The board understood the command and said no."""

    code = "command-refused"


class ProgramError(BridgeError):
    """The program can't be run on this machine. Nothing was sent."""

    code = "program-unfit"


class BoardFileError(BridgeError):
    """A description of simulated boards is wrong; the message names the field."""

    code = "board-file"


class RequestError(BridgeError):
    """A request to the simulated boards is wrong; the message names the field."""

    code = "request"
