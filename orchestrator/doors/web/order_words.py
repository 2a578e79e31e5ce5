"""An order in people's words: its state, its lateness, its licence, its price."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from orchestrator.doors.web.formats import duration
from orchestrator.doors.web.states import Shown
from orchestrator.doors.web.trade_words import Told
from orchestrator.doors.web.words import N_
from orchestrator.orders.life import OPEN
from orchestrator.orders.rows import OrderRow

ORDER_STATES: Final[Mapping[str, Told]] = {
    "placed": Told(shown=Shown.WAITING, word=N_("Placed")),
    "planned": Told(shown=Shown.WAITING, word=N_("Planned")),
    "making": Told(shown=Shown.RUNNING, word=N_("Being made")),
    "made": Told(shown=Shown.READY, word=N_("Made")),
    "on-the-way": Told(shown=Shown.RUNNING, word=N_("On the way")),
    "delivered": Told(shown=Shown.DONE, word=N_("Delivered")),
    "refused": Told(shown=Shown.FAILED, word=N_("Can't be made")),
    "cancelled": Told(shown=Shown.PAUSED, word=N_("Cancelled")),
}
PRICE_WORDS: Final[Mapping[str, str]] = {
    "machine": N_("Machine time"),
    "labour": N_("Work by hand"),
    "material": N_("Material"),
    "design": N_("Designer"),
    "upstream": N_("Designs it builds on"),
    "transport": N_("Transport"),
    "platform": N_("Running the network"),
    "reciprocity": N_("Reciprocity, to those who made the design"),
}
ACTION_WORDS: Final[Mapping[str, str]] = {
    "produce": N_("made"),
    "use": N_("machine used"),
    "consume": N_("material used"),
    "work": N_("work by hand"),
    "cite": N_("design used"),
    "pickup": N_("picked up"),
    "dropoff": N_("dropped off"),
    "transfer": N_("handed over"),
    "transferCustody": N_("taken in charge"),
    "deliverService": N_("brought"),
    "modify": N_("changed"),
}


def late_s(order: OrderRow, now: datetime) -> float:
    """Seconds by which the promise is, or will be, broken; 0 when it is kept."""
    if order.state == "delivered":
        told = order.delivered_at or now
    elif order.state in OPEN:
        told = max(order.expected_at or now, now)
    else:
        return 0.0
    return max((told - order.promised_to_at).total_seconds(), 0.0)


def order_told(order: OrderRow, now: datetime) -> Told:
    """How a list shows the order: its state, or how late it is, or that it waits."""
    told = ORDER_STATES[order.state]
    if order.state not in OPEN:
        return told
    if order.state == "placed" and order.reason_code is not None:
        return Told(shown=Shown.NEEDS_YOU, word=N_("No lab yet"))
    late = late_s(order, now)
    if late >= 60:
        return Told(shown=Shown.NEEDS_YOU, word=f"Late by {duration(late)}")
    return told


def points(milli_points: int) -> str:
    """`0.15` from thousandths of a point, with no zeros that say nothing."""
    whole, part = divmod(abs(milli_points), 1_000)
    sign = "-" if milli_points < 0 else ""
    return f"{sign}{whole}.{part:03d}".rstrip("0").rstrip(".") or "0"


def sentence(text: str | None) -> str:
    """The text with a capital letter and a full stop."""
    words = (text or "").strip()
    if not words:
        return ""
    ended = words if words.endswith((".", "!", "?")) else f"{words}."
    return f"{ended[:1].upper()}{ended[1:]}"
