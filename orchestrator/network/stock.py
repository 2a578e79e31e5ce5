"""What a lab has of each material: the sum of movements that people and jobs append."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, aliased

from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from orchestrator.foundation.quantities import amount_of
from orchestrator.network.facilities import facility_of
from orchestrator.network.rows import StockMovementRow

BY_PEOPLE: Final = ("counted", "delivered", "stopped")
GRAMS_MAX: Final = 10_000_000.0  # ten tonnes
HISTORY_MAX: Final = 50
LEAST_G: Final = 0.001
_MATERIAL: Final = re.compile(r"[\x21-\x7e]{1,80}")  # as a bill of process spells it


class NothingToUndoError(ConflictError):
    """Something came after it, or it was undone already."""

    code = "nothing-to-undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What a lab has of a material that it counts; below 0 it was counted wrong."""

    facility_id: str
    material: str
    grams: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A person's word: so much is there, so much came, or nobody counts it any more.

    `amount` as written: '2.5 kg'.
    """

    kind: Literal["counted", "delivered", "stopped"]
    material: str
    amount: str = ""


def stocks(session: Session, facility_ids: Collection[str]) -> list[Stock]:
    """What these labs have of each material that they count, by lab and material."""
    row, undone = StockMovementRow, aliased(StockMovementRow)

    def newest(is_kind: ColumnElement[bool]) -> ColumnElement[int]:
        stands = is_kind & undone.number.is_(None)
        return func.coalesce(func.max(case((stands, row.number))), 0)

    began = newest(row.kind.in_(("counted", "delivered")))
    stopped = newest(row.kind == "stopped")
    asked = (
        select(row.facility_id, row.material, func.sum(row.grams))
        .outerjoin(undone, undone.undoes == row.number)
        .where(row.facility_id.in_(facility_ids))
        .group_by(row.facility_id, row.material)
        .having(began > stopped)
        .order_by(row.facility_id, row.material)
    )
    return [
        Stock(facility_id=lab, material=material, grams=round(grams, 3))
        for lab, material, grams in session.execute(asked)
    ]


def say_stock(
    session: Session, facility_id: str, said: Said, *, by: str, now: datetime
) -> StockMovementRow | None:
    """A person's word on what the lab has; None where that is no news.

    What is counted holds, whatever was thought. A lab that kept no stock of it begins
    with what is counted or came. Errors: NotFoundError; InvalidInputError.
    """
    facility_of(session, facility_id, hold=True)  # one person at a time
    name = _name(session, facility_id, said.material)
    known = _kept(session, facility_id, name)
    summed = _sum(session, facility_id, name)
    if said.kind == "stopped":
        change = -summed
        is_news = known is not None
    else:
        grams = _grams(said.amount)
        is_whole = said.kind == "counted" or known is None
        change = grams - summed if is_whole else grams
        is_news = known is None or abs(change) >= LEAST_G
    if not is_news:
        return None
    return _append(session, facility_id, name, said.kind, change, by=by, now=now)


def undo_movement(
    session: Session, facility_id: str, number: int, *, by: str, now: datetime
) -> StockMovementRow:
    """Take back what a person last said of a material; what jobs took stays taken.

    Errors: NotFoundError; NothingToUndoError.
    """
    facility_of(session, facility_id, hold=True)
    row = session.get(StockMovementRow, number)
    if row is None or row.facility_id != facility_id:
        raise NotFoundError(f"there is no such change of stock: {number}")
    if row.number not in undoable(history(session, facility_id, row.material)):
        raise NothingToUndoError(
            "somebody changed this stock since, or this was undone already"
        )
    return _append(
        session,
        facility_id,
        row.material,
        "undone",
        -row.grams,
        by=by,
        now=now,
        undoes=number,
    )


def use_stock(
    session: Session,
    facility_id: str,
    material: str,
    grams: float,
    *,
    job_id: str,
    now: datetime,
) -> bool:
    """A job took so much; False if it did already, or the lab counts none of it."""
    if not material or grams < LEAST_G:
        return False
    name = _name(session, facility_id, material)
    if _kept(session, facility_id, name) is None:
        return False
    taken = select(StockMovementRow.number).where(StockMovementRow.job_id == job_id)
    if session.scalar(taken) is not None:
        return False
    _append(session, facility_id, name, "used", -grams, by=None, now=now, job_id=job_id)
    return True


def history(
    session: Session, facility_id: str, material: str | None = None
) -> Sequence[StockMovementRow]:
    """The newest movements of a lab (of one material), the newest first."""
    asked = select(StockMovementRow).where(StockMovementRow.facility_id == facility_id)
    if material is not None:
        asked = asked.where(StockMovementRow.material == material)
    return session.scalars(
        asked.order_by(StockMovementRow.number.desc()).limit(HISTORY_MAX)
    ).all()


def undoable(newest_first: Sequence[StockMovementRow]) -> frozenset[int]:
    """Of each material, the last thing that a person said and that still stands."""
    undone = {row.undoes for row in newest_first}
    last: dict[str, int] = {}
    for row in newest_first:
        if row.kind in BY_PEOPLE and row.number not in undone:
            last.setdefault(row.material, row.number)
    return frozenset(last.values())


def _append(
    session: Session,
    facility_id: str,
    material: str,
    kind: str,
    grams: float,
    *,
    by: str | None,
    now: datetime,
    job_id: str | None = None,
    undoes: int | None = None,
) -> StockMovementRow:
    row = StockMovementRow(
        facility_id=facility_id,
        material=material,
        kind=kind,
        grams=round(grams, 3),
        at=now,
        by=by,
        job_id=job_id,
        undoes=undoes,
    )
    session.add(row)
    session.flush()
    announce(session, f"lab/{facility_id}")
    return row


def _name(session: Session, facility_id: str, material: str) -> str:
    """The material as this lab has spelled it so far. Errors: InvalidInputError."""
    wanted = material.strip()
    if not _MATERIAL.fullmatch(wanted):
        raise InvalidInputError(
            "a material is one word of at most 80 letters, as designs call it",
            field="material",
        )
    known = session.scalars(
        select(StockMovementRow.material)
        .where(StockMovementRow.facility_id == facility_id)
        .distinct()
    )
    same = (name for name in known if name.casefold() == wanted.casefold())
    return next(same, wanted)


def _kept(session: Session, facility_id: str, material: str) -> Stock | None:
    found = stocks(session, [facility_id])
    return next((one for one in found if one.material == material), None)


def _sum(session: Session, facility_id: str, material: str) -> float:
    total = session.scalar(
        select(func.sum(StockMovementRow.grams)).where(
            StockMovementRow.facility_id == facility_id,
            StockMovementRow.material == material,
        )
    )
    return float(total or 0)


def _grams(text: str) -> float:
    try:
        grams = amount_of(text.replace(",", "."), "g", field="amount")
    except InvalidInputError as error:
        raise InvalidInputError(
            "write an amount with kg or g, such as 2.5 kg", field="amount"
        ) from error
    if not 0 <= grams <= GRAMS_MAX:
        raise InvalidInputError(
            f"an amount is 0 to {GRAMS_MAX / 1_000_000:g} t", field="amount"
        )
    return grams
