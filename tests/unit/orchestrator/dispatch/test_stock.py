"""What a job takes is taken off its lab's stock, once, however it ends."""

from dataclasses import replace

import pytest

from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.verdict import judge
from orchestrator.dispatch.witness import Witness
from orchestrator.network.stock import Said, say_stock, stocks
from tests.unit.orchestrator.dispatch.test_facts import sent
from tests.unit.orchestrator.region import Region


def counted(region: Region, command: StartJob) -> None:
    """The command's lab counts what it has: 100 g, of which the job takes 24."""
    lab = region.lab_of(command.machine_id)
    with region.sessions.begin() as session:
        said = Said(kind="counted", material="pla", amount="100 g")
        say_stock(
            session, lab.facility_id, said, by=lab.operator_id, now=region.clock.at
        )


def left_g(region: Region, command: StartJob) -> float:
    lab = region.lab_of(command.machine_id)
    with region.reading() as session:
        (stock,) = stocks(session, [lab.facility_id])
    return stock.grams


@pytest.mark.parametrize(
    ("event", "done_ratio", "wanted_g"),
    [
        ("completed", None, 76),
        ("failed", 0.25, 94),
        ("failed", None, 76),
        ("interrupted", 0.5, 88),
        ("unknown", 0.5, 100),
    ],
)
def test_every_end_takes_what_the_machine_used_once(
    region: Region, event: str, done_ratio: float | None, wanted_g: float
) -> None:
    command = sent(region)
    counted(region, command)
    region.tell(region.happened(command, "started"))
    assert left_g(region, command) == 100
    fact = replace(region.happened(command, event), done_ratio=done_ratio)
    region.tell(fact, fact)
    assert left_g(region, command) == wanted_g


def test_what_never_began_takes_nothing(region: Region) -> None:
    command = sent(region)
    counted(region, command)
    region.tell(region.accepted(command, "refused"))
    region.tell(region.happened(command, "failed"))
    assert left_g(region, command) == 100


def test_who_judges_a_job_says_that_its_material_is_gone(region: Region) -> None:
    command = sent(region)
    counted(region, command)
    region.tell(
        region.happened(command, "started"), region.happened(command, "unknown")
    )
    with region.sessions.begin() as session:
        judge(
            session,
            Witness(key=region.key, now=region.clock.at),
            command.job_id,
            agent_id=region.lab_of(command.machine_id).operator_id,
            pieces_good=1,
        )
    assert left_g(region, command) == 76
    region.tell(region.happened(command, "completed"))
    assert left_g(region, command) == 76
