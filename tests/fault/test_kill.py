"""kill -9 of server, agent and broker at seeded moments of a region's life.

Nothing that was promised is lost, nothing is doubled, no machine runs a job twice.
"""

import random
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.fault.people import People, at_work
from tests.fault.region import KINDS, FaultRegion, Kind, passable_folder, running
from tests.fault.tally import Tally, settle, tally

SEED = 20261123
DESIGNS = ("hook", "strap-clip", "coaster", "sign", "book-stand", "poster")
BACK_WITHIN_S = 10.0
SOAK_KILLS = 30
QUICK_FACTOR = 100.0  # the soak's clock turns 60 times as fast as the wall


@pytest.mark.parametrize(
    ("empty_database_url", "each"),
    [("sqlite", 2), ("postgresql", 1)],
    indirect=["empty_database_url"],
)
def test_a_region_survives_the_loss_of_any_process(
    empty_database_url: str, each: int, tmp_path: Path
) -> None:
    draw = random.Random(SEED)
    kinds = [kind for kind in KINDS for _ in range(each)]
    draw.shuffle(kinds)
    with (
        passable_folder() as folder,
        running(
            folder,
            labs=("esplanadi",),
            database_url=empty_database_url,
            factor=QUICK_FACTOR,
        ) as region,
        at_work(region, designs=DESIGNS, open_orders_max=4, seed=SEED) as people,
    ):
        region.wait(
            "a first order is kept", lambda: bool(people.noted.orders), wait_s=180
        )
        _pull_plugs(region, kinds, draw, gap_s=(0.5, 4.0))
        settle(people)
        judged = tally(people, tmp_path / "ledger.jsonl")
        _print("all", len(kinds), judged, None)
        _hold(region, people, judged)
        assert judged.orders >= each
        assert judged.entries > 0


@pytest.mark.soak
@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_thirty_plugs_of_each_kind(empty_database_url: str, tmp_path: Path) -> None:
    draw = random.Random(SEED)
    before: Tally | None = None
    with (
        passable_folder() as folder,
        running(
            folder,
            labs=("esplanadi", "rautatientori"),
            database_url=empty_database_url,
        ) as region,
        at_work(region, designs=DESIGNS, open_orders_max=8, seed=SEED) as people,
    ):
        for kind in KINDS:
            people.calm.clear()
            _pull_plugs(region, [kind] * SOAK_KILLS, draw, gap_s=(3.0, 11.0))
            settle(people)
            judged = tally(people, tmp_path / f"after-{kind}.jsonl")
            _print(kind, SOAK_KILLS, judged, before)
            _hold(region, people, judged)
            before = judged
        assert before is not None
        assert before.unknown > 0  # some kill met a machine at work


def _pull_plugs(
    region: FaultRegion,
    kinds: Sequence[Kind],
    draw: random.Random,
    *,
    gap_s: tuple[float, float],
) -> None:
    for kind in kinds:
        time.sleep(draw.uniform(*gap_s))
        took_s = region.kill(kind, which=draw.randrange(100))
        print(f"{kind} is back after {took_s:.1f} s", flush=True)


def _hold(region: FaultRegion, people: People, judged: Tally) -> None:
    assert judged.lost == []
    assert judged.doubled == []
    assert judged.broken == []
    assert people.noted.checkpoints
    slow = {
        kind: took for kind, took in region.back_s.items() if max(took) > BACK_WITHIN_S
    }
    assert not slow, f"not back within {BACK_WITHIN_S} s (I8): {slow}"


def _print(kind: str, kills: int, now: Tally, before: Tally | None) -> None:
    """One line as `make soak` shows it: what was under way while plugs were pulled."""
    orders, events, entries = now.orders, now.job_events, now.entries
    if before is not None:
        orders, events = orders - before.orders, events - before.job_events
        entries -= before.entries
    print(
        f"kill -9 of {kind}: {kills} kills, {orders} orders, {events} job events, "
        f"{entries} ledger entries; lost {len(now.lost)}, doubled {len(now.doubled)}",
        flush=True,
    )
