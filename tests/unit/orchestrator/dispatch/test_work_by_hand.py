"""An order with hours of work by hand is promised, and fetched, after that work."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from orchestrator.catalogue.process import process_of
from orchestrator.catalogue.publish import Upload, keep_files, publish
from orchestrator.dispatch.by_hand import say_ready
from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.errors import OutOfTurnError
from orchestrator.dispatch.recovery import recover
from orchestrator.dispatch.referee import breaches
from orchestrator.dispatch.witness import Witness
from orchestrator.doors.web.board import board_of
from orchestrator.doors.web.order_view import story_of
from orchestrator.network.facilities import CLEAR_S
from orchestrator.network.rows import FacilityRow
from orchestrator.orders.life import timeline
from orchestrator.orders.quotes import Offer
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import TaskRow
from orchestrator.planning.wishes import wish
from tests.unit.orchestrator.dispatch.test_parts_of_a_piece import step
from tests.unit.orchestrator.dispatch.test_two_labs import carried, sound
from tests.unit.orchestrator.region import MANIFEST, NOON, Region

ASSEMBLY = timedelta(hours=3)
JOIN = {"key": "join", "name": "Put together", "labour_s": 10_800, "after": ["print"]}


@pytest.fixture
def kit(region: Region) -> Region:
    """Something printed that takes three hours to put together, and then is drawn on."""
    region.versions = dict(region.versions)
    printed = step("print", "fdm-printer", "a.gcode", after=[])
    drawn = step("draw", "pen-plotter", "b.nc", after=["join"])
    programs = {"a.gcode": b"G28\nG1 X10 Y10\n", "b.nc": b"G0 X1\n"}
    with region.sessions.begin() as session:
        for title, steps in (("kit", [printed]), ("drawn kit", [printed, drawn])):
            version = publish(
                session,
                region.folder,
                designer_id=region.designers[0],
                manifest=MANIFEST.format(title=title).encode(),
                kept=keep_files(
                    region.folder,
                    [
                        Upload(name=name, chunks=[text])
                        for name, text in programs.items()
                    ],
                ),
                process=process_of({"steps": steps, "hands": [JOIN]}),
                now=NOON,
            )
            region.versions[title] = version.id
    return region


def printed(region: Region, order_id: str) -> TaskRow:
    """The order's first run, sent and made."""
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    assert isinstance(command, StartJob)
    region.make(command)
    return next(task for task in region.tasks(order_id) if task.state == "done")


def wished(region: Region) -> None:
    with region.sessions.begin() as session:
        wish(session, "something changed", region.clock.at)
    region.plan()


def looked(region: Region) -> None:
    recover(region.sessions, region.clock, region.key)


def story(region: Region, order_id: str) -> list[str]:
    with region.reading() as session:
        return [line.text for line in timeline(session, order_id)]


def test_three_hours_of_assembly_are_promised_fetched_and_handed_over_after(
    kit: Region,
) -> None:
    plain = kit.offer("clip", hours=9)
    offer = kit.offer("kit", hours=9)
    assert isinstance(offer, Offer)
    assert isinstance(plain, Offer)
    later = offer.promised_from_at - plain.promised_from_at
    assert ASSEMBLY - timedelta(minutes=5) <= later <= ASSEMBLY + timedelta(minutes=5)
    order_id = kit.order("kit", hours=9, offer=offer)
    kit.plan()
    (task,) = kit.tasks(order_id)
    assert task.end_at is not None
    assert task.ready_at == task.end_at + ASSEMBLY
    assert kit.stops(order_id)["pickup"].arrive_at >= task.ready_at - timedelta(
        seconds=30
    )

    done = printed(kit, order_id)
    assert done.end_at is not None
    assert done.ready_at == done.end_at + timedelta(seconds=CLEAR_S) + ASSEMBLY
    assert kit.row(order_id).state == "making"
    for _ in range(17):  # whatever is planned meanwhile, it is not thought to be made
        kit.clock.turn(600)
        looked(kit)
        wished(kit)
        assert kit.row(order_id).state == "making"
        assert kit.stops(order_id)["pickup"].arrive_at >= done.ready_at - timedelta(
            seconds=30
        )
        sound(kit)
    kit.clock.turn(1_200)
    looked(kit)
    assert kit.row(order_id).state == "made"
    assert kit.row(order_id).made_at >= done.ready_at
    carried(kit, order_id)
    order = kit.row(order_id)
    assert order.state == "delivered"
    assert order.delivered_at is not None
    assert done.ready_at < order.delivered_at <= order.promised_to_at
    assert any("Work by hand goes on until" in text for text in story(kit, order_id))
    sound(kit)


def test_the_machine_is_free_meanwhile_and_the_next_step_waits(kit: Region) -> None:
    kit.tell(kit.death(kit.labs[1]))
    order_id = kit.order("drawn kit", hours=9)
    kit.plan()
    by_start = sorted(kit.tasks(order_id), key=lambda task: str(task.start_at))
    first, second = by_start
    assert first.end_at is not None
    assert first.ready_at == first.end_at + ASSEMBLY
    assert second.start_at is not None
    assert second.start_at >= first.ready_at

    done = printed(kit, order_id)
    assert done.ready_at is not None
    other_id = kit.order("clip", hours=9)
    kit.plan()
    (other,) = kit.tasks(other_id)
    assert other.machine_id == done.machine_id
    assert other.end_at is not None
    assert other.end_at < done.ready_at
    while kit.clock.at < done.ready_at - timedelta(minutes=10):
        kit.clock.turn(600)
        wished(kit)
        for command in kit.send():
            assert isinstance(command, StartJob)
            assert command.job_id == other.id
            kit.make(command)
    for _ in range(60):
        kit.clock.turn(60)
        for command in kit.send():
            assert isinstance(command, StartJob)
            assert kit.clock.at >= done.ready_at
            kit.make(command)
    looked(kit)
    assert kit.row(order_id).state == "made"
    sound(kit)


def test_the_lab_says_that_it_is_ready_sooner(kit: Region) -> None:
    order_id = kit.order("kit", hours=9)
    done = printed(kit, order_id)
    lab = kit.row(order_id).facility_id or ""
    with kit.reading() as session:
        board = board_of(session, lab, now=kit.clock.at)
        (step_made,) = (
            one
            for one in story_of(
                session, session.get_one(OrderRow, order_id), kit.clock.at
            ).steps
            if one.title == "Made"
        )
    (one,) = board.in_hand
    assert (one.order.id, one.works, one.until_at) == (
        order_id,
        ("Put together",),
        done.ready_at,
    )
    assert board.pickups == ()
    assert (step_made.word, step_made.at) == ("Worked on by hand", done.ready_at)
    kit.clock.turn(1_800)
    with kit.sessions.begin() as session:
        witness = Witness(key=kit.key, now=kit.clock.at)
        say_ready(session, witness, order_id, facility_id=lab)
    assert kit.row(order_id).state == "made"
    assert kit.row(order_id).made_at == kit.clock.at
    with kit.sessions.begin() as session, pytest.raises(OutOfTurnError):
        say_ready(session, witness, order_id, facility_id=lab)
    carried(kit, order_id)
    sound(kit)


def test_work_by_hand_goes_on_when_the_lab_is_open_again(kit: Region) -> None:
    """Labs are open until 14 and from 20 on: what is left then is done in the evening."""
    hours = [[day, *span] for day in range(7) for span in ((540, 840), (1_200, 1_440))]
    with kit.sessions.begin() as session:
        for lab in session.scalars(select(FacilityRow)):
            lab.opening = hours
    order_id = kit.order("kit", hours=11.5)
    kit.plan()
    (task,) = kit.tasks(order_id)
    assert task.end_at is not None
    closed = timedelta(hours=6)
    assert task.ready_at == task.end_at + ASSEMBLY + closed
    assert kit.row(order_id).promised_from_at >= task.ready_at - timedelta(minutes=5)
    done = printed(kit, order_id)
    assert done.end_at is not None
    cleared_at = done.end_at + timedelta(seconds=CLEAR_S)
    assert done.ready_at == cleared_at + ASSEMBLY + closed
    sound(kit)


def test_the_referee_sees_what_is_said_to_be_made_while_people_work_on_it(
    kit: Region,
) -> None:
    order_id = kit.order("kit", hours=9)
    printed(kit, order_id)
    with kit.sessions.begin() as session:
        order = session.get_one(OrderRow, order_id)
        order.state, order.made_at = "made", kit.clock.at
    with kit.reading() as session:
        found = [one.text for one in breaches(session)]
    assert "order 1 was made before the work by hand on it was over" in found
