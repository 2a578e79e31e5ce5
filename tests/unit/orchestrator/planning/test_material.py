"""No lab gets more to make than it has material for, and who asks is told why."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from orchestrator.network.stock import Said, say_stock, stocks
from orchestrator.orders.errors import QuoteOvertakenError
from orchestrator.orders.life import cancel, held_order
from orchestrator.orders.quotes import NoOffer, Offer
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.asking import Asked, ask_for_quote
from orchestrator.planning.clashes import clashes
from orchestrator.planning.picture import look
from orchestrator.planning.problem import frame
from orchestrator.planning.views import reasons_of
from orchestrator.planning.wishes import wish
from routing.joint.solve import solve
from tests.unit.orchestrator.region import Region


def count(region: Region, lab: int, text: str, material: str = "PLA") -> None:
    place = region.labs[lab]
    with region.sessions.begin() as session:
        said = Said(kind="counted", material=material, amount=text)
        say_stock(
            session, place.facility_id, said, by=place.operator_id, now=region.clock.at
        )
        wish(session, "stock", region.clock.at)


def lab_of(region: Region, order_id: str) -> str | None:
    machines = {task.machine_id for task in region.tasks(order_id)} - {None}
    labs = {region.lab_of(machine).facility_id for machine in machines if machine}
    return labs.pop() if labs else None


def test_the_order_goes_to_the_lab_that_has_the_material(region: Region) -> None:
    for short, able in ((0, 1), (1, 0)):
        count(region, short, "90 g")
        count(region, able, "1 kg")
        offer = region.offer("clip", quantity=8)  # 96 g
        assert isinstance(offer, Offer)
        assert offer.facility_id == region.labs[able].facility_id
        told = {one.code: one.text for one in offer.passed_over}
        assert "has 90 g of PLA, the order takes 96 g" in told["material-short"]


def test_that_nobody_has_it_is_said_in_plain_words(region: Region) -> None:
    count(region, 0, "40 g")
    count(region, 1, "90 g")
    refused = region.offer("clip", quantity=8)
    assert isinstance(refused, NoOffer)
    assert refused.code == "no-material"
    assert refused.text == (
        "No lab that can make it has 96 g of PLA: Kallio lacks least, with 90 g."
    )
    assert refused.helps == ("6 g more of PLA in Kallio",)
    assert isinstance(region.offer("box"), Offer)  # of plywood, which nobody counts


def test_a_lab_that_never_said_is_not_limited(region: Region) -> None:
    count(region, 0, "0 g")
    offer = region.offer("clip", quantity=8)
    assert isinstance(offer, Offer)
    assert offer.facility_id == region.labs[1].facility_id


def test_what_is_promised_is_reserved(region: Region) -> None:
    """Planned or only placed: the next order gets what is left."""
    count(region, 0, "100 g")
    count(region, 1, "0 g")
    region.order("clip", quantity=4)  # 48 g
    for _ in range(2):
        assert isinstance(region.offer("clip", quantity=4), Offer)
        refused = region.offer("clip", quantity=5)
        assert isinstance(refused, NoOffer)
        assert refused.code == "material-taken"
        assert "52 g left of 100 g" in refused.text
        region.plan()


def test_a_promised_order_moves_when_its_lab_counts_less(region: Region) -> None:
    order_id = region.order("clip", quantity=8)
    region.plan()  # it begins at once, which else holds it where it is
    home = lab_of(region, order_id)
    number = [lab.facility_id for lab in region.labs].index(home or "")
    count(region, number, "10 g")
    region.plan()
    assert lab_of(region, order_id) == region.labs[1 - number].facility_id
    count(region, 1 - number, "20 g")
    region.plan()
    assert lab_of(region, order_id) is None
    row = region.row(order_id)
    assert row.reason_code == "no-material"
    assert "lacks least, with 20 g" in (row.reason_text or "")
    with region.reading() as session:
        codes = [one.code for one in reasons_of(session, row).rejections]
    assert codes.count("material-short") == 2


def test_less_material_while_a_plan_is_thought_out_is_a_clash(region: Region) -> None:
    count(region, 0, "100 g")
    count(region, 1, "0 g")
    region.order("clip", quantity=8)
    region.plan()
    with region.reading() as session:
        framed = frame(look(session, now=region.clock.at), region.ground)
        plan = solve(framed.problem)
        fresh = look(session, now=region.clock.at)
    assert clashes(framed, plan, fresh) == []
    fewer = tuple(replace(one, grams=one.grams - 10) for one in fresh.stocks)
    (clash,) = clashes(framed, plan, replace(fresh, stocks=fewer))
    assert clash == "Kamppi has only 90 g of PLA meanwhile"


def test_what_is_at_a_machine_is_taken_off_when_it_ends(region: Region) -> None:
    """Until then the plan keeps it apart; a copy of the end takes nothing more."""
    count(region, 0, "100 g")
    count(region, 1, "0 g")
    region.order("clip", quantity=2)
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    tests = (("started", 100), ("completed", 76), ("completed", 76))
    for event, left_g in tests:
        region.tell(region.happened(command, event))  # type: ignore[arg-type]
        with region.reading() as session:
            (kept,) = stocks(session, [region.labs[0].facility_id])
            problem = frame(look(session, now=region.clock.at), region.ground).problem
        there = {stock.fab: stock.grams for stock in problem.stocks}
        assert kept.grams == left_g
        assert there[region.labs[0].facility_id] == 76


def test_of_two_quotes_on_the_same_material_one_is_ordered(region: Region) -> None:
    """The second answers with what is left; asked again, another lab makes it."""
    count(region, 0, "100 g")
    count(region, 1, "60 g")
    seen = region.offer("clip", quantity=8)
    assert isinstance(seen, Offer)
    assert seen.facility_id == region.labs[0].facility_id
    region.order("clip", quantity=8, offer=seen)  # 96 g
    for _ in range(2):  # only placed, then planned
        with pytest.raises(QuoteOvertakenError) as refused:
            region.order("clip", quantity=8, offer=seen)
        assert str(refused.value) == (
            "others ordered meanwhile: Kamppi has only 4 g of PLA left, this order "
            "takes 96 g: ask for a new quote"
        )
        region.plan()
    again = region.offer("clip", quantity=4)
    assert isinstance(again, Offer)
    assert again.facility_id == region.labs[1].facility_id
    second = region.order("clip", quantity=4, offer=again)
    region.plan()
    assert lab_of(region, second) == region.labs[1].facility_id
    with region.reading() as session:
        assert session.scalar(select(func.count()).select_from(OrderRow)) == 2


def test_what_is_made_frees_no_material_and_what_is_cancelled_does(
    region: Region,
) -> None:
    count(region, 0, "50 g")
    count(region, 1, "0 g")
    offer = region.offer("clip", quantity=4)  # 48 g
    first = region.order("clip", quantity=4, offer=offer)
    region.plan()
    with pytest.raises(QuoteOvertakenError, match="only 2 g"):
        region.order("clip", quantity=4, offer=offer)
    with region.sessions.begin() as session:
        cancel(session, held_order(session, first), now=region.clock.at)
    region.order("clip", quantity=4, offer=offer)
    region.plan()
    region.clock.turn(60)
    (command,) = region.send()
    for event in ("started", "completed"):
        with pytest.raises(QuoteOvertakenError, match="only 2 g"):
            region.order("clip", quantity=4, offer=offer)
        region.tell(region.happened(command, event))  # type: ignore[arg-type]


def test_of_many_at_the_same_moment_none_is_promised_too_much(region: Region) -> None:
    count(region, 0, "100 g")
    count(region, 1, "0 g")
    offer = region.offer("clip", quantity=4)  # 48 g
    placed: list[str] = []

    def accept(_: int) -> None:
        with contextlib.suppress(QuoteOvertakenError):
            placed.append(region.order("clip", quantity=4, offer=offer))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(accept, range(8)))
    assert len(placed) == 2


def test_a_quote_knows_of_an_order_that_no_cell_has_yet(region: Region) -> None:
    """Else it would offer again and again what is refused when it is ordered."""
    region.order("clip")
    region.plan()  # from now on there is a cell
    count(region, 0, "100 g")
    count(region, 1, "0 g")
    region.order("clip", quantity=7)  # 84 g
    with region.reading() as session:
        assert len(look(session, now=region.clock.at, cell="cell-1").orders) == 1
    row = ask_for_quote(
        region.sessions,
        region.reading,
        region.ground,
        region.clock,
        Asked(
            shop_id=region.shop_id,
            design_version_id=region.versions["clip"],
            place_id=region.place_id,
            quantity=8,
            wished_at=region.clock.at + timedelta(hours=2),
            latest_at=region.clock.at + timedelta(hours=6),
        ),
    )
    assert row.refusal is not None
    assert row.refusal["code"] == "material-taken"
