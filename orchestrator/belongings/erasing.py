"""Erasing a member: what names her goes, what others rely on stays under her number.

All of it is the caller's one transaction. Files that it leaves without a name are removed
afterwards as any other waste, so that a crash forgets none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    LargeBinary,
    Text,
    cast,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from orchestrator.belongings.columns import TABLES
from orchestrator.belongings.designs import erase_from_designs
from orchestrator.belongings.masking import Needles, masked, spelled_in_json
from orchestrator.belongings.own import is_own, table_named
from orchestrator.belongings.rows import LeavingRow
from orchestrator.foundation.ids import derived_id
from orchestrator.foundation.signing import SigningKey
from orchestrator.ledger.acts import NETWORK, Act
from orchestrator.ledger.append import append_act
from orchestrator.members.agents import agent_of
from orchestrator.members.rows import (
    BankAccountRow,
    ConsentRow,
    LoginRow,
    SigningKeyRow,
)
from orchestrator.network.rows import CourierRow, LabOfferRow, PlaceRow
from orchestrator.votes.rows import DelegationRow

COARSE: Final = 1  # digits of a degree: somewhere within ten kilometres


@dataclass(frozen=True, slots=True, kw_only=True)
class Eraser:
    """When, where files lie, and the network's key that puts it into the log."""

    files: Path
    key: SigningKey
    now: datetime


def erase(session: Session, agent_id: str, eraser: Eraser) -> None:
    """Forget who this is. Twice is once. Errors: NotFoundError for nobody."""
    agent = agent_of(session, agent_id)
    row = session.get_one(LeavingRow, agent_id, with_for_update=True)
    if row.erased_at is not None:
        return
    if session.get_bind().dialect.name == "sqlite":  # what is deleted is overwritten
        session.execute(text("PRAGMA secure_delete = ON"))
    needles = needles_of(session, agent_id)
    erase_from_designs(session, eraser.files, agent_id, needles)
    for name, told in TABLES.items():
        if told.deleted:
            session.execute(delete(table_named(name)).where(is_own(name, agent_id)))
    _end(session, agent_id, eraser.now)
    agent.name = former_name(agent_id)
    _blank_places(session, agent_id)
    for name, told in TABLES.items():
        _mask(session, name, told.told.split(), needles.all)
        if not told.deleted:  # what is left there names others
            _mask(session, name, told.said.split(), needles.strong)
    row.erased_at = eraser.now
    append_act(
        session,
        Act(
            id=derived_id("act", "member-erased", agent_id),
            actor=NETWORK,
            act="member-erased",
            subject=agent_id,
            occurred_at=eraser.now,
        ),
        key=eraser.key,
        recorded_at=eraser.now,
    )
    session.flush()


def former_name(agent_id: str) -> str:
    """What somebody is called who left: the end of the number tells them apart."""
    return f"Former member {agent_id[-4:]}"


def needles_of(session: Session, agent_id: str) -> Needles:
    """Every name, mail address, account and address that tells who this is."""
    found: list[str] = [agent_of(session, agent_id).name]
    for column, owner in (
        (LoginRow.email, LoginRow.agent_id),
        (BankAccountRow.iban, BankAccountRow.agent_id),
        (BankAccountRow.holder, BankAccountRow.agent_id),
        (PlaceRow.address, PlaceRow.agent_id),
    ):
        found += session.scalars(select(column).where(owner == agent_id))
    places = select(PlaceRow.name).where(PlaceRow.agent_id == agent_id)
    found += (name for name in session.scalars(places) if " " in name)
    return Needles.of(found)


def _end(session: Session, agent_id: str, now: datetime) -> None:
    """What stood until now stands no more; that it did stays."""
    session.execute(
        update(ConsentRow)
        .where(ConsentRow.agent_id == agent_id, ConsentRow.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    session.execute(
        update(SigningKeyRow)
        .where(SigningKeyRow.agent_id == agent_id, SigningKeyRow.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    session.execute(
        update(DelegationRow)
        .where(
            or_(
                DelegationRow.agent_id == agent_id,
                DelegationRow.delegate_id == agent_id,
            ),
            DelegationRow.until.is_(None),
        )
        .values(until=now)
    )
    session.execute(
        update(LabOfferRow)
        .where(LabOfferRow.to_id == agent_id, LabOfferRow.ended_at.is_(None))
        .values(ended_at=now, ended_by=agent_id)
    )


def _blank_places(session: Session, agent_id: str) -> None:
    """Orders still point at them: where in the region it was, and no nearer."""
    for place in session.scalars(select(PlaceRow).where(PlaceRow.agent_id == agent_id)):
        place.name = place.address = "A former place"
        place.lat, place.lon = round(place.lat, COARSE), round(place.lon, COARSE)
    courier = session.get(CourierRow, agent_id)
    if courier is not None:
        courier.lat = round(courier.lat, COARSE)
        courier.lon = round(courier.lon, COARSE)
    session.flush()


def _mask(
    session: Session, name: str, columns: Sequence[str], needles: Sequence[str]
) -> None:
    """Take the words out of these columns, wherever in the table they stand."""
    if not columns or not needles:
        return
    table = table_named(name)
    keys = list(table.primary_key)
    asked = select(*keys, *(table.c[one] for one in columns)).where(
        or_(*(_holds(session, table.c[one], needles) for one in columns))
    )
    for row in session.execute(asked).mappings().all():
        values: Mapping[str, Any] = {one: masked(row[one], needles) for one in columns}
        is_this = (key == row[key.name] for key in keys)
        session.execute(update(table).where(*is_this).values(values))
    session.expire_all()


def _holds(
    session: Session, column: Column[Any], needles: Sequence[str]
) -> ColumnElement[bool]:
    if isinstance(column.type, LargeBinary):
        is_sqlite = session.get_bind().dialect.name == "sqlite"
        digits = func.hex(column) if is_sqlite else func.encode(column, "hex")
        spelled = [one.encode().hex() for one in needles]
        return or_(*(func.lower(digits).contains(one) for one in spelled))
    is_json = isinstance(column.type, JSON)
    told = cast(column, Text) if is_json else column
    terms: list[ColumnElement[bool]] = []
    for needle in needles:
        word = spelled_in_json(needle) if is_json else needle
        terms.append(told.contains(word, autoescape=True))
        terms.append(func.lower(told).contains(word.lower(), autoescape=True))
    return or_(*terms)
