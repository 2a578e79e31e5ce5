"""What real jobs take moves the next quote: of their machine, their process, no other."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from orchestrator.catalogue.estimates.learned import Pace
from orchestrator.catalogue.found import Estimate
from orchestrator.catalogue.rows import StepRow
from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.facts import Rest
from orchestrator.network.facilities import arm_s, clear_s, facility_of
from orchestrator.network.rows import PaceRow
from orchestrator.orders.quotes import Offer
from orchestrator.planning.paces import Paces, paces
from orchestrator.planning.wishes import wish
from tests.unit.orchestrator.region import Region

TOLD_S = 600
FDM = "3DP"
HERE, THERE = "fdm-printer-kamppi", "fdm-printer-kallio"
REST = Rest(layer=62, done_ratio=0.5, remaining_s=300.0)

type Way = Callable[[Region, StartJob], None]


def learned(region: Region) -> Paces:
    with region.reading() as session:
        return paces(session, [HERE, THERE])


def of_all(region: Region) -> Pace:
    return learned(region).by_process.get(FDM, Pace())


def clip(region: Region) -> StepRow:
    with region.reading() as session:
        return session.scalars(
            select(StepRow).where(StepRow.version_id == region.versions["clip"])
        ).one()


def next_job(region: Region) -> StartJob:
    """One job of the clip's only step, at the first lab: the other one is away."""
    region.tell(region.death(region.labs[1]))
    region.order("clip", quantity=2, hours=20)
    with region.sessions.begin() as session:
        wish(session, "next", region.clock.at)
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    assert isinstance(command, StartJob)
    assert command.machine_id == HERE
    return command


def make(region: Region, *ratios: float) -> None:
    for ratio in ratios:
        region.make(next_job(region), seconds=TOLD_S * ratio)


def test_slow_jobs_move_the_next_quote_and_make_it_surer(region: Region) -> None:
    region.tell(region.death(region.labs[1]))
    before = region.offer("clip", quantity=2, hours=20)
    assert isinstance(before, Offer)
    (cost,) = before.steps
    assert (cost.setup_s + cost.run_s, cost.setup_s) == (TOLD_S, 60)
    told = Estimate(value=TOLD_S, plus_minus=0.15 * TOLD_S, source="told")
    doubts = []
    for count in (4, 8):
        make(region, *[1.3] * 4)
        own = learned(region).of(HERE, FDM)
        assert own.jobs == count
        doubts.append(own.of(told).plus_minus / own.of(told).value)
    assert 0.15 > doubts[0] > doubts[1]
    factor = learned(region).of(HERE, FDM).factor
    assert 1.2 < factor < 1.3

    after = region.offer("clip", quantity=2, hours=20)
    assert isinstance(after, Offer)
    (cost,) = after.steps
    takes_s = cost.setup_s + cost.run_s
    assert takes_s == pytest.approx(TOLD_S * factor, abs=1)
    assert 1.2 * TOLD_S < takes_s < 1.3 * TOLD_S


def test_it_is_planned_so_at_that_machine(region: Region) -> None:
    make(region, *[1.3] * 8)
    takes_s = learned(region).machine_s(clip(region), HERE)
    assert takes_s > 1.15 * TOLD_S
    order_id = region.order("clip", quantity=2, hours=20)
    region.plan()
    (task,) = region.tasks(order_id)
    assert task.start_at is not None
    assert task.end_at is not None
    with region.reading() as session:
        lab = facility_of(session, region.labs[0].facility_id)
        hands_s = arm_s(lab) + clear_s(lab)
    assert (task.end_at - task.start_at).total_seconds() == hands_s + takes_s


def test_each_machine_and_each_process_has_its_own(region: Region) -> None:
    make(region, *[1.3] * 10)
    found = learned(region)
    own, other = found.of(HERE, FDM), found.of(THERE, FDM)
    assert other == found.by_process[FDM]  # until it has jobs, as all of its kind
    assert 1.15 < other.factor < own.factor < 1.3
    assert found.of(HERE, "LAS") == Pace()
    with region.sessions.begin() as session:
        session.add(
            PaceRow(machine_id=THERE, process=FDM, jobs=40, middle=0.0, spread=0.05)
        )
    found = learned(region)
    assert found.of(THERE, FDM).factor < 1.03
    assert found.of(HERE, FDM).factor > 1.17


def test_one_wild_job_spoils_nothing(region: Region) -> None:
    make(region, *[1.3] * 8)
    before = of_all(region).factor
    make(region, 3.9)
    assert of_all(region).factor == pytest.approx(before, rel=0.03)
    make(region, 30.0)  # somebody forgot it
    assert of_all(region).jobs == 9


def interrupted(region: Region, command: StartJob) -> None:
    region.tell(region.happened(command, "interrupted"))


def cancelled(region: Region, command: StartJob) -> None:
    region.tell(region.happened(command, "cancelled"))


def failed(region: Region, command: StartJob) -> None:
    region.tell(region.happened(command, "failed"))


def paused(region: Region, command: StartJob) -> None:
    region.tell(region.happened(command, "paused"))
    region.clock.turn(300)
    region.tell(region.happened(command, "resumed"))
    region.clock.turn(300)
    region.tell(region.happened(command, "completed"))


def went_on(region: Region, command: StartJob) -> None:
    region.tell(replace(region.happened(command, "interrupted"), rest=REST))
    region.clock.turn(300)
    region.tell(replace(region.happened(command, "resumed"), rest=REST))
    region.clock.turn(300)
    region.tell(region.happened(command, "completed"))


def counted(region: Region, command: StartJob) -> None:
    region.tell(region.happened(command, "unknown"))
    region.clock.turn(600)
    region.tell(replace(region.happened(command, "cleared"), pieces_good=2))


@pytest.mark.parametrize(
    "way", [interrupted, cancelled, failed, paused, went_on, counted]
)
def test_only_whole_jobs_count(region: Region, way: Way) -> None:
    command = next_job(region)
    region.tell(region.accepted(command), region.happened(command, "armed"))
    region.tell(region.happened(command, "started"))
    region.clock.turn(900)
    way(region, command)
    assert of_all(region) == Pace()


def test_what_is_learned_is_not_learned_twice(region: Region) -> None:
    """Were the corrected time what jobs are measured by, it would creep back."""
    make(region, *[1.3] * 20)
    assert learned(region).of(HERE, FDM).factor == pytest.approx(1.3, rel=0.05)
