"""Ledger entries in plain words: who did what, as far as the one who asks may know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import DesignVersionRow
from orchestrator.doors.web.words import N_
from orchestrator.ledger.acts import NETWORK
from orchestrator.ledger.rows import ACT, EntryRow
from orchestrator.members.rows import AgentRow, RoleRow
from orchestrator.network.rows import MachineRow
from orchestrator.orders.rows import OrderRow

NAMELESS: Final[Mapping[str, str]] = {
    "courier": N_("a courier"),
    "designer": N_("a designer"),
    "operator": N_("a maker"),
    "shop": N_("a shop"),
    "steward": N_("a steward"),
}
THE_NETWORK: Final = N_("the network")
SOMEBODY: Final = N_("a member")
# {who} and {whom}: provider and receiver; {what}: the resource; {much}: the quantity
SENTENCES: Final[Mapping[tuple[str, str], str]] = {
    ("produce", "{piece}"): N_("{who} made {much} of {what}."),
    ("use", "h"): N_("{what} of {who} ran for {much}."),
    ("work", "h"): N_("{who} worked {much} on it."),
    ("consume", "g"): N_("{much} of {what} went into it."),
    ("consume", "{piece}"): N_("{much} of {what} went into it."),
    ("cite", "{piece}"): N_("{what} by {who} was used for {much}."),
    ("cite", "1"): N_("{what} by {who} is part of {citing}: {much}."),
    ("transferCustody", "{piece}"): N_("{who} handed {much} of {what} to {whom}."),
    ("pickup", "{piece}"): N_("{who} picked up {much} of {what}."),
    ("dropoff", "{piece}"): N_("{who} brought {much} of {what} to {whom}."),
    ("transfer", "{piece}"): N_("{whom} offers {much} of {what}."),
    ("deliverService", "km"): N_("{who} carried it {much} for {whom}."),
}
DID: Final = N_("{who}: {action} ({what}).")
DID_BY_DOOR: Final = N_("{who}: {action}.")  # what its address is tells people nothing
OTHERWISE: Final = N_("{who}, {action}: {much} of {what}.")
ICONS: Final[Mapping[str, str]] = {
    "produce": "cube",
    "use": "gauge",
    "work": "hand-palm",
    "consume": "drop",
    "cite": "books",
    "pickup": "package",
    "dropoff": "flag-checkered",
    "transferCustody": "arrow-right",
    "transfer": "storefront",
    "deliverService": "bicycle",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One entry for people. `sentence` is to be translated, then filled with `words`."""

    entry: EntryRow
    icon: str
    sentence: str
    words: Mapping[str, str]
    order_number: int | None


def newest(session: Session, *, limit: int, with_names: bool) -> list[Happening]:
    """The last entries that have a position, newest first.

    Without `with_names` persons are called by what they do, organisations by name.
    """
    rows = session.scalars(
        select(EntryRow)
        .where(EntryRow.position.is_not(None))
        .order_by(EntryRow.position.desc())
        .limit(limit)
    ).all()
    names = _Names(session, rows, with_names=with_names)
    return [_told(row, names) for row in rows]


class _Names:
    """What the ids of these entries are called."""

    def __init__(
        self, session: Session, rows: Sequence[EntryRow], *, with_names: bool
    ) -> None:
        people = {row.provider for row in rows} | {row.receiver for row in rows}
        things = {row.resource for row in rows}
        things |= {row.cited_by for row in rows if row.cited_by}
        orders = {row.order_id for row in rows if row.order_id}
        self.with_names = with_names
        self.agents = {
            row.id: row
            for row in session.scalars(select(AgentRow).where(AgentRow.id.in_(people)))
        }
        self.role_of = {
            row.agent_id: row.role
            for row in session.scalars(
                select(RoleRow).where(RoleRow.agent_id.in_(people))
            )
        }
        self.things = {
            row.id: row.title
            for row in session.scalars(
                select(DesignVersionRow).where(DesignVersionRow.id.in_(things))
            )
        }
        self.things |= {
            row.id: row.name
            for row in session.scalars(
                select(MachineRow).where(MachineRow.id.in_(things))
            )
        }
        self.numbers = {
            row.id: row.number
            for row in session.scalars(select(OrderRow).where(OrderRow.id.in_(orders)))
        }

    def agent(self, agent_id: str) -> str:
        if agent_id == NETWORK:
            return THE_NETWORK
        row = self.agents.get(agent_id)
        if row is not None and (self.with_names or row.kind == "organisation"):
            return row.name
        return NAMELESS.get(self.role_of.get(agent_id, ""), SOMEBODY)


def _told(row: EntryRow, names: _Names) -> Happening:
    return Happening(
        entry=row,
        icon=ICONS.get(row.action, "receipt"),
        sentence=_sentence(row),
        words={
            "who": names.agent(row.provider),
            "whom": names.agent(row.receiver),
            "what": names.things.get(row.resource, row.resource),
            "citing": names.things.get(row.cited_by or "", row.cited_by or ""),
            "much": _much(row),
            "action": row.action.replace("-", " ") if row.kind == ACT else row.action,
        },
        order_number=names.numbers.get(row.order_id or ""),
    )


def _much(row: EntryRow) -> str:
    try:
        return amount(Decimal(row.quantity), row.unit)
    except InvalidOperation:  # edited by hand: the page that finds it must not fall
        return f"{row.quantity} {row.unit}"


def _sentence(row: EntryRow) -> str:
    if row.kind == ACT:
        return DID_BY_DOOR if row.resource.startswith("/") else DID
    return SENTENCES.get((row.action, row.unit), OTHERWISE)


def amount(quantity: Decimal, unit: str) -> str:
    """`3 pieces`, `12 min`, `40 g`, `1.2 km`, `25 %`."""
    plain = f"{quantity:f}".rstrip("0").rstrip(".") if "." in f"{quantity:f}" else None
    number = plain or f"{quantity:f}"
    match unit:
        case "{piece}":
            return f"{number} piece" if quantity == 1 else f"{number} pieces"
        case "h":
            minutes = quantity * 60
            if abs(minutes) < 1:
                return f"{round(minutes * 60)} s"
            return (
                f"{round(minutes)} min" if abs(minutes) < 120 else f"{quantity:.1f} h"
            )
        case "km":
            return f"{quantity:.1f} km"
        case "1":
            return f"{quantity * 100:.0f} %"
    return f"{number} {unit}"
