"""Whether a line was done twice that the board says it never had.

A line that loses its number on the way is taken for one that has none: the board obeys
it and then asks for that number. A line that was lost whole shows the same gap in the
numbers. What tells them apart is where the board stands afterwards: a relative line
done twice leaves it off by what that line adds, until a later line sets its place. The
doubt is over when the board twice tells a place that only a line done once explains.
"""

from typing import Any

from firmware_bridge.dialects import marlin
from firmware_bridge.dialects.manner import Twice
from firmware_bridge.drivers.marlin_trail import (
    AXES,
    STEPS_KEPT,
    Shift,
    Step,
    Trail,
)

_DOUBTED = "a line lost on its way may be done twice: look at the piece"
_SUSPECTS_MAX = 8  # every choice of them is looked at
_TIMES = (1, 2)  # that one of them may have been done too often
_NOWHERE: Shift = (0.0, 0.0, 0.0, 0.0)
_PLACES_NEEDED = 2  # one answer alone may have been altered on its way

# Done before the line in front of them, these change its meaning.
_MODES = ("G90", "G91", "G92", "M82", "M83", "T")


class Doubts:
    """What became of the lines sent lately."""

    def __init__(self, trail: Trail, *, is_checked: bool = True) -> None:
        self._trail = trail
        self._is_checked = is_checked  # each line's number, and with it its checksum
        self._twice = Twice()
        self._harmful: dict[int, Step | None] = {}  # None: its effect leaves no trace
        self._modes: dict[int, str] = {}
        self._sees_gap = False
        self._asked = 0
        self._suspects: list[tuple[int, Step]] = []  # with the number asked for then
        self._last = 0  # the newest line when the newest doubt arose
        self._places: list[int] = []  # questions for the place since then
        self._agreed = 0
        self.is_open = False
        self._is_hopeless = False
        self._complaint = ""

    @property
    def why(self) -> str:
        """Why the end alone proves nothing; empty: there is no doubt."""
        return _DOUBTED if self.is_open else self._complaint

    @property
    def wants_place(self) -> bool:
        """Whether another answer to M114 would end the doubt."""
        return self.is_open and not self._is_hopeless and self._agreed > 0

    def sent(self, number: int, command: str) -> bool:
        """That line goes out; whether it does no harm when it is done twice."""
        step = self._trail.take(number, command)
        harmless = self._twice.take(command)
        if not harmless:
            traced = step is not None and any(step.shift)
            self._harmful[number] = step if traced else None
            _keep_newest(self._harmful)
        if command.startswith(_MODES):
            self._modes[number] = command[:3]
            _keep_newest(self._modes)
        if self.is_open and command == "M114":
            self._places.append(number)
        return harmless

    def complained(self, error: marlin.Error) -> None:
        """The board says what is wrong: with a line on its way, or with what it asks."""
        self._sees_gap = "Last Line Number+1" in error.text
        if not error.is_of_the_line:
            self._complaint = f"the board said {error.text!r}: look at the piece"

    def not_known(self, text: str, frame: bytes) -> None:
        """The board knows no such command: is it that of the line that it answers, or
        what became of it on its way to one that compares no checksums?
        """
        name = text.partition('"')[2].strip('"').split(" ")[0]
        _, _, sent = frame.decode("ascii").partition(" ")
        if not self._is_checked and name != sent.split(" ")[0].split("*")[0]:
            self._complaint = f"the board said {text!r}: look at the piece"

    def asked_again(self, number: int, *, we_repeated: bool) -> bool:
        """The board wants that line: may it have done it, or a later one, to our harm?

        After a damaged line the ones behind it show gaps too: only the first counts.
        """
        is_first, self._asked = number != self._asked, number
        if any(suspect.number >= number for _, suspect in self._suspects):
            self._places, self._agreed = [], 0
        if not (is_first and self._sees_gap and not we_repeated):
            return False
        harmful = [step for known, step in self._harmful.items() if known >= number]
        mistaken = self._may_be_mistaken(number)
        if not (harmful or mistaken):
            return False
        self._suspects += [(number, step) for step in harmful if step is not None]
        hopeless = mistaken or None in harmful or len(self._suspects) > _SUSPECTS_MAX
        self._is_hopeless = self._is_hopeless or hopeless
        self._last = self._trail.steps[-1].number
        self._places, self._agreed, self.is_open = [], 0, True
        return True

    def told(self, place: Shift) -> None:
        """The board tells where its planned motion ends: X, Y, Z and E."""
        if not self.is_open or self._is_hopeless:
            return
        first = self._suspects[0][0] - 1
        steps = list(self._trail.since(first))
        once = [step for step in self._trail.steps if step.agrees(place)]
        often = any(self._explains(step, place) for step in steps)
        if self._trail.steps[0].number > first or not (once or often):
            self._is_hopeless = True  # too long ago, or it did what nobody sent
            return
        asked = [number for number in self._places if number > self._last]
        if often or not any(step.number in asked for step in once):
            self._agreed = 0
            return
        self._agreed += 1
        if self._agreed == _PLACES_NEEDED:
            self.is_open = False
            self._suspects = []

    def was_done(self, number: int, place: Shift) -> bool | None:
        """Whether a board that stands there has done that line, the last one that it may
        have done; None: the place tells nothing, or that it did what nobody sent.
        """
        steps = [step for step in self._trail.steps if step.number <= number][-2:]
        if len(steps) < len(_TIMES) or steps[-1].number != number:
            return None
        before, after = (step.agrees(place) for step in steps)
        return None if before == after else after

    def _may_be_mistaken(self, number: int) -> bool:
        """Whether a move from that line on may have been read in a later line's mode, or
        from a place that was set for another.
        """
        acts = [step.number for step in self._trail.since(number) if step.acts]
        reset = len(acts) > 1 and any(self._modes.get(one) == "G92" for one in acts)
        return reset or any(mode > first for mode in self._modes for first in acts[:1])

    def _explains(self, step: Step, place: Shift) -> bool:
        """Whether the place is that of a board that did a suspect too often, or was asked
        before all could be done.
        """
        if not step.agrees(place, self._anywhere()):
            return False
        newest = self._suspects[-1][0]
        if step.number < newest and step.agrees(place):
            return True
        return any(step.agrees(place, shift) for shift in self._shifts(step.number))

    def _anywhere(self) -> tuple[float | None, ...]:
        """None on each axis on which a suspect has an effect."""
        shifts = zip(*(suspect.shift for _, suspect in self._suspects), strict=True)
        return tuple(None if any(axis) else 0.0 for axis in shifts)

    def _shifts(self, number: int) -> set[Shift]:
        """How far off the board may be after that line; zero where it doesn't show.

        Lines of a window mostly add alike, so that few of all choices differ.
        """
        found: set[Shift] = set()
        for asked, suspect in self._suspects:
            if number >= asked - 1:
                left = self._left_of(asked, suspect, number)
                found |= {
                    _sum(off, left, times)
                    for off in (*found, _NOWHERE)
                    for times in _TIMES
                }
        return found

    def _left_of(self, asked: int, suspect: Step, number: int) -> Shift:
        """What one time more of it is still off by after line `number`."""
        anchored = "".join(
            step.anchors for step in self._trail.since(asked) if step.number <= number
        )
        return tuple(
            0.0 if axis in anchored else off
            for axis, off in zip(AXES, suspect.shift, strict=True)
        )


def _keep_newest(lines: dict[int, Any]) -> None:
    if len(lines) > STEPS_KEPT:
        del lines[next(iter(lines))]


def _sum(off: Shift, more: Shift, times: int) -> Shift:
    return tuple(
        round(one + times * other, 4) for one, other in zip(off, more, strict=True)
    )
