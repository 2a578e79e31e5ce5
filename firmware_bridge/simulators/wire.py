"""The wire between a pseudo-terminal and a board: its pace, and what goes wrong on it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_bridge.simulators.board import Board

_BITS_PER_BYTE = 10  # start, eight, stop
_BETWEEN_LINES = b"?!~"  # GRBL's real-time bytes belong to no line
_HURT_PLACE = 3  # of a line: in Marlin's number, in GRBL's first words

type Act = Callable[["Wire", float], None]


@dataclass(slots=True, kw_only=True)
class Direction:
    """One direction of the wire. Faults apply to the next bytes that pass."""

    free_at_s: float = 0.0  # board seconds
    flip: int = 0
    flip_skip: int = 0  # bytes that pass unharmed first
    flip_bit: int = 2  # 'X' becomes '\\', '1' becomes '5'
    drop: int = 0
    drop_skip: int = 0
    drop_waits: bool = False  # for the start of a line
    drop_lines: int = 0  # whole ones, from the next line on
    hurt_lines: int = 0  # one byte of each, from the next line on
    _losing: bool = False  # within a line that is lost
    _place: int = 0  # bytes of the present line that have passed

    def harm(self, chunk: bytes) -> bytes:
        """Apply what is left of the faults."""
        if not (self.flip or self.drop or self.drop_lines or self.hurt_lines):
            _, end, rest = chunk.translate(None, _BETWEEN_LINES).rpartition(b"\n")
            self._place = len(rest) if end else self._place + len(rest)
            return chunk
        out = bytearray()
        for byte in chunk:
            out += self._pass(byte)
        return bytes(out)

    def _pass(self, byte: int) -> bytes:
        if byte in _BETWEEN_LINES:
            return bytes((byte,))
        place = self._place
        self._place = 0 if byte == ord("\n") else place + 1
        if self.drop_lines and (place == 0 or self._losing):
            self._losing = self._place != 0
            self.drop_lines -= not self._losing
            return b""
        self.drop_waits = self.drop_waits and place != 0
        if self.drop and not self.drop_skip and not self.drop_waits:
            self.drop -= 1
            return b""
        self.drop_skip -= bool(self.drop_skip)
        if self.hurt_lines and place == _HURT_PLACE:
            self.hurt_lines -= 1
            byte ^= 1 << self.flip_bit
        if self.flip and not self.flip_skip:
            self.flip -= 1
            byte ^= 1 << self.flip_bit
        self.flip_skip -= bool(self.flip_skip)
        return bytes((byte,))


@dataclass(slots=True, kw_only=True)
class Wire:
    """A board with its serial line. Times are board seconds."""

    board: Board
    seed: int = 0
    drop_ok: int = 0
    off_rate: bool = False  # the board's clock ran off: neither side reads the other
    host_baud: int = 0  # what the other side has set; 0: nobody is there
    to_board: Direction = field(default_factory=Direction)
    to_host: Direction = field(default_factory=Direction)
    passed_bytes: int = 0  # from the host so far, whatever became of them
    _plan: list[tuple[int, Act]] = field(default_factory=list)  # by moment
    _frozen: bool = False
    _behind_s: float = 0.0  # board seconds lost in freezes
    _frozen_at_s: float = 0.0
    _out: bytearray = field(default_factory=bytearray)
    _noise: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._noise = random.Random(self.seed)  # noqa: S311 (noise, no secret)

    @property
    def is_frozen(self) -> bool:
        """Whether the board's processor hangs."""
        return self._frozen

    @property
    def _misread(self) -> bool:
        return self.off_rate or self.host_baud != self.board.baud

    @property
    def byte_s(self) -> float:
        """Board seconds that one byte takes on the wire."""
        return _BITS_PER_BYTE / self.board.baud

    def board_time_s(self, now_s: float) -> float:
        """The board's own time: it stands still in a freeze."""
        return (self._frozen_at_s if self._frozen else now_s) - self._behind_s

    def freeze(self, now_s: float) -> None:
        """The processor hangs; bytes towards it are lost."""
        if not self._frozen:
            self._frozen, self._frozen_at_s = True, now_s

    def thaw(self, now_s: float) -> None:
        """The processor goes on where it was."""
        if self._frozen:
            self._frozen = False
            self._behind_s += now_s - self._frozen_at_s

    def plan(self, after_bytes: int, act: Act) -> None:
        """Let `act` happen when so many more bytes have come from the host."""
        self._plan.append((self.passed_bytes + after_bytes, act))
        self._plan.sort(key=lambda planned: planned[0])

    def deliver(self, chunk: bytes, now_s: float, late_s: float = 0.0) -> None:
        """Bytes from the host, on the wire from now on, or for up to `late_s` already
        where they had waited for us. What was planned happens between two of them.
        """
        while self._plan and self._plan[0][0] <= self.passed_bytes + len(chunk):
            moment, act = self._plan.pop(0)
            before = chunk[: moment - self.passed_bytes]
            chunk = chunk[len(before) :]
            self._carry_in(before, now_s, late_s)
            act(self, max(now_s, self.to_board.free_at_s))
        self._carry_in(chunk, now_s, late_s)

    def _carry_in(self, chunk: bytes, now_s: float, late_s: float) -> None:
        if not chunk:
            return
        self.passed_bytes += len(chunk)
        start_s = max(now_s - late_s, self.to_board.free_at_s)
        arrive_s = start_s + len(chunk) * self.byte_s
        self.to_board.free_at_s = arrive_s
        if self._frozen:
            return
        if self._misread:
            chunk = self._noise.randbytes(len(chunk))
        self.board.receive(self.to_board.harm(chunk), self.board_time_s(arrive_s))

    def live(self, now_s: float) -> None:
        """Let the board live until now; its words queue up for the wire."""
        if self._frozen:
            return
        said = self.board.advance(self.board_time_s(now_s))
        if not said:
            return
        while self.drop_ok and b"ok\r\n" in said:
            said = said.replace(b"ok\r\n", b"", 1)
            self.drop_ok -= 1
        while self.drop_ok and b"ok\n" in said:
            said = said.replace(b"ok\n", b"", 1)
            self.drop_ok -= 1
        if self._misread:
            said = self._noise.randbytes(len(said))
        if not self._out:
            self.to_host.free_at_s = max(self.to_host.free_at_s, now_s)
        self._out += self.to_host.harm(said)

    def say_noise(self, count: int) -> None:
        """Put random bytes on the wire to the host."""
        self._out += self._noise.randbytes(count)

    def hear_noise(self, count: int, now_s: float) -> None:
        """Put random bytes on the wire to the board."""
        self.board.receive(self._noise.randbytes(count), self.board_time_s(now_s))

    def carried(self, now_s: float) -> bytes:
        """What has reached the host by now."""
        if not self._out:
            return b""
        count = int((now_s - self.to_host.free_at_s) / self.byte_s)
        if count <= 0:
            return b""
        chunk = bytes(self._out[:count])
        del self._out[:count]
        self.to_host.free_at_s += len(chunk) * self.byte_s
        return chunk

    def next_s(self) -> float | None:
        """When this wire or its board needs to be looked at again; None: never."""
        moments = []
        if self._out:
            moments.append(
                self.to_host.free_at_s + min(16, len(self._out)) * self.byte_s
            )
        if not self._frozen:
            event_s = self.board.next_event_s()
            if event_s is not None:
                moments.append(event_s + self._behind_s)
        return min(moments, default=None)

    def forget_words(self) -> None:
        """Nobody listens: what was on its way is lost."""
        self._out.clear()
