"""One loop that serves many simulated boards, each on a pseudo-terminal of its own."""

import contextlib
import errno
import fcntl
import math
import os
import select
import selectors
import socket
import struct
import termios
import threading
import tty
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from firmware_bridge.clock import Clock, WallClock
from firmware_bridge.simulators.board import Board
from firmware_bridge.simulators.wire import Wire

TICK_S = 0.001  # wall; what happens within one is served together
_LOOK_S = 0.02  # wall, between two looks at whether a closed port was opened
_BAUD_LOOK_S = 0.05
_LATE_S = 0.02  # wall; the longest pause of the loop that the wire catches up
_SETTLE_S = 0.03  # wall, for an opener to set its port before the board speaks
_IDLE_S = 0.5
_CHUNK_MIN = 16
_CHUNK_MAX = 4096

# Linux's termios2 holds any rate; termios only the classic ones.
_TCGETS2 = 0x802C542A
_TERMIOS2 = struct.Struct("4IB19B2I")


@dataclass(slots=True, kw_only=True)
class Seat:
    """A board with its port."""

    name: str
    wire: Wire
    link: Path
    scale: float
    reset_on_open: bool
    master: int | None = None
    opened: bool = False
    wake_s: float = 0.0  # wall
    backlog: bool = False  # more bytes than the wire could carry
    boot_at_s: float | None = None  # wall; a reset that waits for the opener
    heard_bytes: int = 0  # taken from the port so far
    said_bytes: int = 0  # given to the port so far
    _baud_look_s: float = field(default=0.0)


class Host:
    """Boards by name. `serve` runs in one thread; other methods may come from any."""

    def __init__(self, *, wall: Clock | None = None) -> None:
        self._wall = wall or WallClock()
        self._origin_s = self._wall.monotonic_s()
        self._seats: dict[str, Seat] = {}
        self._selector = selectors.DefaultSelector()
        self._lock = threading.RLock()
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._selector.register(self._wake_out, selectors.EVENT_READ, self._woken)
        self._stop = False

    def add(
        self,
        name: str,
        board: Board,
        link: Path,
        *,
        scale: float = 1.0,
        seed: int = 0,
        reset_on_open: bool = True,
    ) -> None:
        """Seat a board and plug it in: `link` leads to its port.

        `scale`: how much faster than the wall its time passes.
        """
        seat = Seat(
            name=name,
            wire=Wire(board=board, seed=seed),
            link=link,
            scale=scale,
            reset_on_open=reset_on_open,
        )
        with self._lock:
            self._seats[name] = seat
            self._plug(seat)
        self._nudge()

    def serve(self) -> None:
        """Serve until `stop`."""
        while not self._stop:
            self._turn(self._rest_s())

    def step(self) -> float:
        """Serve what is due now, in the caller's thread; seconds until more is due.

        For a clock that a test turns itself, instead of `serve`.
        """
        self._turn(0.0)
        return self._rest_s()

    def stop(self) -> None:
        """End `serve`, from any thread or a signal handler."""
        self._stop = True
        self._nudge()

    def close(self) -> None:
        """Take every port away. `serve` must have ended."""
        with self._lock:
            for seat in self._seats.values():
                self._unplug(seat)
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()

    def watch(self, reader: socket.socket, take: Callable[[], None]) -> None:
        """Call `take` in the loop whenever `reader` can be read."""
        with self._lock:
            self._selector.register(reader, selectors.EVENT_READ, take)
        self._nudge()

    def unwatch(self, reader: socket.socket) -> None:
        """End `watch`."""
        with self._lock:
            self._selector.unregister(reader)

    def names(self) -> list[str]:
        """Every board's name, sorted."""
        return sorted(self._seats)

    def plugged(self) -> set[str]:
        """The boards that hang on a port now."""
        return {name for name, seat in self._seats.items() if seat.master is not None}

    def oracle(self, name: str) -> dict[str, object]:
        """The board's own truth. Errors: KeyError."""
        with self._lock:
            seat = self._seats[name]
            wire = seat.wire
            now_s = wire.board_time_s(self._board_s(seat))
            return wire.board.oracle(now_s) | {
                "frozen": wire.is_frozen,
                "on_rate": not wire.off_rate,
                "plugged": seat.master is not None,
                "opened": seat.opened,
            }

    def traffic(self, name: str) -> tuple[int, int]:
        """Bytes that came in at a board's port, and that went out. Errors: KeyError."""
        with self._lock:
            seat = self._seats[name]
            waiting = 0 if seat.master is None else _waiting(seat.master)
            return seat.heard_bytes + waiting, seat.said_bytes

    def await_bytes(self, name: str, timeout_s: float) -> None:
        """Wait until a board's port has something to read. Errors: KeyError."""
        master = self._seats[name].master
        if master is not None:
            select.select([master], [], [], timeout_s)

    def act(self, name: str, action: Callable[[Wire, float], None]) -> None:
        """Do something to a board's wire at its present moment. Errors: KeyError."""
        with self._lock:
            seat = self._seats[name]
            action(seat.wire, self._board_s(seat))
            seat.wake_s = 0.0
        self._nudge()

    def plan(
        self, name: str, after_bytes: int, action: Callable[[Wire, float], None]
    ) -> None:
        """Do it when so many more bytes have come from the host. Errors: KeyError."""
        with self._lock:
            self._seats[name].wire.plan(after_bytes, action)

    def unplug(self, name: str) -> None:
        """Pull the cable; the board keeps its power. Errors: KeyError."""
        with self._lock:
            self._unplug(self._seats[name])

    def plug(self, name: str) -> None:
        """Put the cable back, under the same link. Errors: KeyError."""
        with self._lock:
            self._plug(self._seats[name])
        self._nudge()

    # The loop

    def _turn(self, wait_s: float) -> None:
        ready = self._selector.select(wait_s)
        with self._lock:
            now_s = self._wall.monotonic_s()
            for key, _ in ready:
                if isinstance(key.data, Seat):
                    key.data.wake_s = 0.0
                else:
                    key.data()
            for seat in list(self._seats.values()):
                if seat.wake_s <= now_s:
                    self._serve(seat, now_s)

    def _rest_s(self) -> float:
        """How long there is nothing to do, wall; bytes that come in end it."""
        next_s = min((seat.wake_s for seat in self._seats.values()), default=math.inf)
        return min(_IDLE_S, max(TICK_S, next_s - self._wall.monotonic_s()))

    def _serve(self, seat: Seat, now_s: float) -> None:
        if seat.master is None or not self._is_open(seat, now_s):
            wire = seat.wire
            wire.live(self._board_s(seat))
            wire.forget_words()
            seat.wake_s = now_s + _LOOK_S
            return
        board_s = self._board_s(seat)
        if seat.boot_at_s is not None and now_s >= seat.boot_at_s:
            seat.boot_at_s = None
            seat.wire.host_baud = _baud_of(seat.master)
            seat.wire.board.reset(seat.wire.board_time_s(board_s))
        # The board lives before the new bytes, so that room freed by now counts.
        seat.wire.live(board_s)
        if seat.boot_at_s is not None:  # what it says before the reset is cut off
            seat.wire.forget_words()
        if board_s >= seat.wire.to_board.free_at_s:
            self._read(seat, now_s, board_s)
            seat.wire.live(board_s)
        self._write(seat, board_s)
        self._rearm(seat, now_s)

    def _is_open(self, seat: Seat, now_s: float) -> bool:
        if seat.opened:
            return True
        if seat.master is None or _is_hung_up(seat.master):
            return False
        seat.opened = True
        seat.wire.forget_words()
        seat.wire.host_baud = _baud_of(seat.master)
        self._selector.register(seat.master, selectors.EVENT_READ, seat)
        if seat.reset_on_open:
            seat.boot_at_s = now_s + _SETTLE_S
        return True

    def _read(self, seat: Seat, now_s: float, board_s: float) -> None:
        if seat.master is None:
            return
        pace = seat.scale / seat.wire.byte_s  # bytes per wall second
        late_s = 0.0
        if seat.backlog:  # the wire was busy while the loop was elsewhere
            late_s = min(board_s - seat.wire.to_board.free_at_s, _LATE_S * seat.scale)
        size = int(pace * TICK_S + late_s / seat.wire.byte_s)
        size = min(_CHUNK_MAX, max(_CHUNK_MIN, size))
        try:
            chunk = os.read(seat.master, size)
        except BlockingIOError:
            seat.backlog = False
            return
        except OSError as closed:
            if closed.errno != errno.EIO:
                raise
            self._closed(seat)
            return
        seat.heard_bytes += len(chunk)
        seat.backlog = len(chunk) == size
        if now_s >= seat._baud_look_s:  # noqa: SLF001 (the loop's own notebook)
            seat._baud_look_s = now_s + _BAUD_LOOK_S  # noqa: SLF001
            seat.wire.host_baud = _baud_of(seat.master)
        if seat.boot_at_s is None:
            seat.wire.deliver(chunk, board_s, late_s)

    def _write(self, seat: Seat, board_s: float) -> None:
        chunk = seat.wire.carried(board_s)
        if not chunk or seat.master is None:
            return
        # A full queue means that nobody reads: a UART loses such bytes too.
        with contextlib.suppress(BlockingIOError, OSError):
            seat.said_bytes += os.write(seat.master, chunk)

    def _rearm(self, seat: Seat, now_s: float) -> None:
        """When to look again, and whether bytes may wake us before the wire is free."""
        board_s = self._board_s(seat)
        moments = [now_s + _IDLE_S]
        if seat.boot_at_s is not None:
            moments.append(seat.boot_at_s)
        next_s = seat.wire.next_s()
        if next_s is not None:
            moments.append(now_s + (next_s - board_s) / seat.scale)
        busy_s = seat.wire.to_board.free_at_s - board_s
        if seat.opened and seat.master is not None:
            listens = seat.master in self._selector.get_map()
            if busy_s > 0 and listens:
                self._selector.unregister(seat.master)
            elif busy_s <= 0 and not listens:
                self._selector.register(seat.master, selectors.EVENT_READ, seat)
        if busy_s > 0:
            moments.append(now_s + busy_s / seat.scale)
        seat.wake_s = min(moments)

    def _closed(self, seat: Seat) -> None:
        seat.opened = False
        seat.boot_at_s = None
        seat.wire.host_baud = 0
        if seat.master is not None and seat.master in self._selector.get_map():
            self._selector.unregister(seat.master)

    def _plug(self, seat: Seat) -> None:
        if seat.master is not None:
            return
        master, slave = os.openpty()
        path = os.ttyname(slave)
        # Raw from the start: an echo would answer the board with its own words.
        tty.setraw(slave, termios.TCSANOW)
        os.close(slave)
        os.set_blocking(master, False)
        seat.master = master
        seat.wake_s = 0.0
        seat.link.parent.mkdir(parents=True, exist_ok=True)
        fresh = seat.link.with_name(seat.link.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(path)
        fresh.replace(seat.link)

    def _unplug(self, seat: Seat) -> None:
        if seat.master is None:
            return
        self._closed(seat)
        os.close(seat.master)
        seat.master = None
        seat.link.unlink(missing_ok=True)

    def _board_s(self, seat: Seat) -> float:
        return (self._wall.monotonic_s() - self._origin_s) * seat.scale

    def _nudge(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            self._wake_in.send(b"\0")

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_out.recv(4096)


def _is_hung_up(master: int) -> bool:
    poller = select.poll()
    poller.register(master, select.POLLIN)
    return any(events & select.POLLHUP for _, events in poller.poll(0))


def _waiting(master: int) -> int:
    """Bytes that the other side has written and nobody has read."""
    (count,) = struct.unpack("i", fcntl.ioctl(master, termios.TIOCINQ, bytes(4)))
    return int(count)


def _baud_of(master: int) -> int:
    """The rate that the other side has set."""
    fields = _TERMIOS2.unpack(fcntl.ioctl(master, _TCGETS2, bytes(_TERMIOS2.size)))
    return int(fields[-1])
