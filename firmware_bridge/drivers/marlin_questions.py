"""Our own questions to a printer's board between the lines of a program."""

from firmware_bridge.dialects import marlin
from firmware_bridge.drivers.marlin_talk import MarlinTalk

_LOOK_S = 1.0  # wall, between two looks


class Questions:
    """Which are due, in their order, and whether the answers are counted rightly."""

    def __init__(self, talk: MarlinTalk) -> None:
        self.due: list[str] = []
        self._talk = talk
        self._looks_at_s = talk.wall.monotonic_s()
        self._sent_at_look = -1
        self._waits_for_words = False

    def look(self, sent: int, *, is_held: bool) -> None:
        """A second after the last look: how is it? `sent`: lines of the program so far.

        Where answers get lost, questions alone would fill the line.
        """
        now_s = self._talk.wall.monotonic_s()
        if now_s < self._looks_at_s or (sent == self._sent_at_look and not is_held):
            return
        self._sent_at_look = sent
        self._looks_at_s = now_s + _LOOK_S
        looks = ["M114"] if self._talk.place_is_free else []
        looks += [] if self._talk.reports_temperatures else ["M105"]
        self.due += [one for one in looks if one not in self.due]

    def place(self) -> None:
        """Ask where it stands, twice: one answer alone may be altered on its way."""
        if self._talk.place_is_free:
            self.due = ["M114", "M114"]

    def count_again(self) -> None:
        """A line was said twice: trust no answer until one is known by its words."""
        self.due = list(self._talk.manner.counts_again) + self.due
        self._waits_for_words = bool(self._talk.manner.counts_again)

    def counts(self, reply: marlin.Reply) -> bool:
        """Whether an `ok` is the answer to the oldest line under way."""
        if isinstance(reply, marlin.Value | marlin.Firmware):
            self._waits_for_words = False
        return not self._waits_for_words
