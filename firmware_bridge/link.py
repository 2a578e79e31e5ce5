"""A line-based link to one board over pyserial: the only file that knows pyserial."""

import errno
import threading
from collections import deque
from dataclasses import dataclass
from typing import Self

import serial
from serial.tools import list_ports

from firmware_bridge.clock import Clock, WallClock
from firmware_bridge.errors import LinkBusyError, LinkLostError

# What a board may say without a line end before we stop keeping it.
LINE_BYTES_MAX = 512
LINES_HELD_MAX = 4096

_SLICE_S = 0.05  # longest single wait, so that wishes of other threads are seen
_WRITE_TIMEOUT_S = 5.0
_RESET_PULSE_S = 0.05
_NO_MODEM_LINES = (errno.ENOTTY, errno.EINVAL)

# What pyserial and the terminal layer raise when a device goes away under them.
_LOST = (serial.SerialException, OSError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A serial port of this computer. Empty strings: the system doesn't know."""

    path: str
    description: str
    usb_serial: str


class Link:
    """One open port. One thread reads; any thread may write."""

    def __init__(self, port: str, baud: int, *, wall: Clock | None = None) -> None:
        """Open `port` with an exclusive lock; on most boards that resets them.

        Errors: LinkBusyError, LinkLostError.
        """
        self.port = port
        self.baud = baud
        self.lines_cut = 0  # replies longer than LINE_BYTES_MAX, seen so far
        self._wall = wall or WallClock()
        self._write_lock = threading.Lock()
        self._partial = b""
        self._lines: deque[bytes] = deque()
        self._serial = _open(port, baud)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the port go. Harmless when done twice."""
        try:
            self._serial.close()
        except _LOST:
            return

    def read_line(self, timeout_s: float) -> bytes | None:
        """The next line without its end, or None when the time is over.

        `timeout_s` is wall time. Empty lines are dropped. Errors: LinkLostError.
        """
        if self._lines:
            return self._lines.popleft()
        until_s = self._wall.monotonic_s() + timeout_s
        while True:
            self._take_in()
            if self._lines:
                return self._lines.popleft()
            if self._wall.monotonic_s() >= until_s:
                return None

    def read_ready(self) -> bytes | None:
        """A line that has already come in, without waiting."""
        return self._lines.popleft() if self._lines else None

    def write(self, octets: bytes) -> None:
        """Hand bytes to the wire, in order. Errors: LinkLostError."""
        try:
            with self._write_lock:
                self._serial.write(octets)
        except _LOST as lost:
            raise LinkLostError(f"{self.port}: writing failed: {lost}") from lost

    def write_now(self, octet: bytes) -> None:
        """A real-time byte. Flow control keeps so few bytes in the system's
        queue that it needs no other way. Errors: LinkLostError.
        """
        self.write(octet)

    def wake(self) -> None:
        """Make a waiting `read_line` look round at once; from any thread."""
        self._serial.cancel_read()

    def drop_input(self) -> None:
        """Forget what came in so far. Errors: LinkLostError."""
        self._lines.clear()
        self._partial = b""
        try:
            self._serial.reset_input_buffer()
        except _LOST as lost:
            raise LinkLostError(f"{self.port}: {lost}") from lost

    def reset_board(self) -> None:
        """Pulse DTR, which resets an Arduino; a pseudo-terminal is reopened.

        Errors: LinkLostError, LinkBusyError.
        """
        try:
            self._serial.dtr = False
            self._wall.sleep(_RESET_PULSE_S)
            self.drop_input()
            self._serial.dtr = True
        except OSError as refused:
            if refused.errno not in _NO_MODEM_LINES:
                raise LinkLostError(f"{self.port}: {refused}") from refused
            self._reopen()

    def _reopen(self) -> None:
        self.close()
        self._wall.sleep(4 * _RESET_PULSE_S)
        self._lines.clear()
        self._partial = b""
        self._serial = _open(self.port, self.baud)

    def _take_in(self) -> None:
        try:
            chunk = self._serial.read(self._serial.in_waiting or 1)
        except _LOST as lost:
            raise LinkLostError(f"{self.port}: reading failed: {lost}") from lost
        if not chunk:
            return
        if b"\n" not in chunk:
            self._keep_partial(self._partial + chunk)
            return
        *whole, rest = (self._partial + chunk).split(b"\n")
        for line in whole:
            if len(line) > LINE_BYTES_MAX:
                self.lines_cut += 1
            shown = line[:LINE_BYTES_MAX].strip(b"\r\x00")
            if shown and len(self._lines) < LINES_HELD_MAX:
                self._lines.append(shown)
        self._keep_partial(rest)

    def _keep_partial(self, partial: bytes) -> None:
        # Beyond the limit only the fact of being too long is worth keeping.
        self._partial = partial[: LINE_BYTES_MAX + 1]


def ports() -> list[Port]:
    """The serial ports of this computer, sorted by path."""
    return sorted(
        (
            Port(
                path=found.device,
                description=found.description or "",
                usb_serial=found.serial_number or "",
            )
            for found in list_ports.comports()
        ),
        key=lambda port: port.path,
    )


def _open(port: str, baud: int) -> serial.Serial:
    try:
        return serial.Serial(
            port,
            baud,
            timeout=_SLICE_S,
            write_timeout=_WRITE_TIMEOUT_S,
            exclusive=True,
        )
    except serial.SerialException as refused:
        if refused.errno in (errno.EAGAIN, errno.EWOULDBLOCK):
            raise LinkBusyError(f"{port} is held by another process") from refused
        raise LinkLostError(f"{port} can't be opened: {refused}") from refused
    except (OSError, ValueError) as refused:
        raise LinkLostError(f"{port} can't be opened: {refused}") from refused
