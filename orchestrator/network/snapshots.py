"""The newest camera picture of each machine, in memory alone: nothing of it is kept."""

import threading
from dataclasses import dataclass
from typing import Final

from orchestrator.foundation.clock import Clock, WallClock
from orchestrator.foundation.errors import InvalidInputError

NEW_FOR_S: Final = 120.0  # of the wall, as cameras live by it; then it is forgotten
KINDS: Final = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One picture, as its machine's device sent it."""

    content: bytes
    media_type: str


class Snapshots:
    """By machine the newest picture; safe for use by several threads."""

    def __init__(self, wall: Clock | None = None) -> None:
        self._wall = wall or WallClock()
        self._lock = threading.Lock()
        self._newest: dict[str, tuple[float, Snapshot]] = {}

    def take(self, machine_id: str, snapshot: Snapshot) -> None:
        """Replace the one before. Errors: InvalidInputError for what is no picture."""
        begins = KINDS.get(snapshot.media_type)
        if begins is None or not snapshot.content.startswith(begins):
            raise InvalidInputError(
                "a snapshot is a JPEG or a PNG, and says which", field="Content-Type"
            )
        with self._lock:
            self._newest[machine_id] = self._wall.monotonic_s(), snapshot

    def newest(self, machine_id: str) -> Snapshot | None:
        """The picture, unless it is old."""
        with self._lock:
            at_s, found = self._newest.get(machine_id, (0.0, None))
            if found is not None and self._wall.monotonic_s() - at_s > NEW_FOR_S:
                del self._newest[machine_id]
                return None
            return found
