"""When somebody who knows how is in a fab, and when its door is open."""

from collections.abc import Iterable, Sequence

from routing.scheduling.calendars import merged
from routing.scheduling.problem import Operator, Window


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


def first_s(windows: Sequence[Window], from_s: int) -> int | None:
    """Return the first second from `from_s` on in the sorted windows, None if none."""
    for opens_s, closes_s in windows:
        if from_s <= closes_s:
            return max(opens_s, from_s)
    return None
