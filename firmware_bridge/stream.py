"""Flow control: as many bytes under way as the board can hold, and no more."""

from collections import deque
from dataclasses import dataclass, field

_HISTORY_LINES = 32
_LINES_MOST = 32  # no build's queue is longer


@dataclass(slots=True, kw_only=True)
class CharacterCount:
    """GRBL's flow control: each `ok` frees the bytes of the oldest line.

    `capacity_bytes` is the receive buffer less the byte that stays free.
    """

    capacity_bytes: int = 127
    under_way_bytes: int = 0
    _lines: deque[tuple[int, int | None]] = field(default_factory=deque)

    @property
    def under_way_lines(self) -> int:
        """Lines sent and not yet answered."""
        return len(self._lines)

    @property
    def oldest(self) -> int | None:
        """The program line that the next answer is about; None: none, or ours."""
        return self._lines[0][1] if self._lines else None

    def has_room(self, size_bytes: int) -> bool:
        """Whether a line of that size, its end included, surely fits."""
        return self.under_way_bytes + size_bytes <= self.capacity_bytes

    def sent(self, size_bytes: int, line: int | None) -> None:
        """A line went out: program line `line`, or None for one of our own.

        Errors: ValueError if it did not fit: the board would lose bytes.
        """
        if not self.has_room(size_bytes):
            raise ValueError(
                f"{size_bytes} bytes on top of {self.under_way_bytes} "
                f"overrun {self.capacity_bytes}"
            )
        self._lines.append((size_bytes, line))
        self.under_way_bytes += size_bytes

    def answered(self) -> tuple[bool, int | None]:
        """The oldest line was answered: (whether any was waiting, its line)."""
        if not self._lines:
            return False, None
        size_bytes, line = self._lines.popleft()
        self.under_way_bytes -= size_bytes
        return True, line


@dataclass(slots=True, kw_only=True)
class LineWindow:
    """Marlin's flow control: numbered lines, a window, resends by number.

    The window is bounded by the receive buffer and falls to one line for good at
    the first resend: a line that loses bytes once will do it again.
    """

    capacity_bytes: int = 127
    lines_max: int = 4  # Marlin's BUFSIZE, until the board says more
    answers_requests: bool = True  # a request for a line has an `ok` of its own
    resend_count: int = 0
    answers_to_nothing: int = 0
    next_number: int = 1
    _frames: deque[tuple[int, bytes]] = field(default_factory=deque)  # not answered
    _again: deque[tuple[int, bytes]] = field(default_factory=deque)  # to send again
    # Answered lately: the rest of a damaged line may be answered `ok` in its place.
    _history: deque[tuple[int, bytes]] = field(
        default_factory=lambda: deque(maxlen=_HISTORY_LINES)
    )
    _under_way_bytes: int = 0
    _ok_to_skip: int = 0

    @property
    def under_way_lines(self) -> int:
        """Lines sent and not yet answered."""
        return len(self._frames)

    @property
    def waits_to_resend(self) -> bool:
        """Whether lines wait to be sent again before any new one."""
        return bool(self._again)

    @property
    def is_overanswered(self) -> bool:
        """Whether this board answers more often than it is asked: what it holds can't
        be told by its answers, so one line is under way.
        """
        return self.answers_to_nothing > 1

    def has_room(self, size_bytes: int) -> bool:
        """Whether a frame of that size surely fits. One always may go."""
        if not self._frames:
            return True
        if self.is_overanswered or len(self._frames) >= self.lines_max:
            return False
        return self._under_way_bytes + size_bytes <= self.capacity_bytes

    def sent(self, frame: bytes) -> None:
        """The frame numbered `next_number` went out."""
        self._frames.append((self.next_number, frame))
        self._under_way_bytes += len(frame)
        self.next_number += 1

    def offered(self, queue_free: int | None) -> None:
        """What ADVANCED_OK says of the queue: its free places, without the one that
        this answer empties. None: this build doesn't say.
        """
        if queue_free is not None and not self.resend_count:
            self.lines_max = max(self.lines_max, min(queue_free + 1, _LINES_MOST))

    def answered(self) -> int | None:
        """An `ok` came: the number of the line that it is for, or None where it
        belongs to a resend request or to nothing.
        """
        if self._ok_to_skip:
            self._ok_to_skip -= 1
            return None
        if not self._frames:
            self.answers_to_nothing += 1
            return None
        number, frame = self._frames.popleft()
        self._history.append((number, frame))
        self._under_way_bytes -= len(frame)
        return number

    def resend_from(self, number: int) -> bool:
        """The board wants `number` next: it has every older line. False: it asks
        for a line that was answered long ago, so it has lost its count (a reset).
        """
        held = sorted([*self._history, *self._frames, *self._again])
        oldest = held[0][0] if held else self.next_number
        if not oldest <= number <= self.next_number:
            return False
        self._ok_to_skip = int(
            self.answers_requests
        )  # the request's own; an older one can't be still out
        self.resend_count += 1
        self.lines_max = 1
        self._frames = deque(item for item in self._frames if item[0] < number)
        self._history = deque(
            (item for item in self._history if item[0] < number), _HISTORY_LINES
        )
        self._again = deque(item for item in held if item[0] >= number)
        self._under_way_bytes = sum(len(frame) for _, frame in self._frames)
        return True

    def forget_older(self) -> list[int]:
        """The board surely has every line under way: they count as answered."""
        known = [number for number, _ in self._frames]
        self._history.extend(self._frames)
        self._frames.clear()
        self._under_way_bytes = 0
        return known

    def say_again(self, frame: bytes) -> int:
        """A line that surely was not done goes out once more; it counts as a new one."""
        number, self.next_number = self.next_number, self.next_number + 1
        self._again.append((number, frame))
        return number

    def next_again(self) -> bytes | None:
        """The next frame to send again, when the window lets it; now under way."""
        if not self._again or not self.has_room(len(self._again[0][1])):
            return None
        number, frame = self._again.popleft()
        self._frames.append((number, frame))
        self._under_way_bytes += len(frame)
        return frame

    def repeat_oldest(self) -> bytes | None:
        """The oldest unanswered frame, to be sent once more after a silence.

        Its number makes that safe: a board that has it asks for the one after.
        """
        return self._frames[0][1] if self._frames else None
