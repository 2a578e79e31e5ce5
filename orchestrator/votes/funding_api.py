"""Common money over HTTP: budgets that members give out, campaigns that they pledge to."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.money import Money
from orchestrator.members.principal_api import StewardDep, Strict
from orchestrator.votes import budgets, campaigns
from orchestrator.votes.api import ClerkDep, PersonDep
from orchestrator.votes.rows import BudgetRow, CampaignRow

router = APIRouter(prefix="/api/v1/funding", tags=["votes"])
Cents = Annotated[int, Field(ge=0, le=10**12)]
Currency = Annotated[str, Field(pattern="[A-Z]{3}", max_length=3)]
REFUSALS = refusals(ConflictError, InvalidInputError, NotAllowedError, NotFoundError)


class ItemOut(BaseModel):
    """What money is asked for, and what members give it so far."""

    id: str
    title: str
    text: str
    goal_cents: int
    given_cents: int
    payee_id: str
    funded: bool | None


class BudgetOut(BaseModel):
    """A budget: each member's part, and what is asked of the pot."""

    id: str
    title: str
    currency: str
    part_cents: int
    members: int
    closes_at: datetime
    state: str
    returned_cents: int | None
    items: list[ItemOut]


class CampaignOut(BaseModel):
    """A campaign; who pledged what is nobody's business."""

    id: str
    title: str
    text: str
    currency: str
    minimum_cents: int
    optimum_cents: int
    pledged_cents: int
    pledgers: int
    matched_cents: int | None
    closes_at: datetime
    state: str


class FundingOut(BaseModel):
    """All budgets and campaigns, the newest first."""

    budgets: list[BudgetOut]
    campaigns: list[CampaignOut]


class BudgetIn(Strict):
    """A budget to open; how much and how long follows from the funding rules."""

    title: str = Field(max_length=120)
    currency: Currency = "EUR"


class ItemIn(Strict):
    """What money is asked for."""

    title: str = Field(max_length=120)
    text: str = Field(max_length=5_000)
    goal_cents: Cents


class AllocationIn(Strict):
    """What the one who asks gives the item, in place of what it had."""

    cents: Cents


class CampaignIn(Strict):
    """A campaign to open."""

    title: str = Field(max_length=120)
    text: str = Field(max_length=5_000)
    currency: Currency = "EUR"
    minimum_cents: Cents
    optimum_cents: Cents


class PledgeIn(Strict):
    """A pledge; its `id` is the sender's, so that sending it twice is once."""

    id: str = Field(max_length=64)
    cents: Cents


class TransferIn(Strict):
    """A pledge to be paid by bank transfer."""

    cents: Cents


class TransferOut(BaseModel):
    """How to pay a pledge by bank transfer: it counts as it comes in."""

    reference: str  # ISO 11649
    currency: str
    cents: int
    paid_cents: int


@router.get("")
def all_funding(session: ReaderDep) -> FundingOut:
    """What members give out and pledge to. Public, without names."""
    return FundingOut(
        budgets=[_budget(session, row) for row in budgets.budgets(session)],
        campaigns=[_campaign(session, row) for row in campaigns.campaigns(session)],
    )


@router.post("/budgets", status_code=201, responses=REFUSALS)
def open_budget(
    wanted: BudgetIn,
    principal: StewardDep,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> BudgetOut:
    """Set a part of the reserve aside; for stewards, within the funding rules."""
    row = budgets.open_budget(
        session,
        title=wanted.title,
        currency=wanted.currency,
        agent_id=principal.agent_id,
        clerk=clerk,
        now=clock.now(),
    )
    return _budget(session, row)


@router.post("/budgets/{budget_id}/items", status_code=201, responses=REFUSALS)
def add_item(
    budget_id: Id,
    wanted: ItemIn,
    principal: PersonDep,
    session: SessionDep,
    clock: ClockDep,
) -> BudgetOut:
    """Ask for money out of it."""
    budgets.add_item(
        session,
        budget_id,
        title=wanted.title,
        text=wanted.text,
        goal_cents=wanted.goal_cents,
        agent_id=principal.agent_id,
        now=clock.now(),
    )
    return _budget(session, budgets.budget_of(session, budget_id))


@router.put("/items/{item_id}/mine", status_code=204, responses=REFUSALS)
def allocate(
    *,
    item_id: Id,
    given: AllocationIn,
    principal: PersonDep,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> None:
    """Give it so much of one's part."""
    budgets.allocate(
        session,
        item_id,
        cents=given.cents,
        agent_id=principal.agent_id,
        clerk=clerk,
        now=clock.now(),
    )


@router.post("/campaigns", status_code=201, responses=REFUSALS)
def open_campaign(
    wanted: CampaignIn,
    principal: PersonDep,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> CampaignOut:
    """Ask other members for pledges."""
    row = campaigns.open_campaign(
        session,
        title=wanted.title,
        text=wanted.text,
        minimum=Money(cents=wanted.minimum_cents, currency=wanted.currency),
        optimum_cents=wanted.optimum_cents,
        agent_id=principal.agent_id,
        clerk=clerk,
        now=clock.now(),
    )
    return _campaign(session, row)


@router.post("/campaigns/{campaign_id}/pledges", status_code=204, responses=REFUSALS)
def pledge(
    campaign_id: Id,
    wanted: PledgeIn,
    principal: PersonDep,
    session: SessionDep,
    clock: ClockDep,
) -> None:
    """Set money aside for it, out of what the network owes the one who asks."""
    campaigns.pledge(
        session,
        campaign_id,
        pledge_id=wanted.id,
        cents=wanted.cents,
        agent_id=principal.agent_id,
        now=clock.now(),
    )


@router.put("/campaigns/{campaign_id}/transfers/mine", responses=REFUSALS)
def promise_transfer(
    campaign_id: Id,
    wanted: TransferIn,
    principal: PersonDep,
    session: SessionDep,
    clock: ClockDep,
) -> TransferOut:
    """Say what one will pay by bank transfer; said again, the amount is the new one."""
    row = campaigns.promise(
        session,
        campaign_id,
        cents=wanted.cents,
        agent_id=principal.agent_id,
        now=clock.now(),
    )
    return TransferOut.model_validate(row, from_attributes=True)


def _budget(session: Session, row: BudgetRow) -> BudgetOut:
    given = budgets.given_to(session, row.id)
    return BudgetOut(
        id=row.id,
        title=row.title,
        currency=row.currency,
        part_cents=row.part_cents,
        members=len(row.roll),
        closes_at=row.closes_at,
        state=row.state,
        returned_cents=row.returned_cents,
        items=[
            ItemOut(
                id=item.id,
                title=item.title,
                text=item.text,
                goal_cents=item.goal_cents,
                given_cents=given.get(item.id, 0),
                payee_id=item.payee_id,
                funded=item.funded,
            )
            for item in budgets.items_of(session, row.id)
        ],
    )


def _campaign(session: Session, row: CampaignRow) -> CampaignOut:
    given = campaigns.pledged(session, row.id)
    return CampaignOut(
        id=row.id,
        title=row.title,
        text=row.text,
        currency=row.currency,
        minimum_cents=row.minimum_cents,
        optimum_cents=row.optimum_cents,
        pledged_cents=sum(given.values()),
        pledgers=len(given),
        matched_cents=row.matched_cents,
        closes_at=row.closes_at,
        state=row.state,
    )
