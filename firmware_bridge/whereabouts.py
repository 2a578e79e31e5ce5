"""Where a machine's board is: at the port that was named, or where it went from there.

What a board is known by, the surest first: its own name (fabnode, RepRapFirmware, a
build string or UUID that somebody gave it), its USB adapter's model and serial number
where no other one here has them, the USB socket that it is plugged into. What none of
these tells is not guessed: opening the wrong port resets somebody's machine.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from firmware_bridge.errors import BridgeError
from firmware_bridge.facts import Identity
from firmware_bridge.link import Port


class OtherMachineError(BridgeError):
    """Another board answers where this machine was."""

    code = "other-machine"


@dataclass(slots=True)
class Whereabouts:
    """What is known of one machine's board. Used by one thread at a time.

    `taken`: ports that machines of this computer are at, by path; shared by all.
    """

    named: str
    ports: Callable[[], list[Port]]
    taken: dict[str, str] = field(default_factory=dict)  # path to the port named for it
    _usb: Port | None = None  # what it was last seen at
    _own_name: str | None = None

    def to_try(self) -> list[str]:
        """Ports at which the board may be, the likeliest first; never empty."""
        if self._usb is None or not self._usb.usb_model:
            return [self.named]
        ports = self.ports()
        alike = [port for port in ports if _adapter(port) == _adapter(self._usb)]
        free = [port for port in alike if self._is_free(port)]
        same_socket = [port for port in free if port.usb_place == self._usb.usb_place]
        if self._own_name is not None:
            found = same_socket + [port for port in free if port not in same_socket]
        elif len(alike) == 1 and self._usb.usb_serial:
            found = free
        else:
            found = same_socket
        return [self._path(port) for port in found] or [self.named]

    def settle(self, path: str, identity: Identity) -> None:
        """The board answers at `path`: it is this machine's. Errors: OtherMachineError."""
        usb = self._port_at(path)
        name = identity.uuid
        if self._own_name is not None and name != self._own_name:
            raise OtherMachineError(
                f"{path}: {name or 'a board without a name'} answers instead of "
                f"{self._own_name}; if it was replaced, restart the agent"
            )
        if self._usb is not None and usb is not None and name is None:
            before, now = _adapter(self._usb), _adapter(usb)
            if before != now:
                raise OtherMachineError(
                    f"{path}: USB {now} is plugged in where {before} was; "
                    "if the board was replaced, restart the agent"
                )
        self.leave()
        self._own_name, self._usb = name, usb
        if usb is not None:
            self.taken[usb.path] = self.named

    def leave(self) -> None:
        """The board is away: its port is anybody's."""
        for path in [path for path, by in self.taken.items() if by == self.named]:
            self.taken.pop(path, None)

    def _is_free(self, port: Port) -> bool:
        return self.taken.get(port.path, self.named) == self.named

    def _path(self, port: Port) -> str:
        """The name in the settings, as long as it leads there."""
        return self.named if _real(self.named) == _real(port.path) else port.path

    def _port_at(self, path: str) -> Port | None:
        return next((p for p in self.ports() if _real(p.path) == _real(path)), None)


def _adapter(port: Port) -> str:
    return f"{port.usb_model} {port.usb_serial}".strip()


def _real(path: str) -> Path:
    return Path(path).resolve()
