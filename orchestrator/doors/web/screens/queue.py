"""Screen 5, a machine's queue: in which order its jobs are done, by drag or by buttons."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.doors.web.access import OperatorDep, topic_of
from orchestrator.doors.web.board import Work, cards_of, works_of
from orchestrator.doors.web.live import PLAN_CHANGED
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, render
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.members.agents import names_of
from orchestrator.members.principals import require_role
from orchestrator.network.machines import machine_of
from orchestrator.network.rows import MachineRow
from orchestrator.planning.api import PlanningSettings
from orchestrator.planning.queue import (
    end_all,
    end_wish,
    newest_wish,
    queue_of,
    wish_queue,
)
from orchestrator.planning.queue_effect import Moved, effect

router = APIRouter()

Ids = Annotated[str, Form(max_length=20_000)]
UNDO_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """One job that waits. `trouble`: why the plan can't have it where people want it."""

    work: Work
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An order that somebody asked for and that would break promises."""

    task_ids: tuple[str, ...]
    moved: Sequence[Moved]


@router.get("/machines/{machine_id}/queue")
def queue_page(
    *,
    machine_id: Id,
    request: Request,
    principal: OperatorDep,
    session: ReaderDep,
    clock: ClockDep,
    done: int | None = None,
) -> Response:
    """What waits at the machine, to those who work there. `done`: the wish just made."""
    machine = machine_of(session, machine_id)
    require_role(principal, "operator", facility_id=machine.facility_id)
    return _page(request, session, machine, clock, done=done)


@router.post("/machines/{machine_id}/queue")
def order_queue(
    *,
    machine_id: Id,
    order: Ids,
    move: Annotated[str, Form(max_length=100)] = "",
    sure: Annotated[bool, Form()] = False,
    request: Request,
    principal: OperatorDep,
    reading: ReaderDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Keep another order; where it would break a promise, say so first."""
    machine = machine_of(reading, machine_id)
    require_role(principal, "operator", facility_id=machine.facility_id)
    task_ids = moved_by(order.split(","), move)
    now = clock.now()
    if not sure:
        settings: PlanningSettings = request.app.state.planning
        moved = effect(reading, settings.ground, machine_id, task_ids, now=now)
        if any(one.breaks for one in moved):
            draft = Draft(task_ids=tuple(task_ids), moved=moved)
            return _page(request, reading, machine, clock, draft=draft)
    row = wish_queue(session, machine_id, task_ids, by=principal.agent_id, now=now)
    return RedirectResponse(
        f"/machines/{machine_id}/queue?done={row.number}", status_code=303
    )


@router.post("/machines/{machine_id}/queue/undo")
def undo(
    *,
    machine_id: Id,
    number: Annotated[int, Form(ge=0, le=2**53)],
    principal: OperatorDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Take one wish back; 0: all of them, so that the plan decides again."""
    machine = machine_of(session, machine_id)
    require_role(principal, "operator", facility_id=machine.facility_id)
    by, now = principal.agent_id, clock.now()
    if number:
        end_wish(session, machine_id, number, by=by, now=now)
    else:
        end_all(session, machine_id, by=by, now=now)
    return RedirectResponse(f"/machines/{machine_id}/queue", status_code=303)


def moved_by(task_ids: Sequence[str], move: str) -> list[str]:
    """The jobs after "earlier:ID" or "later:ID"; "": as they are. InvalidInputError."""
    ids = [one for one in task_ids if one]
    way, _, name = move.partition(":")
    if not move:
        return ids
    if way not in {"earlier", "later"} or name not in ids:
        raise InvalidInputError("that job does not wait at this machine", field="move")
    at = ids.index(name)
    to = max(0, at - 1) if way == "earlier" else at + 1
    ids.insert(to, ids.pop(at))
    return ids


def _page(
    request: Request,
    session: Session,
    machine: MachineRow,
    clock: ClockDep,
    *,
    done: int | None = None,
    draft: Draft | None = None,
) -> Response:
    wish = newest_wish(session, machine.id)
    tasks = [task.id for task in queue_of(session, machine.id)]
    if wish is not None:  # as it was just wished, before a plan goes by it
        wished = {name: place for place, name in enumerate(wish.task_ids)}
        tasks.sort(key=lambda name: wished.get(name, len(wished)))
    works = works_of(session, draft.task_ids if draft else tasks)
    names = names_of(session, {wish.wished_by}) if wish else {}
    troubles = wish.troubles if wish else {}
    return render(
        request,
        "machine_queue.html",
        page=Page(
            title=f"Order of jobs, {machine.name}",
            topics=(topic_of("machine", machine.id), PLAN_CHANGED),
            glance=True,
        ),
        machine=machine,
        card=cards_of(session, [machine], now=clock.now())[0],
        queued=[
            Queued(work=work, trouble=sentence(troubles.get(work.task.id)))
            for work in works.values()
        ],
        wish=wish,
        wished_by=names.get(wish.wished_by, "") if wish else "",
        done=wish if wish and wish.number == done else None,
        undo_s=UNDO_S,
        draft=draft,
    )
