"""The wire between a pseudo-terminal and a board: its pace, and what goes wrong on it."""

import random
from dataclasses import dataclass, field

from firmware_bridge.simulators.board import Board

_BITS_PER_BYTE = 10  # start, eight, stop


@dataclass(slots=True, kw_only=True)
class Direction:
    """One direction of the wire. Faults apply to the next bytes that pass."""

    free_at_s: float = 0.0  # board seconds
    flip: int = 0
    flip_skip: int = 0  # bytes that pass unharmed first
    drop: int = 0
    drop_skip: int = 0

    def harm(self, chunk: bytes) -> bytes:
        """Apply what is left of the faults."""
        if not (self.flip or self.drop):
            return chunk
        out = bytearray()
        for byte in chunk:
            if self.drop and not self.drop_skip:
                self.drop -= 1
                continue
            self.drop_skip -= bool(self.drop_skip)
            harmed = byte
            if self.flip and not self.flip_skip:
                self.flip -= 1
                harmed ^= 0x04  # 'X' becomes '\\', '1' becomes '5'
            self.flip_skip -= bool(self.flip_skip)
            out.append(harmed)
        return bytes(out)


@dataclass(slots=True, kw_only=True)
class Wire:
    """A board with its serial line. Times are board seconds."""

    board: Board
    seed: int = 0
    drop_ok: int = 0
    host_baud: int = 0  # what the other side has set; 0: nobody is there
    to_board: Direction = field(default_factory=Direction)
    to_host: Direction = field(default_factory=Direction)
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

    def deliver(self, chunk: bytes, now_s: float, late_s: float = 0.0) -> None:
        """Bytes from the host, on the wire from now on, or for up to `late_s` already
        where they had waited for us.
        """
        start_s = max(now_s - late_s, self.to_board.free_at_s)
        arrive_s = start_s + len(chunk) * self.byte_s
        self.to_board.free_at_s = arrive_s
        if self._frozen:
            return
        if self.host_baud != self.board.baud:
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
        if self.host_baud != self.board.baud:
            said = self._noise.randbytes(len(said))
        if not self._out:
            self.to_host.free_at_s = max(self.to_host.free_at_s, now_s)
        self._out += self.to_host.harm(said)

    def say_noise(self, count: int) -> None:
        """Put random bytes on the wire to the host."""
        self._out += self._noise.randbytes(count)

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
