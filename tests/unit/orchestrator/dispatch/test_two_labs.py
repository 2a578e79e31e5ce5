"""Where no lab can make all, two make it, a courier rides between, the shop sees one."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.referee import breaches
from orchestrator.dispatch.way_on import make_anew, refuse_order
from orchestrator.dispatch.witness import Witness
from orchestrator.doors.web.board import board_of
from orchestrator.doors.web.plan_reasons import whys_of
from orchestrator.foundation.clock import stamp
from orchestrator.foundation.errors import NotFoundError
from orchestrator.ledger.rows import EVENT, EntryRow
from orchestrator.members.principals import Principal
from orchestrator.network.rows import FacilityRow
from orchestrator.orders.answers import detail_of
from orchestrator.orders.errors import OrderStateError
from orchestrator.orders.life import cancel, held_order, timeline
from orchestrator.orders.quotes import NoOffer, Offer
from orchestrator.orders.rows import OrderRow
from orchestrator.orders.views import find_orders, order_for, order_shown, sides_of
from orchestrator.planning.rows import TaskRow
from orchestrator.planning.wishes import wish
from tests.unit.orchestrator.region import Region


def made(region: Region, order_id: str) -> None:
    """Send and make all that is due until this order is made."""
    for _ in range(400):
        if region.row(order_id).state == "made":
            return
        region.clock.turn(60)
        for command in region.send():
            if isinstance(command, StartJob):
                region.make(command)
    raise AssertionError(f"never made: {region.row(order_id).reason_text}")


def fetched(region: Region, order_id: str) -> str:
    """Picked up with the lab's code by whoever is planned; returns who that is."""
    region.plan()
    courier = region.stops(order_id)["pickup"].courier_id
    code = region.row(order_id).pickup_code
    region.act("picked-up", order_id, courier, code=code)
    return courier


def carried(region: Region, order_id: str) -> None:
    """Fetched and handed over by whoever is planned, each with the other side's code."""
    courier = fetched(region, order_id)
    code = region.row(order_id).delivery_code
    region.clock.turn(600)
    region.act("delivered", order_id, courier, code=code)
    region.plan()


def half_made(region: Region) -> tuple[str, OrderRow]:
    """A lamp of two labs whose part is made, and that part as it was ordered."""
    region.share_out()
    order_id = region.order("lamp", hours=12)
    (part,) = region.parts(order_id)
    region.plan()
    made(region, part.id)
    return order_id, part


def sound(region: Region) -> None:
    with region.reading() as session:
        assert breaches(session, settled=True) == []


def wished(region: Region) -> None:
    with region.sessions.begin() as session:
        wish(session, "something changed", region.clock.at)
    region.plan()


def test_an_order_is_made_in_two_labs_and_delivered_as_one(region: Region) -> None:
    region.share_out()
    kamppi, kallio = region.labs
    order_id = region.order("lamp", quantity=2)
    (part,) = region.parts(order_id)
    order = region.row(order_id)
    assert (part.price_cents, order.price_cents > 0) == (0, True)
    assert order.price_cents == sum(order.price_parts.values())
    assert (part.number, part.steps, part.goes_into) == (2, [0], order_id)
    region.plan()
    assert region.row(part.id).facility_id == kamppi.facility_id
    assert region.row(order_id).facility_id == kallio.facility_id
    begin_at = min(task.start_at for task in region.tasks(order_id) if task.start_at)
    assert begin_at >= region.stops(part.id)["dropoff"].depart_at

    made(region, part.id)
    assert region.row(order_id).state == "making"
    carried(region, part.id)
    assert region.row(part.id).state == "delivered"
    made(region, order_id)
    carried(region, order_id)
    assert region.row(order_id).state == "delivered"
    with region.reading() as session:
        entries = session.scalars(select(EntryRow).where(EntryRow.kind == EVENT)).all()
        told = [line.text for line in timeline(session, order_id)]
    by_whole = sorted(row.action for row in entries if row.order_id == order_id)
    by_part = sorted(row.action for row in entries if row.order_id == part.id)
    work = ["use", "work", "produce"]
    ride = ["transferCustody", "pickup", "transferCustody", "dropoff", "deliverService"]
    assert by_part == sorted(work + ride)
    assert by_whole == sorted(work * 2 + ["cite", *ride, "transfer"])
    assert "Part 2: It is at Kallio." in told
    sound(region)


def test_three_ranges_go_from_lab_to_lab_and_back(region: Region) -> None:
    """Cut at Kallio, printed at Kamppi, drawn at Kallio: two parts, two rides between."""
    region.share_out()
    order_id = region.order("sign", hours=9)
    first, second = region.parts(order_id)
    assert [(one.steps, one.goes_into) for one in (first, second)] == [
        ([0], second.id),
        ([1], order_id),
    ]
    region.plan()
    for part in (first, second):
        made(region, part.id)
        carried(region, part.id)
    made(region, order_id)
    carried(region, order_id)
    assert region.row(order_id).state == "delivered"
    sound(region)


def test_where_one_lab_can_make_all_it_does(region: Region) -> None:
    offer = region.offer("lamp")
    assert isinstance(offer, Offer)
    assert offer.parts == ()
    assert region.parts(region.order("lamp", offer=offer)) == []


def test_what_two_labs_can_not_make_in_time_is_refused(region: Region) -> None:
    region.share_out()
    refused = region.offer("lamp", hours=0.8)
    assert isinstance(refused, NoOffer)
    assert refused.helps


def test_with_its_order_a_part_is_taken_back_and_never_alone(region: Region) -> None:
    region.share_out()
    order_id = region.order("lamp")
    (part,) = region.parts(order_id)
    region.plan()
    now = region.clock.at
    with (
        region.sessions.begin() as session,
        pytest.raises(OrderStateError, match="a part of order 1"),
    ):
        cancel(session, held_order(session, part.id), now=now)
    with region.sessions.begin() as session:
        assert cancel(session, held_order(session, order_id), now=now)
    assert region.row(part.id).state == "cancelled"
    wished(region)
    assert not any(one.machine_id and one.state == "planned" for one in tasks(region))
    sound(region)


def test_once_its_part_is_begun_an_order_is_not_taken_back(region: Region) -> None:
    region.share_out()
    order_id = region.order("lamp")
    (part,) = region.parts(order_id)
    region.plan()
    region.clock.turn(60)
    (command,) = [one for one in region.send() if isinstance(one, StartJob)]
    region.tell(region.accepted(command), region.happened(command, "armed"))
    region.tell(region.happened(command, "started"))
    assert region.row(part.id).state == region.row(order_id).state == "making"
    with (
        region.sessions.begin() as session,
        pytest.raises(OrderStateError, match="nobody began"),
    ):
        cancel(session, held_order(session, order_id), now=region.clock.at)
    with region.sessions.begin() as session:
        refuse_order(session, order_id, why="The design is gone.", now=region.clock.at)
    assert region.row(part.id).state == region.row(order_id).state == "refused"
    sound(region)


def test_what_is_lost_between_the_labs_is_made_again(region: Region) -> None:
    order_id, part = half_made(region)
    courier = fetched(region, part.id)
    region.act("problem", part.id, courier, reason="lost")
    assert region.row(part.id).state == "making"
    region.clock.turn(2_000)
    region.plan()
    finished(region, order_id)


def test_what_is_lost_on_its_last_way_is_made_again_part_and_all(
    region: Region,
) -> None:
    order_id, part = half_made(region)
    carried(region, part.id)
    made(region, order_id)
    courier = fetched(region, order_id)
    region.act("problem", order_id, courier, reason="damaged")
    assert region.row(part.id).state == region.row(order_id).state == "making"
    sound(region)
    region.clock.turn(2_000)
    finished(region, order_id)
    with region.reading() as session:
        entries = session.scalars(
            select(EntryRow).where(EntryRow.order_id == part.id)
        ).all()
    actions = [row.action for row in entries]
    assert (actions.count("produce"), actions.count("dropoff")) == (2, 2)


def test_a_steward_has_it_made_anew_part_and_all(region: Region) -> None:
    order_id, part = half_made(region)
    carried(region, part.id)
    with region.sessions.begin() as session:
        witness = Witness(key=region.key, now=region.clock.at)
        make_anew(session, witness, order_id, why="The lab burnt down.")
    assert region.row(part.id).state == "making"
    finished(region, order_id)


def test_a_part_goes_elsewhere_when_its_lab_can_not_go_on(region: Region) -> None:
    """Only while it is not made; what lies at a lab stays there, and the order waits."""
    region.share_out()
    order_id = region.order("lamp", hours=12)
    (part,) = region.parts(order_id)
    region.plan()
    kallio = region.labs[1]
    toolo = region.open_lab("Toolo", 60.1720, 24.9450, "laser-cutter")
    close(region, kallio.facility_id)
    part = region.row(part.id)
    assert part.to_facility_id == toolo.facility_id
    with region.reading() as session:
        told = [line.text for line in timeline(session, order_id)]
    assert "Part 2: It goes to Toolo, not to Kallio." in told
    assert region.row(order_id).facility_id == toolo.facility_id
    made(region, part.id)
    close(region, toolo.facility_id)
    assert region.row(part.id).to_facility_id == toolo.facility_id
    assert region.row(order_id).reason_code == "machines-closed"
    sound(region)


def test_while_its_part_comes_back_the_order_says_why_it_waits(region: Region) -> None:
    order_id, part = half_made(region)
    courier = fetched(region, part.id)
    region.act("out", None, courier, load="back")
    region.plan()
    order = region.row(order_id)
    assert order.reason_code == "waits-for-part"
    assert "part 2" in (order.reason_text or "")
    region.clock.turn(300)
    region.act("back", part.id, courier, code=region.row(part.id).pickup_code)
    finished(region, order_id)


def test_what_waits_for_its_part_keeps_no_machine_from_others(region: Region) -> None:
    """Its time comes, the courier does not: the laser takes what is planned after it."""
    region.share_out()
    order_id = region.order("lamp", hours=12)
    other_id = region.order("box", hours=12)
    (part,) = region.parts(order_id)
    region.plan()
    now = region.clock.at
    with region.sessions.begin() as session:
        rows = session.scalars(select(TaskRow).where(TaskRow.order_id == order_id))
        for row in rows:  # before all others at its machine, as if it were late
            row.start_at, row.end_at = now, now
    sent = {one.credit.order_id for one in region.send() if isinstance(one, StartJob)}
    assert part.id in sent
    assert other_id in sent
    assert order_id not in sent


def test_the_page_says_what_an_order_waits_for_until_it_is_there(
    region: Region,
) -> None:
    region.share_out()
    order_id = region.order("lamp")
    (part,) = region.parts(order_id)
    region.plan()
    with region.reading() as session:
        task = session.scalars(
            select(TaskRow).where(TaskRow.order_id == order_id)
        ).one()
        (waits,) = whys_of(session, region.row(order_id), task.why)[-1:]
    expected_at = region.row(part.id).expected_at
    assert expected_at is not None
    assert waits.title == "It waits for"
    assert waits.who.endswith("at Kamppi")
    assert waits.text == f"There at {stamp(expected_at)}."
    made(region, part.id)
    carried(region, part.id)
    with region.reading() as session:
        whys = whys_of(session, region.row(order_id), task.why)
    assert "It waits for" not in {one.title for one in whys}


def test_the_shop_sees_one_order_and_both_labs_their_part(region: Region) -> None:
    region.share_out()
    kamppi, kallio = region.labs
    order_id = region.order("lamp")
    (part,) = region.parts(order_id)
    region.plan()
    shop = who(region.shop_id, "shop")
    here = who(kamppi.operator_id, "operator", kamppi.facility_id)
    there = who(kallio.operator_id, "operator", kallio.facility_id)
    steward = who("agent-steward", "steward")
    part = region.row(part.id)
    with region.reading() as session:
        for asker in (shop, steward):
            assert [row.id for row in find_orders(session, asker)] == [order_id]
        made_there = find_orders(session, here, facility_id=kamppi.facility_id)
        assert [row.id for row in made_there] == [part.id]
        assert sides_of(part, shop) == frozenset()
        assert sides_of(part, here) == {"lab"}
        assert sides_of(part, there) == {"next-lab"}
        with pytest.raises(NotFoundError):
            order_for(session, shop, part.id)
        assert order_shown(session, shop, part.id).id == order_id
        with pytest.raises(NotFoundError):
            order_shown(session, here, order_id)
        for asker, codes in ((here, (True, False)), (there, (False, True))):
            told = detail_of(session, part, sides_of(part, asker))
            assert (bool(told.pickup_code), bool(told.delivery_code)) == codes
            assert (told.price_cents, told.price_parts) == (None, None)
        whole = detail_of(session, region.row(order_id), frozenset({"shop"}))
        board = board_of(session, kallio.facility_id, now=region.clock.at)
    assert [(one.id, one.to_facility_id) for one in whole.parts] == [
        (part.id, kallio.facility_id)
    ]
    assert [(one.order.id, one.lab) for one in board.arrivals] == [(part.id, "Kamppi")]


def who(agent_id: str, role: str, lab_id: str | None = None) -> Principal:
    return Principal(
        agent_id=agent_id,
        roles=frozenset({role}),
        facility_ids=frozenset({lab_id} if lab_id else ()),
        how="session",
    )


def tasks(region: Region) -> list[TaskRow]:
    with region.reading() as session:
        return list(session.scalars(select(TaskRow)))


def close(region: Region, lab_id: str) -> None:
    with region.sessions.begin() as session:
        lab = session.get_one(FacilityRow, lab_id)
        lab.closed_until = region.clock.at + timedelta(days=30)
    wished(region)


def finished(region: Region, order_id: str) -> None:
    """Part and whole are made, carried and delivered; nothing is broken on the way."""
    for one in (*region.parts(order_id), region.row(order_id)):
        if region.row(one.id).state == "delivered":
            continue
        wished(region)
        made(region, one.id)
        carried(region, one.id)
    assert region.row(order_id).state == "delivered"
    sound(region)
