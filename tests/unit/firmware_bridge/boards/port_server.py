"""A serial port that is given to one client over TCP, by RFC 2217 or as plain bytes.

It stands between the network and the pseudo-terminal of a simulated board, as ser2net
does between a network and a USB cable.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import serial
from serial.rfc2217 import PortManager


class _Pty(serial.Serial):
    """A pseudo-terminal with the modem lines that it has not got."""

    _dtr_state: bool

    def __init__(self, path: str, reset: Callable[[], None]) -> None:
        self._reset = reset
        self._was_low = False
        super().__init__(path, timeout=0.02)

    def _update_dtr_state(self) -> None:
        if self._dtr_state and self._was_low:  # as on an Arduino: by asserting it
            self._reset()
        self._was_low = not self._dtr_state

    def _update_rts_state(self) -> None:
        """Nothing hangs on it."""

    cts = dsr = cd = ri = property(lambda _: False)


class _Sender:
    """What PortManager writes to."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._lock = threading.Lock()

    def write(self, octets: bytes) -> None:
        with self._lock, suppress(OSError):
            self._client.sendall(octets)


class PortServer:
    """Serves until `close`; `hang_up` drops the client."""

    def __init__(self, path: str, reset: Callable[[], None], *, rfc2217: bool) -> None:
        self._path, self._reset, self._rfc2217 = path, reset, rfc2217
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self) -> str:
        scheme = "rfc2217" if self._rfc2217 else "socket"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def hang_up(self) -> None:
        if self._client is not None:
            with suppress(OSError):
                self._client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self.hang_up()
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                self._client, _ = self._listener.accept()
                with self._client, _Pty(self._path, self._reset) as port:
                    self._pass_on(self._client, port)

    def _pass_on(self, client: socket.socket, port: serial.Serial) -> None:
        manager: Any = None
        if self._rfc2217:
            manager = PortManager(port, _Sender(client))
        there = threading.Event()

        def from_board() -> None:
            with suppress(OSError, serial.SerialException, TypeError):
                while not there.is_set():
                    octets = port.read(port.in_waiting or 1)
                    if octets and manager is not None:
                        octets = b"".join(manager.escape(octets))
                    if octets:
                        client.sendall(octets)
            self.hang_up()  # the cable was pulled there

        reader = threading.Thread(target=from_board)
        reader.start()
        with suppress(OSError, serial.SerialException):
            while octets := client.recv(1024):
                if manager is not None:
                    octets = b"".join(manager.filter(octets))
                port.write(octets)
        there.set()
        reader.join(5)


@contextmanager
def port_server(
    path: str, reset: Callable[[], None], *, rfc2217: bool
) -> Iterator[PortServer]:
    server = PortServer(path, reset, rfc2217=rfc2217)
    try:
        yield server
    finally:
        server.close()
