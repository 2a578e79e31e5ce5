"""Events as ValueFlows JSON: for programs that speak the vocabulary, not for checking.

What was signed is the entry's body; here a quantity becomes a JSON number, as the
vocabulary's schemas want it.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.canonical import Json
from orchestrator.ledger.events import EconomicEvent, event_of, spell_moment
from orchestrator.ledger.rows import EVENT, EntryRow

ID: Final = "urn:fabcommons:"
EFFORTS: Final = frozenset({"use", "work", "cite", "deliverService"})
# UCUM code: label of the unit and its name in the Ontology of units of Measure
UNITS: Final[dict[str, tuple[str, str]]] = {
    "{piece}": ("piece", "one"),
    "h": ("hour", "hour"),
    "g": ("gram", "gram"),
    "km": ("kilometre", "kilometre"),
    "1": ("one", "one"),
}


def valueflows(
    session: Session, *, start: int, limit: int
) -> Iterator[dict[str, Json]]:
    """The events among entries `start` to `start` + `limit` - 1; acts are left out."""
    rows = session.scalars(
        select(EntryRow)
        .where(
            EntryRow.position >= start,
            EntryRow.position < start + limit,
            EntryRow.kind == EVENT,
        )
        .order_by(EntryRow.position)
    )
    for row in rows:
        yield as_valueflows(event_of(row.body))


def as_valueflows(event: EconomicEvent) -> dict[str, Json]:
    """One event in the words and the shape of the ValueFlows JSON schemas."""
    label, measure = UNITS[event.unit]
    amount = float(event.amount)
    quantity = "effortQuantity" if event.action in EFFORTS else "resourceQuantity"
    told: dict[str, Json] = {
        "@id": ID + event.id,
        "@type": "EconomicEvent",
        "action": event.action,
        "provider": _agent(event.provider),
        "receiver": _agent(event.receiver),
        "resourceConformsTo": {"@id": ID + event.resource, "name": event.resource},
        quantity: {
            "hasNumericalValue": int(amount) if amount.is_integer() else amount,
            "hasUnit": {
                "label": label,
                "symbol": event.unit,
                "omUnitIdentifier": measure,
            },
        },
        "hasPointInTime": spell_moment(event.occurred_at),
    }
    if event.corrects is not None:
        told["corrects"] = {"@id": ID + event.corrects, "action": event.action}
    return told


def _agent(agent_id: str) -> Json:
    """People are named by their id alone: the log holds no personal data."""
    return {"@id": ID + agent_id, "name": agent_id}
