"""Time as it passes for a courier with breaks: a break begins as early as it may.

At its earliest, or when the service then under way has ended; driving and waiting are
interrupted. A service that would not end before a break's latest begins after it. So
all that follows is a function of when the courier is free, and never the worse for
being free earlier. Unused places of `breaks` hold FOREVER.
"""

from routing.compiled import entry
from routing.couriers.kernels.layout import PAUSE, PAUSE_DURATION, PAUSE_LATEST, Floats


@entry
def begin_at(
    breaks: Floats, r: int, free: float, drive: float, earliest: float, service: float
) -> float:
    """Return when a stop begins that is `drive` away from where one is free."""
    arrive = free + drive
    if breaks.shape[1] == 0:
        return max(arrive, earliest)
    for k in range(breaks.shape[1]):
        if free < breaks[r, k, PAUSE] <= arrive:
            arrive += breaks[r, k, PAUSE_DURATION]
    begin = max(arrive, earliest)
    for k in range(breaks.shape[1]):
        pause = breaks[r, k, PAUSE]
        if arrive < pause and (
            begin >= pause or begin + service > breaks[r, k, PAUSE_LATEST]
        ):
            begin = max(begin, pause + breaks[r, k, PAUSE_DURATION])
    return begin


@entry
def free_after(breaks: Floats, r: int, begin: float, service: float) -> float:
    """Return when one is free after a stop and a break that came due during it."""
    free = begin + service
    for k in range(breaks.shape[1]):
        if begin < breaks[r, k, PAUSE] <= free:
            free += breaks[r, k, PAUSE_DURATION]
    return free


@entry
def leave_for(breaks: Floats, r: int, begin: float, drive: float) -> float:
    """Return when to leave at the latest so as to begin a stop then."""
    leave = begin - drive
    for k in range(breaks.shape[1] - 1, -1, -1):
        over = breaks[r, k, PAUSE] + breaks[r, k, PAUSE_DURATION]
        if begin >= over > leave:
            leave -= breaks[r, k, PAUSE_DURATION]
    return leave
