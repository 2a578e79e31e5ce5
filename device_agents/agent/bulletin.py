"""What is true now: the newest capability and state of each machine, and alarms.

Nothing here is kept on a disk; whoever comes late gets the newest and no more.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from device_agents.contract.messages import Capability, MachineState

ALARMS_KEPT = 50

type News = Capability | MachineState


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that a person at the lab should know."""

    code: str
    text: str


class Bulletin:
    """The board on which every thread of the agent pins its newest word."""

    def __init__(self, ring: Callable[[], None]) -> None:
        """`ring` wakes whoever tells the news on."""
        self._ring = ring
        self._lock = threading.Lock()
        self._news: dict[tuple[str, str], tuple[int, News]] = {}
        self._count = 0
        self._alarms: deque[Alarm] = deque(maxlen=ALARMS_KEPT)

    def pin(self, news: News) -> None:
        """Replace what was said before about the same machine."""
        with self._lock:
            self._count += 1
            self._news[news.kind, news.machine_id] = (self._count, news)
        self._ring()

    def since(self, seen: int) -> tuple[int, list[News]]:
        """What was pinned after `seen`, oldest first, and the new `seen`."""
        with self._lock:
            fresh = sorted(
                (pair for pair in self._news.values() if pair[0] > seen),
                key=lambda pair: pair[0],
            )
            return self._count, [news for _number, news in fresh]

    def state(self, machine_id: str) -> MachineState | None:
        """The newest state of a machine."""
        with self._lock:
            found = self._news.get(("state", machine_id))
        return found[1] if found and isinstance(found[1], MachineState) else None

    def alarm(self, code: str, text: str) -> None:
        """Tell the people at the lab."""
        with self._lock:
            self._alarms.append(Alarm(code=code, text=text[:500]))
        self._ring()

    def alarms(self) -> list[Alarm]:
        """The newest alarms, oldest first."""
        with self._lock:
            return list(self._alarms)
