"""What every simulated board offers to the loop that hosts it."""

from dataclasses import asdict, dataclass
from typing import Protocol


@dataclass(slots=True, kw_only=True)
class Counters:
    """What really happened on a board: the oracle that no host program can see.

    `path_crc` runs over every executed target in micrometres, so two boards that
    made the same moves in the same order agree on it.
    """

    lines_executed: int = 0
    moves_taken: int = 0  # lines that move an axis
    programs_started: int = 0  # by the line that opens every program of ours
    blocks_executed: int = 0
    steps: tuple[int, int, int] = (0, 0, 0)  # sum of absolute steps, each axis
    path_crc: int = 0
    path: list[tuple[float, float, float]] | None = None  # kept where a list is given
    extruded_mm: float = 0.0
    bytes_received: int = 0
    bytes_overrun: int = 0  # lost because the receive buffer was full
    resets: int = 0
    power_cuts: int = 0

    def as_json(self) -> dict[str, object]:
        """Plain values, by name."""
        return asdict(self)


class Board(Protocol):
    """A pure state machine; times are the board's own seconds and never go back."""

    counters: Counters

    @property
    def baud(self) -> int:
        """The rate that its serial port is set to."""
        ...

    def receive(self, chunk: bytes, now_s: float) -> None:
        """Bytes arrived on the wire, the last of them at `now_s`."""
        ...

    def advance(self, now_s: float) -> bytes:
        """Live until `now_s`; the bytes said on the way."""
        ...

    def next_event_s(self) -> float | None:
        """When something may be said without a byte coming in; None: never."""
        ...

    def reset(self, now_s: float) -> None:
        """The reset line (DTR on opening): RAM and position are lost."""
        ...

    def power_cut(self, now_s: float) -> None:
        """Power goes and comes back."""
        ...

    def oracle(self, now_s: float) -> dict[str, object]:
        """Counters, true position and what is on (spindle, heaters)."""
        ...
