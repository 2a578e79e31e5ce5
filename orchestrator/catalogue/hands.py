"""Work by hand among the steps of a design, and whose work it is counted with."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Protocol


class Runs(Protocol):
    """A step on a machine, `quantity` of whose parts go into one finished piece."""

    @property
    def labour_s(self) -> int: ...

    @property
    def pieces_per_run(self) -> int: ...

    @property
    def quantity(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Work without a machine, once for each finished piece.

    Steps are numbered by position, hands go on from there, each after those it waits
    for: `after` may hold both. `before`: positions of the steps that wait for it.
    """

    name: str
    labour_s: int
    after: tuple[int, ...]
    before: tuple[int, ...]


def carried_s(steps: Sequence[Runs], hands: Sequence[Hand]) -> list[int]:
    """By step, the seconds of work by hand that are counted with each of its runs.

    It is done by those who run the last step before it (the first step, where none
    is), for all finished pieces that the run's parts go into.
    """
    found = [0] * len(steps)
    last: list[int] = []  # by hand, the step whose people do it
    for hand in hands:
        before = [
            one if one < len(steps) else last[one - len(steps)] for one in hand.after
        ]
        position = max(before, default=0)
        last.append(position)
        step = steps[position]
        found[position] += ceil(hand.labour_s * step.pieces_per_run / step.quantity)
    return found
