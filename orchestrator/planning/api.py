"""Planning over HTTP: a quote, the plan, and why an order is served as it is."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field

from orchestrator.foundation.api import ClockDep, ReaderDep, refusals
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.members.principal_api import PrincipalDep, Strict
from orchestrator.members.principals import require_role
from orchestrator.orders.answers import QuoteOut, quote_out
from orchestrator.orders.table import Use
from orchestrator.orders.views import order_for
from orchestrator.planning import arrivals_api, makeable_api, okw_api
from orchestrator.planning.asking import Asked, ask_for_quote
from orchestrator.planning.errors import PlanRefusedError
from orchestrator.planning.fleet import Fleet
from orchestrator.planning.makeable_api import Language
from orchestrator.planning.reasons import told_in
from orchestrator.planning.travel import RegionMap
from orchestrator.planning.views import (
    latest_plan,
    reasons_of,
    stops_for,
    tasks_for,
)

router = APIRouter(prefix="/api/v1", tags=["planning"])
router.include_router(arrivals_api.router)
router.include_router(makeable_api.router)
router.include_router(okw_api.router)

Id = Annotated[str, Field(max_length=64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningSettings:
    """What the HTTP door puts in `app.state.planning` before it serves."""

    ground: RegionMap
    fleet: Fleet = field(default_factory=Fleet)


class QuoteIn(Strict):
    """What a shop would like to have."""

    design_version_id: Id
    place_id: Id
    quantity: Annotated[int, Field(ge=1, le=10_000)]
    wished_at: AwareDatetime
    latest_at: AwareDatetime
    use: Use = Use.MAKE_AND_SELL


class TaskOut(BaseModel):
    """One run in the plan; `ready_at`: the work by hand after it is done, too."""

    id: str
    order_id: str
    number: int
    run: int
    attempt: int
    pieces: int
    state: str
    machine_id: str | None
    machine_name: str | None
    facility_id: str | None
    start_at: datetime | None
    end_at: datetime | None
    ready_at: datetime | None


class StopOut(BaseModel):
    """One stop in the plan."""

    id: str
    courier_id: str
    order_id: str
    kind: str
    position: int
    arrive_at: datetime
    depart_at: datetime


class PlanOut(BaseModel):
    """The plan in force, as far as it concerns you. `attribution`: show it with it."""

    id: str | None
    made_at: datetime | None
    weights_version: str | None
    triggers: list[str]
    cost_cents: dict[str, int]
    order_count: int
    left_out_count: int
    tasks: list[TaskOut]
    stops: list[StopOut]
    attribution: str


class RejectionOut(BaseModel):
    """Who was passed over, and why."""

    subject_id: str
    subject_name: str
    code: str
    text: str
    count: int


class ChangeOut(BaseModel):
    """What a plan moved of an order, and why it was made."""

    plan_id: str
    made_at: datetime
    what: str
    before: str | None
    after: str | None
    triggers: list[str]
    weights_version: str


class WhyOut(BaseModel):
    """Why an order is served as it is, or not at all."""

    code: str | None
    text: str | None
    why: dict[str, Any] | None
    rejections: list[RejectionOut]
    changes: list[ChangeOut]


@router.post(
    "/quotes",
    status_code=201,
    responses=refusals(
        NotSignedInError,
        NotAllowedError,
        NotFoundError,
        InvalidInputError,
        PlanRefusedError,
    ),
)
def ask_quote(
    asked: QuoteIn,
    principal: PrincipalDep,
    request: Request,
    clock: ClockDep,
    language: Language = "en",
) -> QuoteOut:
    """Ask what it costs and by when it is there; a refusal says what would help.

    `language`: of the reasons why others do not make it.
    """
    require_role(principal, "shop")
    settings: PlanningSettings = request.app.state.planning
    wish = Asked(shop_id=principal.agent_id, **asked.model_dump())
    readers: Sessions = request.app.state.readers
    row = ask_for_quote(
        request.app.state.sessions,
        readers,
        settings.ground,
        clock,
        wish,
    )
    with readers() as session:
        answer = quote_out(session, row)
    for one in (*answer.rejections, *filter(None, (answer.refusal,))):
        one["text"] = told_in(str(one["text"]), language)
    return answer


@router.get("/plan", responses=refusals(NotSignedInError))
def show_plan(principal: PrincipalDep, request: Request, session: ReaderDep) -> PlanOut:
    """Runs and stops that are planned, as far as they concern you."""
    settings: PlanningSettings = request.app.state.planning
    plan = latest_plan(session)
    is_steward = "steward" in principal.roles
    return PlanOut(
        id=plan.id if plan else None,
        made_at=plan.made_at if plan else None,
        weights_version=plan.weights_version if plan else None,
        triggers=list(plan.triggers) if plan and is_steward else [],
        cost_cents=dict(plan.cost_cents) if plan and is_steward else {},
        order_count=plan.order_count if plan else 0,
        left_out_count=plan.left_out_count if plan else 0,
        tasks=[
            TaskOut.model_validate(task, from_attributes=True)
            for task in tasks_for(session, principal)
        ],
        stops=[
            StopOut.model_validate(stop, from_attributes=True)
            for stop in stops_for(session, principal)
        ],
        attribution=settings.ground.attribution,
    )


@router.get(
    "/orders/{order_id}/why", responses=refusals(NotSignedInError, NotFoundError)
)
def show_why(
    order_id: Id,
    principal: PrincipalDep,
    session: ReaderDep,
    language: Language = "en",
) -> WhyOut:
    """Who makes and brings your order and why; who was passed over and why.

    `language`: of the reasons.
    """
    order = order_for(session, principal, order_id)
    found = reasons_of(session, order)
    return WhyOut(
        code=found.code,
        text=told_in(found.text, language) if found.text else None,
        why=found.why,
        rejections=[
            RejectionOut(
                subject_id=row.subject_id,
                subject_name=row.subject_name,
                code=row.code,
                text=told_in(row.text, language),
                count=row.count,
            )
            for row in found.rejections
        ],
        changes=[
            ChangeOut.model_validate(change, from_attributes=True)
            for change in found.changes
        ],
    )
