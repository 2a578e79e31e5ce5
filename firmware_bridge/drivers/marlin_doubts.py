"""Whether a line was done that the board says it never had.

A line that loses its number on the way is taken for one that has none: the board obeys
it and then asks for that number. From here that can't be told from a line that was lost
whole: both show as a gap in the numbers.
"""

from collections import deque

from firmware_bridge.dialects.manner import Twice

_LINES_KEPT = 64  # more than a window and its history


class Doubts:
    """What became of the lines sent lately."""

    def __init__(self) -> None:
        self._twice = Twice()
        self._harmful: deque[int] = deque(maxlen=_LINES_KEPT)
        self._sees_gap = False
        self._asked = 0

    def sent(self, number: int, command: str) -> bool:
        """That line goes out; whether it does no harm when it is done twice."""
        harmless = self._twice.take(command)
        if not harmless:
            self._harmful.append(number)
        return harmless

    def complained(self, text: str) -> None:
        """The board says what is wrong with a line."""
        self._sees_gap = "Last Line Number+1" in text

    def asked_again(self, number: int, *, we_repeated: bool) -> bool:
        """The board wants that line: may it have done it, or a later one, to our harm?

        After a damaged line the ones behind it show gaps too: only the first counts.
        """
        is_first, self._asked = number != self._asked, number
        lost = is_first and self._sees_gap and not we_repeated
        return lost and any(known >= number for known in self._harmful)
