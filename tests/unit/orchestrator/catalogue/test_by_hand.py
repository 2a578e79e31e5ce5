"""How long people work on what comes out of the runs of an order."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.catalogue.hands import ByHand, Hand, by_hand, carried_s, lag_s
from orchestrator.planning.tasks import run_sizes


@dataclass(frozen=True, kw_only=True)
class Step:
    """As much of a step as work by hand asks for."""

    labour_s: int = 0
    pieces_per_run: int = 1
    quantity: int = 1


def hand(name: str, labour_s: int, *after: int) -> Hand:
    return Hand(name=name, labour_s=labour_s, after=after, before=())


def published(steps: list[Step], hands: list[Hand]) -> list[Step]:
    """With what the steps carry, as rows have it."""
    return [
        Step(
            labour_s=step.labour_s + carried,
            pieces_per_run=step.pieces_per_run,
            quantity=step.quantity,
        )
        for step, carried in zip(steps, carried_s(steps, hands), strict=True)
    ]


def test_work_follows_each_step_that_it_waits_for_straight_or_through_hands() -> None:
    """Whichever of legs and top comes last, they are joined, and looked at, after it."""
    steps = [Step(labour_s=30, quantity=4), Step(labour_s=10), Step()]
    hands = [hand("join", 120, 0, 1), hand("look", 60, 3), hand("pack", 5)]
    assert by_hand(published(steps, hands), hands) == [
        ByHand(run_s=30, piece_s=185, names=("join", "look", "pack")),
        ByHand(run_s=10, piece_s=180, names=("join", "look")),
        ByHand(run_s=0, piece_s=0),
    ]


def test_the_last_run_leaves_the_piece_that_it_completes() -> None:
    """Two stools of four legs, two a run: each of the last two runs ends a stool's."""
    leg = Step(pieces_per_run=2, quantity=4)
    work = ByHand(run_s=0, piece_s=100)
    lags = [lag_s(leg, work, quantity=2, run=run) for run in range(4)]
    assert lags == [200, 200, 100, 100]


def test_taking_out_is_done_while_the_machine_is_cleared() -> None:
    work = ByHand(run_s=400, piece_s=0)
    assert lag_s(Step(), work, quantity=3, run=1, clear_s=300) == 200
    assert lag_s(Step(), work, quantity=3, run=1, clear_s=500) == 0


SECONDS = st.integers(0, 500)


@given(
    step=st.builds(Step, pieces_per_run=st.integers(1, 5), quantity=st.integers(1, 5)),
    work=st.builds(ByHand, run_s=SECONDS, piece_s=SECONDS),
    pieces=st.integers(1, 12),
    ends=st.data(),
)
def test_one_person_is_never_done_later_and_in_their_order_never_sooner(
    step: Step, work: ByHand, pieces: int, ends: st.DataObject
) -> None:
    """Somebody goes from run to run as they end, and to a piece once it is complete."""
    sizes = run_sizes(pieces * step.quantity, step.pieces_per_run)
    times = st.lists(st.integers(0, 3_000), min_size=len(sizes), max_size=len(sizes))
    ended_s = ends.draw(times)
    told_s = max(
        end_s + lag_s(step, work, quantity=pieces, run=run)
        for run, end_s in enumerate(ended_s)
    )
    assert told_s >= _done_s(sizes, ended_s, step.quantity, work)
    ended_s.sort()
    told_s = max(
        end_s + lag_s(step, work, quantity=pieces, run=run)
        for run, end_s in enumerate(ended_s)
    )
    assert told_s == _done_s(sizes, ended_s, step.quantity, work)


def _done_s(sizes: list[int], ended_s: list[int], quantity: int, work: ByHand) -> int:
    at_s, parts, complete = 0, 0, 0
    for end_s, size in sorted(zip(ended_s, sizes, strict=True)):
        parts += size
        newly = parts // quantity - complete
        complete += newly
        at_s = max(at_s, end_s) + work.run_s + work.piece_s * newly
    return at_s
