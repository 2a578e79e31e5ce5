"""Two labs each make a part at the same time, a third one puts them together."""

from collections import Counter

import pytest
from sqlalchemy import select

from orchestrator.dispatch.commands import StartJob
from orchestrator.doors.web.board import board_of
from orchestrator.doors.web.geography import quote_view
from orchestrator.doors.web.order_parts import offered_by
from orchestrator.doors.web.order_view import story_of
from orchestrator.ledger.rows import EVENT, EntryRow
from orchestrator.orders.life import cancel, held_order, timeline
from orchestrator.orders.quotes import Offer, parts_of_quote
from orchestrator.orders.rows import OrderRow
from tests.unit.orchestrator.dispatch.test_two_labs import (
    carried,
    close,
    fetched,
    finished,
    made,
    sound,
    tasks,
    wished,
)
from tests.unit.orchestrator.region import Region

RIDE = ["transferCustody", "pickup", "transferCustody", "dropoff", "deliverService"]


@pytest.fixture
def table(region: Region) -> Region:
    """The region with a table in its catalogue that takes three labs."""
    region.share_out_among_three()
    region.publish_table()
    return region


def ordered(table: Region) -> tuple[str, OrderRow, OrderRow]:
    """A table with its two parts, planned."""
    order_id = table.order("table", hours=12)
    legs, top = table.parts(order_id)
    table.plan()
    return order_id, legs, top


def test_two_labs_make_a_part_each_and_a_third_joins_them(table: Region) -> None:
    kamppi, kallio, toolo = table.labs
    offer = table.offer("table", hours=12)
    assert isinstance(offer, Offer)
    assert [(part.steps, part.into) for part in offer.parts] == [
        ((0,), None),
        ((1,), None),
    ]
    assert (offer.own_steps, len(offer.trips)) == ((2,), 3)
    order_id, legs, top = ordered(table)
    assert [part.facility_id for part in map(table.row, (legs.id, top.id))] == [
        kamppi.facility_id,
        kallio.facility_id,
    ]
    for part, steps in ((legs, [0]), (top, [1])):
        assert (part.steps, part.goes_into, part.part_of) == (steps, *[order_id] * 2)
        assert (part.to_facility_id, part.price_cents) == (toolo.facility_id, 0)
    (of_legs,), (of_top,), (joined,) = (
        table.tasks(one) for one in (legs.id, top.id, order_id)
    )
    assert of_legs.start_at < of_top.end_at  # they do not wait for each other
    assert of_top.start_at < of_legs.end_at
    there_at = max(table.stops(one.id)["dropoff"].depart_at for one in (legs, top))
    assert joined.start_at >= there_at

    for one in (legs, top):
        made(table, one.id)
    for one in (legs, top):
        carried(table, one.id)
    assert table.row(order_id).state == "making"
    finished(table, order_id)
    with table.reading() as session:
        entries = session.scalars(select(EntryRow).where(EntryRow.kind == EVENT)).all()
        told = [line.text for line in timeline(session, order_id)]
    actions = Counter((entry.order_id, entry.action) for entry in entries)
    work = Counter(["use", "work", "produce", *RIDE])
    for one in (legs.id, top.id):
        assert {name: actions[one, name] for name in work} == work
        assert actions[one, "cite"] == 0
    own = work + Counter(["cite", "transfer"])
    assert {name: actions[order_id, name] for name in own} == own
    assert {"Part 2: It is at Toolo.", "Part 3: It is at Toolo."} <= set(told)


def test_nothing_is_joined_before_both_parts_are_there(table: Region) -> None:
    """Not even when the plan's time for it comes; machines of others stay theirs."""
    order_id, legs, top = ordered(table)
    made(table, top.id)
    carried(table, top.id)
    (joined,) = table.tasks(order_id)
    with table.sessions.begin() as session:
        row = session.merge(joined)
        row.start_at = row.end_at = table.clock.at
    sent = {one.credit.order_id for one in table.send() if isinstance(one, StartJob)}
    assert order_id not in sent
    assert table.row(top.id).state == "delivered"
    wished(table)
    finished(table, order_id)
    assert table.row(legs.id).state == "delivered"


def test_with_its_order_both_parts_are_taken_back(table: Region) -> None:
    order_id, legs, top = ordered(table)
    with table.sessions.begin() as session:
        assert cancel(session, held_order(session, order_id), now=table.clock.at)
    assert {table.row(one).state for one in (order_id, legs.id, top.id)} == {
        "cancelled"
    }
    wished(table)
    assert not any(one.machine_id and one.state == "planned" for one in tasks(table))
    sound(table)


def test_what_is_lost_between_labs_is_made_again_and_not_the_other(
    table: Region,
) -> None:
    order_id, legs, top = ordered(table)
    for one in (legs, top):
        made(table, one.id)
    carried(table, top.id)
    courier = fetched(table, legs.id)
    table.act("problem", legs.id, courier, reason="lost")
    assert table.row(legs.id).state == "making"
    assert table.row(top.id).state == "delivered"
    table.clock.turn(2_000)
    finished(table, order_id)
    assert produced(table, legs.id, top.id, order_id) == [2, 1, 1]


def test_what_is_lost_on_the_last_way_is_made_again_with_both_parts(
    table: Region,
) -> None:
    order_id, legs, top = ordered(table)
    for one in (legs, top):
        made(table, one.id)
        carried(table, one.id)
    made(table, order_id)
    courier = fetched(table, order_id)
    table.act("problem", order_id, courier, reason="damaged")
    assert {table.row(one).state for one in (order_id, legs.id, top.id)} == {"making"}
    table.clock.turn(2_000)
    finished(table, order_id)
    assert produced(table, legs.id, top.id, order_id) == [2, 2, 2]


def test_both_parts_go_elsewhere_or_neither(table: Region) -> None:
    """They are joined in one lab; once one of them is made, it waits there for it."""
    order_id, legs, top = ordered(table)
    toolo = table.labs[2]
    pasila = table.open_lab("Pasila", 60.1760, 24.9460, "pen-plotter")
    close(table, toolo.facility_id)
    goals = {table.row(one.id).to_facility_id for one in (legs, top)}
    assert goals == {pasila.facility_id}
    made(table, legs.id)
    table.open_lab("Sornainen", 60.1790, 24.9560, "pen-plotter")
    close(table, pasila.facility_id)
    goals = {table.row(one.id).to_facility_id for one in (legs, top)}
    assert goals == {pasila.facility_id}
    assert table.row(order_id).reason_code == "machines-closed"
    sound(table)


def test_while_one_part_comes_back_the_order_says_which_it_waits_for(
    table: Region,
) -> None:
    order_id, legs, top = ordered(table)
    for one in (legs, top):
        made(table, one.id)
    courier = fetched(table, top.id)
    table.act("out", None, courier, load="back")
    table.plan()
    order = table.row(order_id)
    assert order.reason_code == "waits-for-part"
    assert f"part {top.number}" in (order.reason_text or "")
    table.clock.turn(300)
    table.act("back", top.id, courier, code=table.row(top.id).pickup_code)
    finished(table, order_id)


def test_pages_and_board_tell_of_both_parts(table: Region) -> None:
    toolo = table.labs[2]
    order_id, legs, top = ordered(table)
    with table.reading() as session:
        order = session.get_one(OrderRow, order_id)
        story = story_of(session, order, table.clock.at)
        board = board_of(session, toolo.facility_id, now=table.clock.at)
    assert story.headline == "Planned at Kamppi and Kallio, then Toolo"
    assert [part.title for part in story.parts] == [
        "Legs at Kamppi",
        "Top at Kallio",
        "Join at Toolo",
    ]
    assert {one.order.id: one.lab for one in board.arrivals} == {
        legs.id: "Kamppi",
        top.id: "Kallio",
    }
    for one in (legs, top):
        made(table, one.id)
    carried(table, top.id)
    with table.reading() as session:
        order = session.get_one(OrderRow, order_id)
        story = story_of(session, order, table.clock.at)
    assert story.headline == "Made at Kamppi, waits for the way to Toolo"


def test_a_quote_keeps_what_each_part_goes_into(table: Region) -> None:
    """A sign goes through three labs in a row, a table's parts go to one."""
    for design, goals in (("table", ["", ""]), ("sign", ["part", ""])):
        row = table.asked(design, hours=12)
        assert row.refusal is None
        with table.reading() as session:
            parts = parts_of_quote(session, row)
            ids = {row.id: "", parts[1].id: "part"}
            assert [ids[part.goes_into or ""] for part in parts] == goals
            every = sorted(step for one in (*parts, row) for step in one.steps or ())
            assert every == [0, 1, 2]
            assert sum(part.price_cents for part in parts) == 0


def test_the_quote_tells_what_would_be_made_where(table: Region) -> None:
    row = table.asked("table", hours=12)
    with table.reading() as session:
        offered = offered_by(session, row)
        view = quote_view(session, row, table.ground, table.clock.at)
    assert [(one.steps, one.lab, one.goal) for one in offered] == [
        ("Legs", "Kamppi", "Toolo"),
        ("Top", "Kallio", "Toolo"),
        ("Join", "Toolo", ""),
    ]
    assert {spot.name for spot in view.labs} == {"Kamppi", "Kallio", "Toolo"}
    assert [leg.words.split(",")[0] for leg in view.legs] == [
        "Kamppi to Toolo",
        "Kallio to Toolo",
        f"Toolo to {view.shops[0].name}",
    ]


def produced(region: Region, *order_ids: str) -> list[int]:
    """How often each was made."""
    with region.reading() as session:
        rows = session.scalars(select(EntryRow).where(EntryRow.action == "produce"))
        count_of = Counter(row.order_id for row in rows)
    return [count_of[one] for one in order_ids]
