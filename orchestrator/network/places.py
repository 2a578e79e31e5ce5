"""Addresses where shops take their orders; each shop sees its own only."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import NotFoundError
from orchestrator.foundation.ids import checked_id, new_id
from orchestrator.members.agents import agent_of
from orchestrator.network.rows import PlaceRow
from orchestrator.network.text import checked_position, checked_text


def add_place(
    session: Session,
    *,
    agent_id: str,
    name: str,
    address: str,
    lat: float,
    lon: float,
    place_id: str | None = None,
) -> PlaceRow:
    """A new address of a member. Errors: InvalidInputError, NotFoundError."""
    agent_of(session, agent_id)
    lat, lon = checked_position(lat, lon)
    row = PlaceRow(
        id=checked_id(place_id) if place_id else new_id("place"),
        agent_id=agent_id,
        name=checked_text(name, field="name", length_max=120),
        address=checked_text(address, field="address", length_max=300),
        lat=lat,
        lon=lon,
    )
    session.add(row)
    session.flush()
    announce(session, "map")
    return row


def place_of(session: Session, place_id: str) -> PlaceRow:
    """The place, whosever it is. Errors: NotFoundError."""
    row = session.get(PlaceRow, place_id)
    if row is None:
        raise NotFoundError(f"you have no place {place_id[:64]!r}", field="place_id")
    return row


def places_of(session: Session, agent_id: str) -> Sequence[PlaceRow]:
    """A member's places, by name."""
    return session.scalars(
        select(PlaceRow)
        .where(PlaceRow.agent_id == agent_id)
        .order_by(PlaceRow.name, PlaceRow.id)
    ).all()
