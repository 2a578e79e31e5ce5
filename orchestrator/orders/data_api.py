"""Uses of the network's data sets over HTTP: the licence gate answers, and it is kept."""

from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from orchestrator.foundation.api import ClockDep, Id, SessionDep, refusals
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.ledger.desk_api import DeskDep
from orchestrator.members.principal_api import PrincipalDep, Strict
from orchestrator.orders import data_agreements
from orchestrator.orders.data_use import DATA_SETS, ask_for_data, part_for
from orchestrator.orders.gate import Refusal
from orchestrator.orders.table import Use

router = APIRouter(prefix="/api/v1/data-sets", tags=["orders"])
REMEDY_AT: Final = {
    "attestation-missing": "/licences/attestations",
    "reciprocity": "/licences/data/{data_set}",
    "instance-rules": "/licences/data/{data_set}",
}


class DataSetOut(BaseModel):
    """Something that the network publishes, under its licence."""

    name: str
    title: str
    licence: str


class UseIn(Strict):
    """What for: `make-and-sell` is any use that gains money."""

    use: Literal["private", "make-and-sell"]


class UseOut(BaseModel):
    """The gate's answer; `id` is its entry in the ledger. A decision aid, no advice."""

    id: str
    verdict: str
    licence: str
    reasons: list[str]
    duties: list[str]
    remedy: str | None
    remedy_at: str | None  # where the remedy is found, on this node
    rule_version: str


class AgreementIn(Strict):
    """What is given in return: one of the ways in the rules, or "" for the fee."""

    in_kind: Annotated[str, Field(max_length=120)] = ""


class AgreementOut(BaseModel):
    """An agreement: `valid_until` once a steward granted it."""

    id: str
    data_set: str
    fee_cents: int
    currency: str
    in_kind: str
    valid_until: datetime | None
    ended_at: datetime | None


@router.get("")
def list_data_sets() -> list[DataSetOut]:
    """What is published."""
    return [
        DataSetOut(name=name, title=title, licence=licence)
        for name, (title, licence) in DATA_SETS.items()
    ]


@router.post(
    "/{data_set}/uses",
    status_code=201,
    responses=refusals(NotSignedInError, NotFoundError),
)
def ask_for_use(
    data_set: Id,
    asked: UseIn,
    session: SessionDep,
    desk: DeskDep,
) -> UseOut:
    """May I use it so? A no names what helps; both are kept in the ledger."""
    answer = ask_for_data(session, desk, data_set=data_set, use=Use(asked.use))
    if isinstance(answer, Refusal):
        duties, remedy, remedy_at = [], answer.remedy, REMEDY_AT.get(answer.code)
    else:
        duties, remedy, remedy_at = [duty.text for duty in answer.duties], None, None
    return UseOut(
        id=answer.id,
        verdict=answer.verdict.value,
        licence=answer.licence,
        reasons=list(answer.reasons),
        duties=duties,
        remedy=remedy,
        remedy_at=remedy_at and remedy_at.format(data_set=data_set),
        rule_version=answer.rule_version,
    )


@router.post(
    "/{data_set}/agreements",
    status_code=201,
    responses=refusals(
        NotSignedInError, NotFoundError, ConflictError, InvalidInputError
    ),
)
def ask_for_agreement(
    data_set: Id,
    asked: AgreementIn,
    principal: PrincipalDep,
    session: SessionDep,
    clock: ClockDep,
) -> AgreementOut:
    """Ask the stewards for leave to gain money with it; they grant it on their page."""
    part_for(session, data_set, now=clock.now())
    row = data_agreements.request(
        session,
        data_set=data_set,
        agent_id=principal.agent_id,
        in_kind=asked.in_kind,
        now=clock.now(),
    )
    return AgreementOut.model_validate(row, from_attributes=True)
