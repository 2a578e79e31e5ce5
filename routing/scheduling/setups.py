"""How long a machine is made ready between one task and the next."""

from collections.abc import Iterable
from itertools import pairwise

from routing.scheduling.problem import Setups


def setup_s(setups: Setups | None, before: str | None, after: str) -> int:
    """Return the seconds from `before` (None: nothing is known) to `after`."""
    if setups is None or before is None:
        return 0
    other_s = 0 if before == after else setups.other_s
    return setups.seconds.get((before, after), other_s)


def all_setups_s(setups: Setups | None, sequence: Iterable[str]) -> int:
    """Return the seconds of all set-ups of tasks that follow each other so."""
    if setups is None:
        return 0
    return sum(
        setup_s(setups, before, after)
        for before, after in pairwise([setups.loaded, *sequence])
        if after is not None
    )
