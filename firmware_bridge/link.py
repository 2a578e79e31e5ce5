"""A line-based link to one board over pyserial: the only file that knows pyserial."""

import contextlib
import errno
import os
import select
import socket
import threading
from collections import deque
from dataclasses import dataclass
from typing import Self

import serial
from serial.tools import list_ports

from firmware_bridge.clock import Clock, WallClock
from firmware_bridge.errors import LinkBusyError, LinkLostError
from firmware_bridge.hosts.address import is_remote_port

# What a board may say without a line end before we stop keeping it.
LINE_BYTES_MAX = 512
LINES_HELD_MAX = 4096

_SLICE_S = 0.05  # longest single wait, so that a port closed by us is seen
_CHUNK_BYTES = 4096
_WRITE_TIMEOUT_S = 5.0
_RESET_PULSE_S = 0.05

# A cable of a network that was pulled says nothing: its end is asked, in seconds.
_STILL_THERE = {socket.TCP_KEEPIDLE: 5, socket.TCP_KEEPINTVL: 2, socket.TCP_KEEPCNT: 3}
_NO_MODEM_LINES = (errno.ENOTTY, errno.EINVAL)

# What pyserial and the terminal layer raise when a device goes away under them.
_LOST = (serial.SerialException, OSError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A serial port of this computer. Empty strings: the system doesn't know."""

    path: str
    description: str
    usb_serial: str
    usb_model: str = ""  # vendor and product, such as 1a86:7523
    usb_place: str = ""  # the socket it is plugged into, such as 1-1.2


class Link:
    """One open port. One thread reads; any thread may write.

    A port of another computer is `rfc2217://host:port`, where the rate is set there as
    well, or `socket://host:port`, plain bytes over TCP.
    """

    def __init__(self, port: str, baud: int, *, wall: Clock | None = None) -> None:
        """Open `port` with an exclusive lock; on most boards that resets them.

        The server of a port elsewhere decides for itself how many may use it.

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
        self._has_own_thread = port.startswith("rfc2217://")
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_in.setblocking(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the port go. Harmless when done twice."""
        self._let_go()
        self._wake_in.close()
        self._wake_out.close()

    def read_line(self, timeout_s: float) -> bytes | None:
        """The next line without its end, or None when the time is over or `wake` came.

        `timeout_s` is wall time. Empty lines are dropped. Errors: LinkLostError.
        """
        if self._lines:
            return self._lines.popleft()
        until_s = self._wall.monotonic_s() + timeout_s
        left_s = timeout_s
        while True:
            woken = self._take_in(min(_SLICE_S, max(0.0, left_s)))
            if self._lines:
                return self._lines.popleft()
            left_s = until_s - self._wall.monotonic_s()
            if woken or left_s <= 0:
                return None

    def read_ready(self) -> bytes | None:
        """A line that has already come in, without waiting."""
        return self._lines.popleft() if self._lines else None

    def put_back(self, line: bytes) -> None:
        """A line that comes next, before all others."""
        self._lines.appendleft(line)

    @property
    def unfinished(self) -> bytes:
        """What came in since the last line's end."""
        return self._partial

    def write(self, octets: bytes) -> None:
        """Hand bytes to the wire, in order. Errors: LinkLostError."""
        try:
            with self._write_lock:
                self._put_out(octets)
        except _LOST as lost:
            raise LinkLostError(f"{self.port}: writing failed: {lost}") from lost

    def write_now(self, octet: bytes) -> None:
        """A real-time byte. Flow control keeps so few bytes in the system's
        queue that it needs no other way. Errors: LinkLostError.
        """
        self.write(octet)

    def wake(self) -> None:
        """Make a waiting `read_line` look round at once; from any thread."""
        with contextlib.suppress(OSError):  # full, or closed: it is awake anyway
            self._wake_in.send(b"\0")

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

        Plain bytes over TCP have no such line: nothing happens there.

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

    def _let_go(self) -> None:
        with contextlib.suppress(*_LOST):
            self._serial.close()

    def _reopen(self) -> None:
        self._let_go()
        self._wall.sleep(4 * _RESET_PULSE_S)
        self._lines.clear()
        self._partial = b""
        self._serial = _open(self.port, self.baud)

    def _put_out(self, octets: bytes) -> None:
        if self._has_own_thread:
            self._serial.write(octets)
            return
        port = self._serial.fileno()
        while octets:
            try:
                octets = octets[os.write(port, octets) :]
            except BlockingIOError:
                if not select.select([], [port], [], _WRITE_TIMEOUT_S)[1]:
                    raise

    def _take_in(self, wait_s: float) -> bool:
        """Lines that come within `wait_s`; whether `wake` was called.

        pyserial would read the first byte alone and then the rest: at line speed
        that is twice the work.
        """
        try:
            if self._has_own_thread:
                ready = self._take_in_there(wait_s)
            else:
                port = self._serial.fileno()
                listened: list[int | socket.socket] = [port, self._wake_out]
                ready = select.select(listened, [], [], wait_s)[0]
                if port in ready:
                    self._take_chunk(os.read(port, _CHUNK_BYTES))
        except BlockingIOError:
            return False
        except _LOST as lost:
            raise LinkLostError(f"{self.port}: reading failed: {lost}") from lost
        if self._wake_out not in ready:
            return False
        self._wake_out.recv(_CHUNK_BYTES)
        return True

    def _take_in_there(self, wait_s: float) -> list[int | socket.socket]:
        """Over RFC 2217 pyserial has a thread and a queue of its own, and a wait there
        is one slice.
        """
        if size := self._serial.in_waiting or int(wait_s > 0):
            chunk = self._serial.read(size)
            if chunk:
                self._take_chunk(chunk)
        return list(select.select([self._wake_out], [], [], 0)[0])

    def _take_chunk(self, chunk: bytes) -> None:
        if not chunk:
            raise OSError(errno.EIO, "the device is gone")
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
                usb_model=""
                if found.vid is None
                else f"{found.vid:04x}:{found.pid:04x}",
                usb_place=found.location or "",
            )
            for found in list_ports.comports()
        ),
        key=lambda port: port.path,
    )


def _open(port: str, baud: int) -> serial.Serial:
    if is_remote_port(port):
        return _open_remote(port, baud)
    try:
        return serial.Serial(port, baud, exclusive=True)
    except serial.SerialException as refused:
        if refused.errno in (errno.EAGAIN, errno.EWOULDBLOCK):
            raise LinkBusyError(f"{port} is held by another process") from refused
        raise LinkLostError(f"{port} can't be opened: {refused}") from refused
    except (OSError, ValueError) as refused:
        raise LinkLostError(f"{port} can't be opened: {refused}") from refused


def _open_remote(port: str, baud: int) -> serial.Serial:
    try:
        opened = serial.serial_for_url(port, baud, timeout=_SLICE_S)
    except (serial.SerialException, OSError, ValueError) as refused:
        raise LinkLostError(f"{port} can't be opened: {refused}") from refused
    over: socket.socket = vars(opened)["_socket"]  # pyserial tells it nowhere else
    over.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    over.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for option, value in _STILL_THERE.items():
        over.setsockopt(socket.IPPROTO_TCP, option, value)
    return opened
