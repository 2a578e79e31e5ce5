"""When somebody who knows how is in a fab, and when its door is open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from routing.measures import SECONDS_MAX
from routing.scheduling.calendars import merged
from routing.scheduling.problem import Operator, Window

FAR_S: Final = 4 * SECONDS_MAX


class Presence:
    """The hours of all operators, by fab and training."""

    def __init__(self, operators: Iterable[Operator]) -> None:
        """Nothing is worked out before it is asked for."""
        self._of_fab: dict[str, list[Operator]] = {}
        for operator in operators:
            self._of_fab.setdefault(operator.fab, []).append(operator)
        self._known: dict[tuple[str, str], tuple[Window, ...]] = {}

    def hours(self, fab: str, training: str) -> tuple[Window, ...]:
        """Return when one or another who knows `training` ("": anybody) is there."""
        if (fab, training) not in self._known:
            self._known[fab, training] = merged(
                window
                for operator in self._of_fab.get(fab, ())
                if not training or training in operator.trainings
                for window in operator.hours
            )
        return self._known[fab, training]

    def doors(self, fab: str) -> tuple[Window, ...] | None:
        """Return when the fab gives out what is made; None: at any time."""
        return self.hours(fab, "") if fab in self._of_fab else None

    def given_out_s(self, fab: str, ended_s: int) -> int | None:
        """Return when what ended then can leave the fab, None if never."""
        doors = self.doors(fab)
        return ended_s if doors is None else first_s(doors, ended_s)

    def finished_s(self, fab: str, ended_s: int, lag_s: int) -> int | None:
        """Return when `lag_s` of work by hand is done from then on, None if never."""
        if lag_s == 0:
            return ended_s
        doors = self.doors(fab)
        return ended_s + lag_s if doors is None else worked_s(doors, ended_s, lag_s)


def first_s(windows: Sequence[Window], from_s: int) -> int | None:
    """Return the first second from `from_s` on in the sorted windows, None if none."""
    for opens_s, closes_s in windows:
        if from_s <= closes_s:
            return max(opens_s, from_s)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkSpan:
    """What ends in from_s..to_s is done by hand at `lag_s`; so long after, `is_worked`."""

    from_s: int
    to_s: int
    lag_s: int
    is_worked: bool


def work_spans(windows: Sequence[Window], lag_s: int) -> list[WorkSpan]:
    """Return worked_s() as a function of its `from_s`; where that is None, nothing."""
    marks, before_s = {second for window in windows for second in window}, 0
    for opens_s, closes_s in windows:
        for other in windows:  # the last end of which the rest is done by its closing
            worked = sum(c - o for o, c in windows if c <= other[1])
            last_s = opens_s + worked - lag_s - before_s
            if opens_s < last_s < closes_s:
                marks.add(last_s)
        before_s += closes_s - opens_s
    found = []
    from_s = -FAR_S
    for to_s in sorted(marks):
        first, last = (worked_s(windows, end_s, lag_s) for end_s in (from_s, to_s))
        if first is not None and last is not None:
            is_worked = last > first
            told_s = last - to_s if is_worked else last
            found.append(
                WorkSpan(from_s=from_s, to_s=to_s, lag_s=told_s, is_worked=is_worked)
            )
        from_s = to_s + 1
    return found


def worked_s(windows: Sequence[Window], from_s: int, lag_s: int) -> int | None:
    """Return when so much is done within the sorted windows; None: never.

    They neither overlap nor touch; `lag_s` is more than 0.
    """
    for opens_s, closes_s in windows:
        begins_s = max(opens_s, from_s)
        if closes_s - begins_s >= lag_s:
            return begins_s + lag_s
        lag_s -= max(0, closes_s - begins_s)
    return None
