"""Screen 6, what a machine can do: known models propose it, its lab says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field
from sqlalchemy.orm import Session

from orchestrator.doors.web.ability_words import LABELS, written
from orchestrator.doors.web.access import OperatorDep
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, render
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.members.principals import require_role
from orchestrator.network.abilities import (
    Source,
    abilities_of,
    checked_ability,
    say_abilities,
)
from orchestrator.network.machines import machine_of
from orchestrator.network.models import Model, find_models, model_titled
from orchestrator.network.rows import MachineRow
from orchestrator.network.wire import OTHER_ABILITIES, told_of_lab

router = APIRouter()

Title = Annotated[str, Field(max_length=120)]
Text = Annotated[str, Form(max_length=500)]
MODELS_SHOWN: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The fields as written, and what is wrong with one of them."""

    written: Mapping[str, str]
    field: str = ""
    wrong: str = ""


@router.get("/machines/{machine_id}/abilities")
def abilities_page(
    *,
    machine_id: Id,
    request: Request,
    principal: OperatorDep,
    session: ReaderDep,
    q: Title = "",
    model: Title = "",
) -> Response:
    """What the lab says of it; of a known model its maker's values are proposed."""
    machine = machine_of(session, machine_id)
    require_role(principal, "operator", facility_id=machine.facility_id)
    known = model_titled(model)
    said = {field: one.value for field, one in abilities_of(machine).items()}
    values = said | dict(known.values) if known else said
    draft = Draft(
        written={field: written(field, values.get(field)) for field in LABELS}
    )
    return _page(request, machine, draft, q=q or machine.name, known=known)


@router.post("/machines/{machine_id}/abilities")
def change_abilities(
    *,
    machine_id: Id,
    principal: OperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
    source: Annotated[Literal["measured", "declared"], Form()] = "declared",
    model: Annotated[Title, Form()] = "",
    processes: Text = "",
    envelope_mm: Text = "",
    sheet_mm: Text = "",
    materials: Text = "",
    tool_mm: Text = "",
    power_w: Text = "",
    tolerance: Text = "",
    pieces_max: Text = "",
    certificates: Text = "",
) -> Response:
    """Keep what was written: as its maker's where it is, else as the lab's."""
    machine = machine_of(session, machine_id)
    require_role(principal, "operator", facility_id=machine.facility_id)
    typed = {
        "processes": processes,
        "envelope_mm": envelope_mm,
        "sheet_mm": sheet_mm,
        "materials": materials,
        "tool_mm": tool_mm,
        "power_w": power_w,
        "tolerance": tolerance,
        "pieces_max": pieces_max,
        "certificates": certificates,
    }
    known = model_titled(model)
    try:
        changed = _say(
            session,
            machine,
            typed,
            known,
            source=source,
            by=principal.agent_id,
            now=clock.now(),
        )
    except InvalidInputError as refusal:
        draft = Draft(
            written=typed, field=refusal.field or "", wrong=sentence(str(refusal))
        )
        return _page(request, machine, draft, q=machine.name, known=known)
    told_of_lab(
        request,
        session,
        machine.facility_id,
        OTHER_ABILITIES,
        clock.now(),
        changed=changed,
    )
    return RedirectResponse(f"/machines/{machine_id}#can", status_code=303)


def _say(
    session: Session,
    machine: MachineRow,
    typed: Mapping[str, str],
    known: Model | None,
    *,
    source: Source,
    by: str,
    now: datetime,
) -> bool:
    """What is as it was said stays as it is, with its source and age."""
    said = {field: one.value for field, one in abilities_of(machine).items()}
    values = {
        field: checked_ability(field, text)
        for field, text in typed.items()
        if text.strip() != written(field, said.get(field))
    }
    proposed: Mapping[str, Any] = known.values if known else {}
    of_maker = {
        field: value
        for field, value in values.items()
        if value is not None
        and value == checked_ability(field, written(field, proposed.get(field)))
    }
    own = {field: value for field, value in values.items() if field not in of_maker}
    title = known.title if known else ""
    return any(
        [
            say_abilities(
                session,
                machine.id,
                of_maker,
                source="maker",
                where=title,
                by=by,
                now=now,
            ),
            say_abilities(session, machine.id, own, source=source, by=by, now=now),
        ]
    )


def _page(
    request: Request, machine: MachineRow, draft: Draft, *, q: str, known: Model | None
) -> Response:
    return render(
        request,
        "machine_abilities.html",
        page=Page(title=f"What {machine.name} can do"),
        status=422 if draft.wrong else 200,
        machine=machine,
        draft=draft,
        labels=LABELS,
        q=q,
        known=known,
        found=find_models(q, limit=MODELS_SHOWN),
    )
