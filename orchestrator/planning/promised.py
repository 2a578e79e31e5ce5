"""What an order was promised, as the plan keeps it."""

from collections.abc import Callable
from datetime import datetime

from orchestrator.orders.rows import OrderRow
from routing.joint.problem import Promise


def promised_window(order: OrderRow, seconds_of: Callable[[datetime], int]) -> Promise:
    """The window of the quote that was accepted, whatever later plans expected.

    To be outside of it has its price; the time inside of it that is planned now says
    how near it is. Of a part nobody was promised that it does not come sooner.
    """
    from_at = order.promised_from_at if order.part_of is None else order.placed_at
    earliest_s = seconds_of(from_at)
    latest_s = seconds_of(order.promised_to_at)
    planned_s = seconds_of(order.expected_at or order.promised_from_at)
    return Promise(
        earliest_s=earliest_s,
        planned_s=min(max(planned_s, earliest_s), latest_s),
        latest_s=latest_s,
    )
