"""Facts move a job forward once, in whatever order and however often they come."""

from dataclasses import replace
from typing import get_args

import pytest
from sqlalchemy import func, select

from device_agents.contract.messages import MachineState
from orchestrator.dispatch.commands import ControlJob, StartJob
from orchestrator.dispatch.errors import (
    ForeignFactError,
    ImplausibleFactError,
    UnknownJobError,
)
from orchestrator.dispatch.lives import STATE_WORDS
from orchestrator.dispatch.recovery import Recovered, recover
from orchestrator.dispatch.referee import breaches
from orchestrator.dispatch.verdict import NothingToJudgeError, judge
from orchestrator.dispatch.witness import Witness
from orchestrator.foundation.signing import BadSignatureError
from orchestrator.ledger.append import Signed
from orchestrator.ledger.rows import EVENT, EntryRow
from orchestrator.orders.life import cancel, held_order
from orchestrator.planning.wishes import is_wanted, wish
from tests.unit.orchestrator.region import Region


def sent(region: Region, design: str = "clip", quantity: int = 2) -> StartJob:
    """An order with one run, planned, and its command on the way to the machine."""
    region.order(design, quantity=quantity)
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    assert isinstance(command, StartJob)
    return command


def entry_count(region: Region) -> int:
    with region.reading() as session:
        events = select(func.count()).where(EntryRow.kind == EVENT)
        return session.scalar(events) or 0


def wanted(region: Region) -> bool:
    with region.reading() as session:
        return is_wanted(session)


def sound(region: Region, *, settled: bool = False) -> None:
    with region.reading() as session:
        assert breaches(session, settled=settled) == []


def test_the_command_says_all_that_the_device_needs(region: Region) -> None:
    command = sent(region)
    lab = region.lab_of(command.machine_id)
    order = region.row(command.credit.order_id)
    assert command.program is not None
    assert command.program.path == f"/api/v1/files/{command.program.sha256}"
    assert (command.pieces, command.expected_s, command.material) == (2, 540, "PLA")
    assert command.credit.owner_id == lab.owner_id
    assert command.credit.maker_id == lab.operator_id
    assert command.credit.receiver_id == order.shop_id
    assert command.credit.material_g == 24
    assert str(order.number) in command.label
    assert command.not_after > region.clock.at


def test_a_task_is_sent_once_and_only_to_an_idle_machine(region: Region) -> None:
    command = sent(region)
    assert region.send() == []
    region.order("clip", quantity=2)
    region.plan()
    region.tell(region.state(command.machine_id, "needs-arming", command.job_id))
    region.clock.turn(60)
    other = region.send()
    assert all(one.machine_id != command.machine_id for one in other)


def test_every_fact_twice_has_one_effect(region: Region) -> None:
    command = sent(region)
    facts = [
        region.accepted(command),
        *(region.happened(command, event) for event in ("armed", "started")),
    ]
    for fact in facts:
        region.tell(fact, fact)
    region.clock.turn(500)
    done = region.happened(command, "completed")
    region.tell(done)
    once = entry_count(region)
    region.tell(done, *facts, done, region.happened(command, "cleared"))
    assert entry_count(region) == once
    assert region.job(command.job_id).state == "completed"
    assert [task.state for task in region.tasks(command.credit.order_id)] == ["done"]
    sound(region, settled=True)


def test_who_armed_stays_with_the_job(region: Region) -> None:
    command = sent(region)
    armed = replace(region.happened(command, "armed"), by="Aino")
    region.tell(region.accepted(command), armed, region.happened(command, "started"))
    region.tell(region.happened(command, "armed"))  # a copy that names nobody
    assert region.job(command.job_id).armed_by == "Aino"


def test_facts_in_the_wrong_order_end_alike(region: Region) -> None:
    command = sent(region)
    early = [
        region.accepted(command),
        region.happened(command, "armed"),
        region.happened(command, "started"),
    ]
    region.clock.turn(500)
    region.tell(region.happened(command, "completed"), *reversed(early))
    job = region.job(command.job_id)
    assert job.state == "completed"
    assert job.armed_at is not None
    assert job.started_at is not None
    assert region.row(command.credit.order_id).state == "made"
    sound(region, settled=True)


def test_the_first_end_stands(region: Region) -> None:
    command = sent(region)
    region.tell(
        region.happened(command, "started"),
        region.happened(command, "completed"),
        region.happened(command, "failed"),
        region.happened(command, "unknown"),
    )
    assert region.job(command.job_id).state == "completed"
    sound(region)


def test_a_strange_device_is_refused_and_changes_nothing(region: Region) -> None:
    command = sent(region)
    other = next(
        lab for lab in region.labs if lab.device_id != command.device_id
    ).device_id
    fact = region.happened(command, "completed")
    with pytest.raises(ForeignFactError):
        region.tell(replace(fact, device_id=other))
    with pytest.raises(ForeignFactError):
        region.tell(replace(fact, fence=fact.fence + 1))
    with pytest.raises(ForeignFactError):
        region.tell(replace(region.accepted(command), device_id=other))
    with pytest.raises(UnknownJobError):
        region.tell(replace(fact, job_id="task-00000000000000"))
    assert region.job(command.job_id).state == "sent"
    assert entry_count(region) == 0


def test_forged_or_absurd_contributions_are_refused_whole(region: Region) -> None:
    command = sent(region)
    good = region.happened(command, "completed")
    first = good.contributions[0]
    stranger = region.labs[
        0 if command.device_id != region.labs[0].device_id else 1
    ].key
    foreign = Signed(
        body=first.body, key_id=stranger.key_id, signature=stranger.sign(first.body)
    )
    forged = replace(first, signature=bytes(64))
    greedy = region.contributions(replace(command, pieces=command.pieces + 1))
    elsewhere = region.contributions(
        replace(command, credit=replace(command.credit, maker_id=region.shop_id))
    )
    for contributions, error in (
        ((foreign,), ForeignFactError),
        ((forged,), BadSignatureError),
        (greedy, ImplausibleFactError),
        (elsewhere, ForeignFactError),
    ):
        with pytest.raises(error):
            region.tell(replace(good, contributions=contributions))
    assert region.job(command.job_id).state == "sent"
    assert entry_count(region) == 0


@pytest.mark.parametrize(
    "event", ["armed", "started", "paused", "failed", "interrupted"]
)
def test_what_was_not_completed_is_nobodys_work(region: Region, event: str) -> None:
    command = sent(region)
    signed = region.contributions(command)
    with pytest.raises(ImplausibleFactError, match=event):
        region.tell(replace(region.happened(command, event), contributions=signed))
    assert entry_count(region) == 0


def test_each_is_credited_with_their_own_part_only(region: Region) -> None:
    command = sent(region)
    credit = command.credit
    swapped = region.contributions(
        replace(
            command,
            credit=replace(credit, owner_id=credit.maker_id, maker_id=credit.owner_id),
        )
    )
    completed = region.happened(command, "completed")
    for one in swapped:
        with pytest.raises(ForeignFactError):
            region.tell(replace(completed, contributions=(one,)))


def test_no_more_labour_than_the_step_has_and_no_more_pieces_than_good(
    region: Region,
) -> None:
    command = sent(region)
    region.tell(region.happened(command, "started"))
    region.clock.turn(7_000)
    long = region.contributions(command, work_h="1.5")
    with pytest.raises(ImplausibleFactError, match="work"):
        region.tell(replace(region.happened(command, "completed"), contributions=long))
    one_is_good = region.happened(command, "completed", pieces_good=1)
    with pytest.raises(ImplausibleFactError, match="produce"):
        region.tell(replace(one_is_good, contributions=region.contributions(command)))


def test_the_same_work_is_credited_once_whatever_its_ids(region: Region) -> None:
    command = sent(region)
    for event in ("armed", "started"):
        region.tell(region.happened(command, event))
    region.tell(region.happened(command, "completed"))
    count = entry_count(region)
    renamed = region.contributions(command, mark="-again")
    with pytest.raises(ImplausibleFactError, match="again"):
        region.tell(
            replace(region.happened(command, "completed"), contributions=renamed[:1])
        )
    assert entry_count(region) == count


@pytest.mark.parametrize("lacking", ["evidence", "contributions"])
def test_completed_with_nothing_to_show_is_unknown(
    region: Region, lacking: str
) -> None:
    command = sent(region)
    for event in ("armed", "started"):
        region.tell(region.happened(command, event))
    nothing = {"evidence": None, "contributions": ()}[lacking]
    region.tell(replace(region.happened(command, "completed"), **{lacking: nothing}))
    assert region.job(command.job_id).state == "unknown"
    assert region.job(command.job_id).code == "no-evidence"
    sound(region)


def test_a_failed_run_is_made_again_on_another_machine(region: Region) -> None:
    command = sent(region)
    for event in ("armed", "started", "failed"):
        region.tell(region.happened(command, event))
    first, second = region.tasks(command.credit.order_id)
    assert (first.state, second.state, second.attempt) == ("failed", "planned", 2)
    assert wanted(region)
    region.plan()
    again = region.tasks(command.credit.order_id)[1]
    assert again.machine_id is not None
    assert again.machine_id != command.machine_id
    region.clock.turn(60)
    (next_command,) = region.send()
    assert isinstance(next_command, StartJob)
    assert next_command.fence == 2
    region.make(next_command)
    assert region.row(command.credit.order_id).state == "made"
    sound(region, settled=True)


def test_a_refused_command_is_given_to_another_machine(region: Region) -> None:
    command = sent(region)
    region.tell(region.accepted(command, "refused"))
    assert region.job(command.job_id).state == "refused"
    region.plan()
    region.clock.turn(60)
    (other,) = region.send()
    assert other.machine_id != command.machine_id
    sound(region)


def test_what_lacks_of_a_run_is_made_again(region: Region) -> None:
    command = sent(region)
    order_id = command.credit.order_id
    region.tell(
        region.happened(command, "started"),
        region.happened(command, "completed", pieces_good=1),
    )
    first, second = region.tasks(order_id)
    assert (first.state, first.pieces_good, second.pieces) == ("done", 1, 1)
    assert region.row(order_id).state == "making"


def test_pieces_counted_at_clearing_open_the_order_again(region: Region) -> None:
    command = sent(region)
    order_id = command.credit.order_id
    region.tell(
        region.happened(command, "started"), region.happened(command, "completed")
    )
    assert region.row(order_id).state == "made"
    region.tell(region.happened(command, "cleared", pieces_good=1))
    assert region.row(order_id).state == "making"
    assert [task.pieces for task in region.tasks(order_id)] == [2, 1]
    sound(region)


def test_an_unknown_end_is_never_assumed(region: Region) -> None:
    command = sent(region)
    order_id = command.credit.order_id
    region.tell(
        region.happened(command, "started"), region.happened(command, "unknown")
    )
    region.plan()
    assert [task.state for task in region.tasks(order_id)] == ["unknown"]
    assert region.row(order_id).state == "making"
    witness = Witness(key=region.key, now=region.clock.at)
    with region.sessions.begin() as session:
        judge(
            session, witness, command.job_id, agent_id="agent-operator", pieces_good=2
        )
    assert region.row(order_id).state == "made"
    before = entry_count(region)
    region.tell(region.happened(command, "completed"))  # the device finds out later
    assert entry_count(region) == before
    with region.sessions.begin() as session, pytest.raises(NothingToJudgeError):
        judge(
            session, witness, command.job_id, agent_id="agent-operator", pieces_good=0
        )
    sound(region)


def test_an_unknown_end_that_failed_is_made_again(region: Region) -> None:
    command = sent(region)
    region.tell(region.happened(command, "unknown"))
    witness = Witness(key=region.key, now=region.clock.at)
    with region.sessions.begin() as session:
        judge(
            session, witness, command.job_id, agent_id="agent-operator", pieces_good=0
        )
    states = [task.state for task in region.tasks(command.credit.order_id)]
    assert states == ["failed", "planned"]
    assert entry_count(region) == 0


def test_a_device_that_comes_back_ends_an_unknown_job(region: Region) -> None:
    command = sent(region)
    region.tell(
        region.happened(command, "unknown"), region.happened(command, "completed")
    )
    assert region.row(command.credit.order_id).state == "made"
    sound(region)


def test_a_cancelled_order_is_taken_off_its_machine(region: Region) -> None:
    command = sent(region)
    with region.sessions.begin() as session:
        order = held_order(session, command.credit.order_id)
        cancel(session, order, now=region.clock.at)
        wish(session, "cancelled", region.clock.at)
    from_recovery = recover_all(region)
    assert from_recovery.revoked == 1
    (control,) = region.commands()
    assert isinstance(control, ControlJob)
    assert (control.action, control.job_id) == ("cancel", command.job_id)
    region.tell(region.happened(command, "cancelled"))
    assert recover_all(region).revoked == 0
    region.plan()
    assert [task.state for task in region.tasks(command.credit.order_id)] == [
        "cancelled"
    ]
    sound(region)


def recover_all(region: Region) -> Recovered:
    return recover(region.sessions, region.clock, region.key)


def test_each_state_of_a_machine_has_words_for_the_plans_page() -> None:
    told = MachineState.model_fields["state"].annotation
    assert set(STATE_WORDS) == set(get_args(told))
