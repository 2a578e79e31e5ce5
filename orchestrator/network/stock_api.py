"""Stocks over HTTP: what a lab has of each material, and people's word on it."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.members.principal_api import Strict
from orchestrator.network.facilities import facility_of
from orchestrator.network.rows import StockMovementRow
from orchestrator.network.stock import (
    NothingToUndoError,
    Said,
    history,
    say_stock,
    stocks,
    undo_movement,
)
from orchestrator.network.wire import (
    OTHER_STOCK,
    LabOperatorDep,
    RowId,
    Told,
    told_of_lab,
)

router = APIRouter()


class StockOut(BaseModel):
    """What there is of a material, in grams; below 0 it was counted wrong."""

    material: str
    grams: float


class MovementOut(BaseModel):
    """One change, of those that are never edited. `by` None: job `job_id` took it."""

    number: int
    material: str
    kind: str
    grams: float
    at: datetime
    by: str | None
    job_id: str | None
    undoes: int | None


class StocksOut(BaseModel):
    """Only what is named here limits the plan; the movements are the newest ones."""

    stocks: list[StockOut]
    movements: list[MovementOut]


class StockIn(Strict):
    """`counted`: there is so much now; `delivered`: so much came; `stopped`: the lab
    no longer says. `amount` as written, '2.5 kg'; none for `stopped`."""

    kind: Literal["counted", "delivered", "stopped"]
    material: Annotated[str, Field(min_length=1, max_length=80)]
    amount: Annotated[str, Field(max_length=64)] = ""


@router.get(
    "/facilities/{facility_id}/stock",
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def show_stock(
    facility_id: Id, _principal: LabOperatorDep, session: ReaderDep
) -> StocksOut:
    """What the lab has, to its operators and stewards."""
    facility_of(session, facility_id)
    return StocksOut(
        stocks=[
            StockOut(material=one.material, grams=one.grams)
            for one in stocks(session, [facility_id])
        ],
        movements=[_movement_out(row) for row in history(session, facility_id)],
    )


@router.post(
    "/facilities/{facility_id}/stock",
    responses=refusals(
        NotSignedInError, NotAllowedError, NotFoundError, InvalidInputError
    ),
)
def change_stock(
    *,
    facility_id: Id,
    asked: StockIn,
    principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Told:
    """Say what there is, or came."""
    now = clock.now()
    said = Said(kind=asked.kind, material=asked.material, amount=asked.amount)
    row = say_stock(session, facility_id, said, by=principal.agent_id, now=now)
    return told_of_lab(
        request, session, facility_id, OTHER_STOCK, now, changed=row is not None
    )


@router.post(
    "/facilities/{facility_id}/stock/{number}/undo",
    responses=refusals(
        NotSignedInError, NotAllowedError, NotFoundError, NothingToUndoError
    ),
)
def undo(
    *,
    facility_id: Id,
    number: RowId,
    principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Told:
    """Take back what a person last said of a material."""
    now = clock.now()
    undo_movement(session, facility_id, number, by=principal.agent_id, now=now)
    return told_of_lab(request, session, facility_id, OTHER_STOCK, now)


def _movement_out(row: StockMovementRow) -> MovementOut:
    return MovementOut.model_validate(row, from_attributes=True)
