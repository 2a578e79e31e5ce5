"""What a shop was promised is what later plans are held to, at the members' price."""

import json
from datetime import timedelta

from orchestrator.commons.rulebook import Mandate, enact
from orchestrator.commons.weights import PLAN_WEIGHTS, default_weights
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.picture import look
from orchestrator.planning.problem import frame
from orchestrator.planning.wishes import wish
from routing.joint.problem import Order
from tests.unit.orchestrator.region import Region


def as_planned_for(region: Region) -> Order:
    """The one order as routing gets it."""
    with region.reading() as session:
        picture = look(session, now=region.clock.at)
    (order,) = frame(picture, region.ground).problem.orders
    return order


def seconds_until(region: Region, order_id: str) -> tuple[int, int]:
    row, now = region.row(order_id), region.clock.at
    return (
        round((row.promised_from_at - now).total_seconds()),
        round((row.promised_to_at - now).total_seconds()),
    )


def test_a_plan_knows_the_window_that_was_promised(region: Region) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    region.clock.turn(300)
    order = as_planned_for(region)
    assert order.promised is not None
    window = seconds_until(region, order_id)
    assert (order.promised.earliest_s, order.promised.latest_s) == window
    assert order.due_s == window[0]  # from here on it is late, from the end on broken
    assert window[0] <= order.promised.planned_s <= window[1]


def test_of_a_part_nobody_was_promised_that_it_comes_no_sooner(region: Region) -> None:
    region.share_out()
    (part,) = region.parts(region.order("lamp", hours=12))
    with region.reading() as session:
        picture = look(session, now=region.clock.at)
    orders = frame(picture, region.ground).problem.orders
    order = next(one for one in orders if one.id == part.id)
    assert order.promised is not None
    assert order.promised.earliest_s <= 0
    window = seconds_until(region, part.id)
    assert (order.due_s, order.promised.latest_s) == window


def test_a_plan_that_moved_it_changes_no_promise(region: Region) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    with region.sessions.begin() as session:
        row = session.get_one(OrderRow, order_id)
        row.expected_at = row.promised_to_at + timedelta(hours=1)
    order = as_planned_for(region)
    assert order.promised is not None
    assert order.promised.planned_s == order.promised.latest_s
    assert order.promised.latest_s == seconds_until(region, order_id)[1]


def test_a_broken_promise_has_the_price_that_members_gave_it(region: Region) -> None:
    order_id = region.order("clip", quantity=2)
    region.plan()
    region.clock.turn(seconds_until(region, order_id)[1] + 600)  # nobody was there
    assert outside_cents(region) > 10 * 50
    told = json.loads(default_weights()) | {"moved_promise_cents_per_minute": 0}
    with region.sessions.begin() as session:
        enact(
            session,
            PLAN_WEIGHTS,
            json.dumps(told).encode(),
            by=Mandate(proposal_id="proposal-1", agent_id="agent-1", reason="Free."),
            in_force_from=region.clock.at,
            now=region.clock.at,
        )
    assert outside_cents(region) == 0


def outside_cents(region: Region) -> int:
    with region.sessions.begin() as session:
        wish(session, "a look", region.clock.at)
    plan = region.plan()
    assert plan is not None
    return plan.cost_cents["moved_promise"]
