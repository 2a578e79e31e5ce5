"""Screen 4, care of machines: hours run, services due, times of standing still."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.doors.web.access import LabOperatorDep, topic_of
from orchestrator.doors.web.care import cares_of, total_h
from orchestrator.doors.web.pages import Page, render, zone_of
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.network.facilities import facility_of
from orchestrator.network.machines import machine_of, machines
from orchestrator.network.service import (
    block,
    blocks,
    say_serviced,
    set_interval,
    unblock,
    undo_service,
)
from orchestrator.network.wire import told_of_lab

router = APIRouter()

Number = Annotated[int, Form(ge=1, le=2**53)]
MachineId = Annotated[str, Form(max_length=64)]
Task = Annotated[str, Form(max_length=200)]
UNDO_S: Final = 60
OTHER_TIMES: Final = "{lab} needs time for its machines"


@router.get("/labs/{facility_id}/care")
def care_page(
    *,
    facility_id: Id,
    request: Request,
    _principal: LabOperatorDep,
    session: ReaderDep,
    clock: ClockDep,
    done: int | None = None,
) -> Response:
    """Hours and services, to those who work there. `done`: what was just said."""
    lab, now = facility_of(session, facility_id), clock.now()
    rows = machines(session, facility_id=facility_id)
    cares = cares_of(session, rows, now=now)
    return render(
        request,
        "lab_care.html",
        page=Page(
            title=f"Care of machines, {lab.name}",
            topics=(topic_of("lab", lab.id),),
            glance=True,
        ),
        facility=lab,
        machines=rows,
        cares=cares,
        hours=total_h(session, rows, now=now),
        blocks=blocks(session, [row.id for row in rows], now=now),
        names={row.id: row.name for row in rows},
        done=next((one for one in cares if one.service.last == done), None),
        undo_s=UNDO_S,
        now=now,
    )


@router.post("/labs/{facility_id}/care/interval")
def say_interval(
    *,
    facility_id: Id,
    machine: MachineId,
    task: Task,
    every_h: Annotated[float, Form(ge=0, le=1e6)],
    principal: LabOperatorDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """It is done every so many hours of work; 0: no longer."""
    _check_own(session, facility_id, machine)
    by, now = principal.agent_id, clock.now()
    set_interval(session, machine, task, every_h or None, by=by, now=now)
    return _back(facility_id)


@router.post("/labs/{facility_id}/care/serviced")
def serviced(
    *,
    facility_id: Id,
    machine: MachineId,
    task: Task,
    principal: LabOperatorDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """It was done just now."""
    _check_own(session, facility_id, machine)
    row = say_serviced(session, machine, task, by=principal.agent_id, now=clock.now())
    return _back(facility_id, f"?done={row.number}")


@router.post("/labs/{facility_id}/care/undo")
def undo(
    *,
    facility_id: Id,
    machine: MachineId,
    number: Number,
    principal: LabOperatorDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Take back the last word on a service."""
    _check_own(session, facility_id, machine)
    undo_service(session, machine, number, by=principal.agent_id, now=clock.now())
    return _back(facility_id)


@router.post("/labs/{facility_id}/care/block")
def stand_still(
    *,
    facility_id: Id,
    machine: MachineId,
    why: Task,
    from_at: Annotated[str, Form(max_length=20)] = "",
    hours: Annotated[float, Form(gt=0, le=24 * 31)],
    request: Request,
    principal: LabOperatorDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Nothing is planned on it then; `from_at` by the clock of pages, "": from now on."""
    _check_own(session, facility_id, machine)
    now = clock.now()
    begin_at = _moment(request, from_at) if from_at else now
    block(
        session,
        machine,
        from_at=begin_at,
        until_at=begin_at + timedelta(hours=hours),
        why=why,
        by=principal.agent_id,
        now=now,
    )
    told_of_lab(request, session, facility_id, OTHER_TIMES, now)
    return _back(facility_id)


@router.post("/labs/{facility_id}/care/unblock")
def go_on(
    *,
    facility_id: Id,
    machine: MachineId,
    number: Number,
    request: Request,
    principal: LabOperatorDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """It may be planned again."""
    _check_own(session, facility_id, machine)
    now = clock.now()
    if unblock(session, machine, number, by=principal.agent_id, now=now):
        told_of_lab(request, session, facility_id, OTHER_TIMES, now)
    return _back(facility_id)


def _check_own(session: Session, facility_id: str, machine_id: str) -> None:
    """Errors: NotFoundError, InvalidInputError."""
    if machine_of(session, machine_id).facility_id != facility_id:
        raise InvalidInputError("this lab has no such machine", field="machine")


def _moment(request: Request, written: str) -> datetime:
    try:
        return datetime.fromisoformat(written).replace(tzinfo=zone_of(request))
    except ValueError as error:
        raise InvalidInputError(
            "write a day and a time, or nothing for now", field="from_at"
        ) from error


def _back(facility_id: str, query: str = "") -> Response:
    return RedirectResponse(f"/labs/{facility_id}/care{query}", status_code=303)
