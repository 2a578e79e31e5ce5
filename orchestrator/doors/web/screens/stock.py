"""Screen 4, material in stock: what is there, what is promised of it, who said so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.doors.web.access import LabOperatorDep, topic_of
from orchestrator.doors.web.formats import weight
from orchestrator.doors.web.live import PLAN_CHANGED
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, render
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.members.agents import names_of
from orchestrator.network.facilities import facility_of
from orchestrator.network.machines import machines
from orchestrator.network.rows import FacilityRow, StockMovementRow
from orchestrator.network.stock import (
    Said,
    Stock,
    history,
    say_stock,
    stocks,
    undo_movement,
    undoable,
)
from orchestrator.network.wire import OTHER_STOCK, told_of_lab
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import TaskRow
from orchestrator.planning.views import material_planned

router = APIRouter()

UNDO_S: Final = 30
KINDS: Final = {
    "counted": "counted",
    "delivered": "came",
    "used": "taken by a job",
    "stopped": "no longer counted",
    "undone": "undone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One material: what is there, what runs that are not over take of it, in grams."""

    stock: Stock
    planned_g: float

    @property
    def is_short(self) -> bool:
        """Whether somebody must look at it."""
        return self.stock.grams < self.planned_g or self.stock.grams < 0

    @property
    def left(self) -> str:
        """What nobody takes yet."""
        return weight(max(0.0, self.stock.grams - self.planned_g))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A line of the history. `who`: a person, or the order whose job took it."""

    row: StockMovementRow
    kind: str
    grams: str
    who: str
    order_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was sent and could not be read."""

    material: str
    amount: str
    field: str
    wrong: str


@router.get("/labs/{facility_id}/stock")
def stock_page(
    *,
    facility_id: Id,
    request: Request,
    _principal: LabOperatorDep,
    session: ReaderDep,
    material: Annotated[str, Field(max_length=80)] = "",
    done: int | None = None,
) -> Response:
    """What the lab has, to those who work there. `done`: what was just said."""
    lab = facility_of(session, facility_id)
    return _page(request, session, lab, material=material, done=done)


@router.post("/labs/{facility_id}/stock")
def change_stock(
    *,
    facility_id: Id,
    material: Annotated[str, Form(max_length=80)],
    kind: Annotated[Literal["counted", "delivered", "stopped"], Form()],
    amount: Annotated[str, Form(max_length=64)] = "",
    principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Say what there is, or came; what can't be read comes back with what is wrong."""
    now = clock.now()
    said = Said(kind=kind, material=material, amount=amount)
    try:
        row = say_stock(session, facility_id, said, by=principal.agent_id, now=now)
    except InvalidInputError as refusal:
        draft = Draft(
            material=material,
            amount=amount,
            field=refusal.field or "amount",
            wrong=sentence(str(refusal)),
        )
        lab = facility_of(session, facility_id)
        return _page(request, session, lab, draft=draft)
    if row is None:
        return RedirectResponse(f"/labs/{facility_id}/stock", status_code=303)
    told_of_lab(request, session, facility_id, OTHER_STOCK, now)
    done = f"/labs/{facility_id}/stock?done={row.number}"
    return RedirectResponse(done, status_code=303)


@router.post("/labs/{facility_id}/stock/undo")
def undo(
    *,
    facility_id: Id,
    number: Annotated[int, Form(ge=1, le=2**53)],
    principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Take back the last word on a material."""
    now = clock.now()
    undo_movement(session, facility_id, number, by=principal.agent_id, now=now)
    told_of_lab(request, session, facility_id, OTHER_STOCK, now)
    return RedirectResponse(f"/labs/{facility_id}/stock", status_code=303)


def _page(
    request: Request,
    session: Session,
    lab: FacilityRow,
    *,
    material: str = "",
    done: int | None = None,
    draft: Draft | None = None,
) -> Response:
    rows = history(session, lab.id)
    kept = stocks(session, [lab.id])
    planned = material_planned(session, lab.id)
    changes = _changes(session, rows)
    undoes = undoable(rows)
    return render(
        request,
        "lab_stock.html",
        page=Page(
            title=f"Material in stock, {lab.name}",
            topics=(topic_of("lab", lab.id), PLAN_CHANGED),
        ),
        status=422 if draft else 200,
        facility=lab,
        shelves=[
            Shelf(stock=one, planned_g=planned.get(one.material.casefold(), 0.0))
            for one in kept
        ],
        uncounted=_uncounted(session, lab.id, kept),
        changes=changes,
        undoes=undoes,
        done=next((one for one in changes if one.row.number == done), None)
        if done in undoes
        else None,
        undo_s=UNDO_S,
        material=draft.material if draft else material,
        draft=draft,
        weight=weight,
    )


def _uncounted(session: Session, lab_id: str, kept: Sequence[Stock]) -> list[str]:
    """What its machines are loaded with and nobody counts."""
    counted = {one.material.casefold() for one in kept}
    names = {
        str(material["code"])
        for machine in machines(session, facility_id=lab_id)
        for material in machine.capability.get("materials", ())
    }
    return sorted(name for name in names if name.casefold() not in counted)


def _changes(session: Session, rows: Sequence[StockMovementRow]) -> list[Change]:
    names = names_of(session, {row.by for row in rows if row.by})
    orders = {
        task_id: (number, order_id)
        for task_id, number, order_id in session.execute(
            select(TaskRow.id, OrderRow.number, OrderRow.id)
            .join(OrderRow, OrderRow.id == TaskRow.order_id)
            .where(TaskRow.id.in_({row.job_id for row in rows}))
        )
    }
    found = []
    for row in rows:
        number, order_id = orders.get(row.job_id or "", (None, None))
        found.append(
            Change(
                row=row,
                kind=KINDS[row.kind],
                grams=("+" if row.grams > 0 else "") + weight(row.grams),
                who=names.get(row.by or "", "") if row.by else f"order {number}",
                order_id=order_id,
            )
        )
    return found
