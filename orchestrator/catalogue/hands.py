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


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """Seconds of a person that follow a step: after each run, and by finished piece.

    `names`: of the work that is done once for a piece.
    """

    run_s: int
    piece_s: int
    names: tuple[str, ...] = ()


def by_hand(steps: Sequence[Runs], hands: Sequence[Hand]) -> list[ByHand]:
    """By step, what is done by hand after its runs, before anything else of the order.

    `steps`: as published, what they carry included. What waits for several steps
    follows each of them, and so does what is done by hand after that.
    """
    own: list[list[Hand]] = [[] for _ in steps]
    follows: list[set[int]] = []  # by hand, the steps that it follows
    for hand in hands:
        steps_before = {one for one in hand.after if one < len(steps)}
        for one in hand.after:
            if one >= len(steps):
                steps_before |= follows[one - len(steps)]
        follows.append(steps_before or {0})
        for position in follows[-1]:
            own[position].append(hand)
    return [
        ByHand(
            run_s=step.labour_s - carried,
            piece_s=sum(hand.labour_s for hand in after),
            names=tuple(hand.name for hand in after),
        )
        for step, carried, after in zip(
            steps, carried_s(steps, hands), own, strict=True
        )
    ]


def lag_s(
    step: Runs, work: ByHand, *, quantity: int, run: int, clear_s: int = 0
) -> int:
    """Return how long people work on what comes out of a run (0-based) of a step.

    Of an order of `quantity` pieces. One person does it, for this run and for those
    after it, and for each piece that is not complete without them. So whichever run
    ends last, the work of all of them is never thought to be over too soon, and where
    they end in their order to the second. `clear_s` of each run is done already:
    the pieces are taken out while its machine is cleared.
    """
    runs = ceil(quantity * step.quantity / step.pieces_per_run)
    complete = run * step.pieces_per_run // step.quantity
    after_runs_s = max(0, work.run_s - clear_s) * (runs - run)
    return after_runs_s + work.piece_s * (quantity - complete)
