"""What machines offer, over HTTP: what is known of models, and what labs say."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.members.principal_api import PrincipalDep, Strict
from orchestrator.members.principals import require_role
from orchestrator.network.abilities import Source, abilities_of, say_abilities
from orchestrator.network.machines import machine_of
from orchestrator.network.models import find_models
from orchestrator.network.wire import OTHER_ABILITIES, Told, told_of_lab

router = APIRouter()

type Value = str | float | list[str | float] | None


class ModelOut(BaseModel):
    """What is known of a model. `values`: as the lab would say them, see `abilities`."""

    title: str
    maker: str
    model: str
    kind: str
    source: str
    values: dict[str, Any]


class AbilityOut(BaseModel):
    """One value that a lab said of its machine. `source`: measured, maker, declared."""

    value: Any
    source: str
    where: str
    at: datetime
    by: str


class AbilitiesIn(Strict):
    """Values by field; null: no longer said. Sizes in mm, or with their unit.

    Fields: processes, materials, certificates (words); envelope_mm (x, y, z), sheet_mm
    (x, y and perhaps thickness); tool_mm, power_w, tolerance, pieces_max.
    """

    values: Annotated[dict[str, Value], Field(max_length=16)]
    source: Source = "declared"
    where: Annotated[str, Field(max_length=200)] = ""


@router.get("/machine-models")
def list_models(
    q: Annotated[str, Query(max_length=80)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[ModelOut]:
    """Models whose name has these words, with what their makers say of them."""
    return [
        ModelOut(
            title=one.title,
            maker=one.maker,
            model=one.name,
            kind=one.kind,
            source=one.source,
            values=dict(one.values),
        )
        for one in find_models(q, limit=limit)
    ]


@router.get("/machines/{machine_id}/abilities", responses=refusals(NotFoundError))
def show_abilities(machine_id: Id, session: ReaderDep) -> dict[str, AbilityOut]:
    """What its lab says of the machine, by field, beside what the machine tells."""
    return {
        field: AbilityOut.model_validate(one, from_attributes=True)
        for field, one in abilities_of(machine_of(session, machine_id)).items()
    }


@router.patch(
    "/machines/{machine_id}/abilities",
    responses=refusals(
        NotSignedInError, NotAllowedError, NotFoundError, InvalidInputError
    ),
)
def change_abilities(
    *,
    machine_id: Id,
    asked: AbilitiesIn,
    principal: PrincipalDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Told:
    """Say these values; what is not named stays as it was said."""
    machine = machine_of(session, machine_id)
    require_role(principal, "operator", facility_id=machine.facility_id)
    now = clock.now()
    changed = say_abilities(
        session,
        machine_id,
        asked.values,
        source=asked.source,
        where=asked.where,
        by=principal.agent_id,
        now=now,
    )
    return told_of_lab(
        request, session, machine.facility_id, OTHER_ABILITIES, now, changed=changed
    )
