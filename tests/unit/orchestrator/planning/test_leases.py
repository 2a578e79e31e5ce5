"""Of many processes one plans a cell at a time; who dies in mid-plan is followed soon."""

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from sqlalchemy import Engine, select

from orchestrator.planning.lease import give_back, kept, take
from orchestrator.planning.plan import replan
from orchestrator.planning.rows import PlanLeaseRow, PlanRow, PlanWishRow
from orchestrator.planning.worker import PlanWorker
from routing.cells import FIRST
from routing.joint.problem import JointPlan, JointProblem
from routing.joint.solve import solve
from tests.unit.orchestrator.region import NOON, PACE, Region

LEASE_S = 3.0
WAIT_MAX_S = 60.0
DYING = """
import sys, time
from tests.unit.orchestrator.region import TurnedClock
from orchestrator.foundation.database import engine_of, readers, writers
from orchestrator.foundation.migrate import know_all_rows
from orchestrator.planning.travel import region_map
from orchestrator.planning.worker import PlanWorker

know_all_rows()
engine = engine_of(sys.argv[1])

def think(problem):
    print("thinking", flush=True)
    time.sleep(600)

PlanWorker(
    writers(engine), readers(engine), region_map("helsinki", None, ""), TurnedClock(),
    solver=think, debounce_s=0, holder="dying", lease_s=float(sys.argv[2]),
).step()
"""


def worker(region: Region, holder: str) -> PlanWorker:
    return PlanWorker(
        region.sessions,
        region.reading,
        region.ground,
        region.clock,
        pace=PACE,
        debounce_s=0,
        holder=holder,
        lease_s=LEASE_S,
    )


def once(true: Callable[[], bool]) -> None:
    """Wait for it; a busy computer only makes it later."""
    give_up_at_s = time.monotonic() + WAIT_MAX_S
    while not true():
        assert time.monotonic() < give_up_at_s
        time.sleep(0.05)


def renewed(region: Region) -> None:
    """Wait until the lease of the region ends later than now."""

    def until_s() -> float:
        with region.reading() as session:
            return session.get_one(PlanLeaseRow, FIRST).until_s

    before_s = until_s()
    once(lambda: until_s() > before_s)


def wishes(region: Region) -> list[str]:
    with region.reading() as session:
        return list(session.scalars(select(PlanWishRow.reason)))


def test_one_holds_a_cell_until_it_gives_it_back_or_runs_out(region: Region) -> None:
    hold = partial(take, region.sessions)
    first = hold("one")
    assert first is not None
    assert hold("two") is None
    assert hold("two", cell="elsewhere") is not None
    again = hold("one")  # after a crash: at once
    assert again is not None
    assert again.fence == first.fence + 1
    give_back(region.sessions, first)  # an earlier life has nothing to give
    assert hold("two") is None
    give_back(region.sessions, again)
    second = hold("two", lease_s=0.05)
    assert second is not None
    with kept(region.sessions, second, lease_s=LEASE_S):
        renewed(region)
        assert hold("one") is None
    once(lambda: hold("one") is not None)


def test_a_plan_thought_out_under_a_lost_lease_is_not_written(region: Region) -> None:
    region.order("clip", quantity=2)
    lease = take(region.sessions, "one", lease_s=0)

    def slow(problem: JointProblem) -> JointPlan:
        assert take(region.sessions, "two") is not None
        return solve(problem, budget=PACE.budget)

    told = replan(
        region.sessions,
        region.reading,
        region.ground,
        region.clock,
        solver=slow,
        lease=lease,
    )
    assert told is None
    assert wishes(region)
    with region.reading() as session:
        assert session.scalars(select(PlanRow)).all() == []


def test_a_worker_killed_in_mid_plan_is_followed_when_its_lease_runs_out(
    region: Region, database: Engine
) -> None:
    order_id = region.order("clip", quantity=2)
    url = database.url.render_as_string(hide_password=False)
    dying = subprocess.Popen(
        [sys.executable, "-c", DYING, url, str(LEASE_S)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert dying.stdout is not None
    try:
        assert dying.stdout.readline() == "thinking\n"
        other = worker(region, "other")
        renewed(region)
        assert not other.step()  # the first lives
    finally:
        dying.kill()
        dying.wait()
        dying.stdout.close()
    once(other.step)
    assert region.row(order_id).state == "planned"
    assert wishes(region) == []
    assert region.clock.at == NOON
