"""What couriers do counts once, needs the other side's code, and moves the plan."""

import pytest
from sqlalchemy import select

from orchestrator.catalogue.rows import DesignVersionRow
from orchestrator.dispatch.commands import StartJob
from orchestrator.dispatch.deliveries import Act, Scene, perform
from orchestrator.dispatch.errors import (
    CodesLockedError,
    NotYourStopError,
    OutOfTurnError,
    WrongCodeError,
)
from orchestrator.dispatch.referee import Promised, breaches
from orchestrator.dispatch.ride import ride
from orchestrator.dispatch.rows import ActRow
from orchestrator.dispatch.witness import Witness
from orchestrator.foundation.errors import ConflictError, InvalidInputError
from orchestrator.ledger.rows import ACT, EntryRow
from orchestrator.members.rows import AgentRow
from orchestrator.network.rows import AlarmRow, CourierRow
from orchestrator.orders.rows import ClearanceRow
from tests.unit.orchestrator.region import Region


def made(region: Region, quantity: int = 2) -> str:
    """An order that is made and waits for its courier."""
    order_id = region.order("clip", quantity=quantity)
    region.plan()
    while region.row(order_id).state != "made":
        region.clock.turn(30)
        for command in region.send():
            assert isinstance(command, StartJob)
            region.make(command)
    region.plan()
    return order_id


def aboard(region: Region) -> tuple[str, str]:
    """An order that its courier has."""
    order_id = made(region)
    courier = region.stops(order_id)["pickup"].courier_id
    region.act("picked-up", order_id, courier, code=region.row(order_id).pickup_code)
    return order_id, courier


def sound(region: Region) -> None:
    with region.reading() as session:
        assert breaches(session, settled=True) == []


def entries(region: Region) -> list[str]:
    with region.reading() as session:
        return sorted(session.scalars(select(EntryRow.id)))


def test_the_ride_shows_the_next_stop_first_and_no_code(region: Region) -> None:
    order_id = made(region)
    courier = region.stops(order_id)["pickup"].courier_id
    with region.reading() as session:
        shown = ride(session, courier)
    assert [stop.kind for stop in shown.stops] == ["pickup", "dropoff"]
    assert shown.stops[0].is_ready
    assert not shown.stops[1].is_ready
    assert region.row(order_id).pickup_code not in repr(shown)
    assert region.row(order_id).delivery_code not in repr(shown)


def test_an_act_twice_counts_once(region: Region) -> None:
    order_id = made(region)
    courier = region.stops(order_id)["pickup"].courier_id
    code = region.row(order_id).pickup_code
    region.act("picked-up", order_id, courier, code=code, act_id="act-of-phone-1")
    before = entries(region)
    region.clock.turn(60)
    again = region.act(
        "picked-up", order_id, courier, code=code, act_id="act-of-phone-1"
    )
    assert again.acted_at < region.clock.at
    assert entries(region) == before
    with pytest.raises(ConflictError):
        region.act("delivered", order_id, courier, code="x", act_id="act-of-phone-1")
    sound(region)


def test_the_time_of_the_act_is_kept_not_that_of_the_sync(region: Region) -> None:
    order_id = made(region)
    courier = region.stops(order_id)["pickup"].courier_id
    act = Act(
        id="act-offline-1",
        agent_id=courier,
        kind="picked-up",
        acted_at=region.clock.at,
        order_id=order_id,
        code=region.row(order_id).pickup_code,
    )
    region.clock.turn(1_800)
    scene = Scene(
        witness=Witness(key=region.key, now=region.clock.at), ground=region.ground
    )
    perform(region.sessions, act, scene)
    assert region.row(order_id).picked_up_at == act.acted_at


def test_wrong_codes_are_counted_and_then_locked(region: Region) -> None:
    order_id = made(region)
    courier = region.stops(order_id)["pickup"].courier_id
    order = region.row(order_id)
    for _ in range(5):
        with pytest.raises(WrongCodeError):
            region.act("picked-up", order_id, courier, code=order.delivery_code)
    with pytest.raises(CodesLockedError):
        region.act("picked-up", order_id, courier, code=order.pickup_code)
    region.clock.turn(901)
    region.act("picked-up", order_id, courier, code=order.pickup_code)
    assert region.row(order_id).state == "on-the-way"


def test_acts_out_of_turn_and_of_others_are_refused(region: Region) -> None:
    order_id = region.order("clip")
    region.plan()
    courier, other = region.couriers
    order = region.row(order_id)
    with pytest.raises(OutOfTurnError):
        region.act("picked-up", order_id, courier, code=order.pickup_code)
    order_id, courier = aboard(region)
    other = next(one for one in region.couriers if one != courier)
    order = region.row(order_id)
    with pytest.raises(NotYourStopError):
        region.act("delivered", order_id, other, code=order.delivery_code)
    with pytest.raises(NotYourStopError):
        region.act("picked-up", order_id, region.shop_id, code=order.pickup_code)
    with pytest.raises(OutOfTurnError):
        region.act("picked-up", order_id, courier, code=order.pickup_code)


def test_whoever_shows_the_labs_code_has_it(region: Region) -> None:
    """The plan changed while the phone was offline: the fact wins over the plan."""
    order_id = made(region)
    planned = region.stops(order_id)["pickup"].courier_id
    other = next(one for one in region.couriers if one != planned)
    region.act("picked-up", order_id, other, code=region.row(order_id).pickup_code)
    region.plan()
    assert region.row(order_id).courier_id == other
    assert region.stops(order_id)["dropoff"].courier_id == other
    sound(region)


def test_a_courier_who_is_out_is_replaced(region: Region) -> None:
    order_id = made(region)
    courier = region.stops(order_id)["pickup"].courier_id
    region.act("out", None, courier)
    assert region.stops(order_id) == {}
    region.plan()
    stops = region.stops(order_id)
    assert {stop.courier_id for stop in stops.values()} == set(region.couriers) - {
        courier
    }
    sound(region)


def test_who_is_out_with_a_load_must_say_what_becomes_of_it(region: Region) -> None:
    _, courier = aboard(region)
    with pytest.raises(InvalidInputError, match="aboard"):
        region.act("out", None, courier)
    with region.reading() as session:
        assert session.get_one(CourierRow, courier).status == "on-shift"


def test_a_load_that_is_kept_is_brought_to_its_end(region: Region) -> None:
    order_id, courier = aboard(region)
    region.act("out", None, courier, load="keep")
    other_id = region.order("clip")
    region.plan()
    assert region.stops(order_id)["dropoff"].courier_id == courier
    assert region.stops(other_id)["pickup"].courier_id != courier
    region.act("delivered", order_id, courier, code=region.row(order_id).delivery_code)
    assert region.row(order_id).state == "delivered"
    sound(region)


def test_a_load_that_comes_back_is_carried_by_another(region: Region) -> None:
    order_id, courier = aboard(region)
    region.act("out", None, courier, load="back")
    region.plan()
    assert region.stops(order_id) == {}
    assert region.row(order_id).reason_code == "coming-back"
    with region.reading() as session:
        assert [stop.kind for stop in ride(session, courier).stops] == ["back"]
    region.act("back", order_id, courier, code=region.row(order_id).pickup_code)
    assert region.row(order_id).state == "made"
    region.plan()
    stops = region.stops(order_id)
    other = stops["pickup"].courier_id
    assert other != courier
    order = region.row(order_id)
    region.act("picked-up", order_id, other, code=order.pickup_code)
    region.act("delivered", order_id, other, code=order.delivery_code)
    assert region.row(order_id).state == "delivered"
    sound(region)


def test_what_is_lost_is_made_again_and_cited_once(region: Region) -> None:
    order_id, courier = aboard(region)
    region.act("problem", order_id, courier, reason="lost")
    assert region.row(order_id).state == "making"
    region.plan()
    while region.row(order_id).state != "made":
        region.clock.turn(30)
        for command in region.send():
            assert isinstance(command, StartJob)
            region.make(command)
    sound(region)


def test_where_nobody_was_is_tried_again_later(region: Region) -> None:
    order_id, courier = aboard(region)
    failed_at = region.clock.at
    region.act("problem", order_id, courier, reason="nobody-there")
    region.plan()
    stop = region.stops(order_id)["dropoff"]
    assert stop.courier_id == courier
    assert (stop.depart_at - failed_at).total_seconds() >= 1_800
    assert region.stops(order_id, "failed").keys() == {"dropoff"}
    sound(region)


def test_every_acknowledged_act_is_there(region: Region) -> None:
    order_id, _ = aboard(region)
    with region.reading() as session:
        acts = frozenset(session.scalars(select(ActRow.id)))
        promised = Promised(
            orders=frozenset({order_id}),
            acts=acts | {"act-never-taken-in"},
            events=frozenset(entries(region)),
        )
        found = breaches(session, promised=promised)
    assert [breach.text for breach in found] == ["act act-never-taken-in was lost"]


def test_the_code_of_the_pickup_does_not_prove_the_return(region: Region) -> None:
    """The courier knows it: only the lab can show the next one."""
    order_id = made(region)
    courier = region.stops(order_id)["pickup"].courier_id
    known = region.row(order_id).pickup_code
    region.act("picked-up", order_id, courier, code=known)
    region.act("out", None, courier, load="back")
    with pytest.raises(WrongCodeError):
        region.act("back", order_id, courier, code=known)
    assert region.row(order_id).state == "on-the-way"
    shown = region.row(order_id).pickup_code
    region.act("back", order_id, courier, code=shown)
    assert region.row(order_id).state == "made"
    assert region.row(order_id).pickup_code not in {known, shown}


def test_the_licence_gate_is_asked_at_the_hand_over(region: Region) -> None:
    """An attestation that lapsed meanwhile is told and looked at; the thing is there."""
    order_id, courier = aboard(region)
    with region.sessions.begin() as session:
        version = session.get_one(DesignVersionRow, region.versions["clip"])
        version.licence = "LicenseRef-PPL"
        shop = session.get_one(AgentRow, region.shop_id)
        shop.legal_form_attested_until = region.clock.at
    region.act("delivered", order_id, courier, code=region.row(order_id).delivery_code)
    assert region.row(order_id).state == "delivered"
    with region.reading() as session:
        asked = session.scalars(
            select(ClearanceRow).order_by(ClearanceRow.decided_at)
        ).all()
        assert [row.verdict for row in asked][-1] == "refuse"
        assert session.scalars(select(AlarmRow.code)).all() == ["licence-lapsed"]
        act = session.scalars(
            select(EntryRow).where(
                EntryRow.kind == ACT, EntryRow.resource == asked[-1].id
            )
        ).one()
        assert (act.order_id, b'"hand-over"' in act.body) == (order_id, True)
