"""Whether a line was done that the board says it never had.

A line that loses its number on the way is taken for one that has none: the board obeys
it, says `ok`, and then asks for that number.
"""

from collections import deque

from firmware_bridge.dialects.manner import Twice

_LINES_KEPT = 64  # more than a window and its history


class Doubts:
    """What became of the lines sent lately."""

    def __init__(self) -> None:
        self._twice = Twice()
        self._harmful: deque[int] = deque(maxlen=_LINES_KEPT)
        self._refused: deque[int] = deque(maxlen=_LINES_KEPT)

    def sent(self, number: int, command: str) -> bool:
        """That line goes out; whether it does no harm when it is done twice."""
        harmless = self._twice.take(command)
        if not harmless:
            self._harmful.append(number)
        return harmless

    def refused(self, number: int | None) -> None:
        """The board could make nothing of what it had in that line's place."""
        if number is not None:
            self._refused.append(number)

    def done_twice(self, number: int) -> bool:
        """The board wants a line that it had answered: was that done, and does it harm?"""
        return number in self._harmful and number not in self._refused
