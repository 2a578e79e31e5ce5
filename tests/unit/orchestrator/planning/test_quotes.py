"""A quote says who, when and what it costs, or why not and what would help; at once."""

import time
from datetime import timedelta

from orchestrator.network.places import add_place
from orchestrator.network.rows import MachineRow
from orchestrator.orders.quotes import NoOffer, Offer
from tests.unit.orchestrator.region import Region


def test_an_offer_names_lab_machine_courier_way_and_time(region: Region) -> None:
    offer = region.offer("clip", quantity=4)
    assert isinstance(offer, Offer)
    assert offer.facility_id in {lab.facility_id for lab in region.labs}
    assert offer.courier_id in region.couriers
    assert offer.trip is not None
    assert 200 < offer.trip.distance_m < 4_000
    (step,) = offer.steps
    assert (step.runs, step.material_g) == (2, 48)
    assert region.clock.at < offer.promised_from_at < offer.promised_to_at
    assert {one.code for one in offer.passed_over} >= {"process"}


def test_the_second_order_is_promised_after_the_first(region: Region) -> None:
    """Both labs are busy with what is planned: nobody is promised the same slot."""
    first = region.offer("clip", quantity=2)
    for _ in range(6):
        region.order("clip", quantity=8)
        region.plan()
    later = region.offer("clip", quantity=2)
    assert isinstance(first, Offer)
    assert isinstance(later, Offer)
    assert later.promised_from_at > first.promised_from_at + timedelta(minutes=20)


def test_orders_that_no_plan_has_seen_count(region: Region) -> None:
    first = region.offer("clip", quantity=2)
    for _ in range(6):
        region.order("clip", quantity=8)
    later = region.offer("clip", quantity=2)
    assert isinstance(first, Offer)
    assert isinstance(later, Offer)
    assert later.promised_from_at > first.promised_from_at + timedelta(minutes=20)


def test_what_nobody_can_make_is_refused_with_every_reason(region: Region) -> None:
    refused = region.offer("beam")
    assert isinstance(refused, NoOffer)
    assert refused.code == "no-machine"
    assert "500" in refused.text
    reasons = {one.subject_id: (one.code, one.count) for one in refused.passed_over}
    printers = {lab.machines[0]: ("size", 1) for lab in region.labs}
    assert reasons == printers | {"other-machines": ("process", 4)}
    assert refused.helps


def test_what_cannot_be_there_in_time_is_refused(region: Region) -> None:
    refused = region.offer("clip", quantity=2, hours=0.1)
    assert isinstance(refused, NoOffer)
    assert refused.helps


def test_a_machine_without_material_is_passed_over(region: Region) -> None:
    with region.sessions.begin() as session:
        for lab in region.labs:
            printer = session.get_one(MachineRow, lab.machines[0])
            printer.capability = {
                **printer.capability,
                "materials": [{"code": "PLA", "colour": None, "remaining_g": 10.0}],
            }
    refused = region.offer("clip", quantity=2)
    assert isinstance(refused, NoOffer)
    assert "10 g of PLA" in refused.text


def test_a_place_far_from_any_road_is_refused(region: Region) -> None:
    with region.sessions.begin() as session:
        region.place_id = add_place(
            session,
            agent_id=region.shop_id,
            name="at sea",
            address="the sea",
            lat=60.10,
            lon=24.80,
        ).id
    refused = region.offer("clip")
    assert isinstance(refused, NoOffer)
    assert refused.code == "unreachable"


def test_a_quote_is_kept_with_price_and_promise(region: Region) -> None:
    row = region.asked("clip", quantity=2, hours=5)
    assert row.refusal is None
    assert row.price_cents == sum(row.price_parts.values()) > 0
    assert row.promised_to_at is not None


def test_a_quote_into_a_busy_plan_is_quick(region: Region) -> None:
    for _ in range(10):
        region.order("clip", quantity=6)
    region.plan()
    region.offer("clip")  # the roads are in memory now
    began = time.process_time()
    assert isinstance(region.offer("clip", quantity=4), Offer)
    assert time.process_time() - began < 1
