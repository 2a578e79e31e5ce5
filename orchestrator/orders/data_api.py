"""Uses of the network's data sets over HTTP: the licence gate answers, and it is kept."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from orchestrator.foundation.api import ClockDep, SessionDep, refusals
from orchestrator.foundation.errors import NotFoundError, NotSignedInError
from orchestrator.members.principal_api import PrincipalDep, Strict
from orchestrator.orders.api import OrdersSettings
from orchestrator.orders.data_use import DATA_SETS, ask_for_data
from orchestrator.orders.gate import Refusal
from orchestrator.orders.table import Use

router = APIRouter(prefix="/api/v1/data-sets", tags=["orders"])


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
    rule_version: str


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
    *,
    data_set: Annotated[str, Field(max_length=64)],
    asked: UseIn,
    request: Request,
    principal: PrincipalDep,
    session: SessionDep,
    clock: ClockDep,
) -> UseOut:
    """May I use it so? A no names what helps; both are kept in the ledger."""
    settings: OrdersSettings = request.app.state.orders
    answer = ask_for_data(
        session,
        data_set=data_set,
        agent_id=principal.agent_id,
        use=Use(asked.use),
        key=settings.key,
        now=clock.now(),
    )
    if isinstance(answer, Refusal):
        duties, remedy = [], answer.remedy
    else:
        duties, remedy = [duty.text for duty in answer.duties], None
    return UseOut(
        id=answer.id,
        verdict=answer.verdict.value,
        licence=answer.licence,
        reasons=list(answer.reasons),
        duties=duties,
        remedy=remedy,
        rule_version=answer.rule_version,
    )
