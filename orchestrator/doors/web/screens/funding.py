"""Common money: what members give out together, and what they pledge to each other."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.accounts.expected import expected_of
from orchestrator.doors.web.access import AskerDep, SignedInDep, StewardDep
from orchestrator.doors.web.formats import money
from orchestrator.doors.web.live import VOTES_CHANGED
from orchestrator.doors.web.pages import Page, currency_of, render
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.ids import new_id
from orchestrator.foundation.money import Money, cents_of
from orchestrator.votes import budgets, campaigns
from orchestrator.votes.api import ClerkDep
from orchestrator.votes.proposals import OPEN, TEXT_MAX
from orchestrator.votes.purse import owed, reserve
from orchestrator.votes.roll import members
from orchestrator.votes.rows import BudgetRow, CampaignRow

router = APIRouter()
HOME: Final = "/funding"
Short = Annotated[str, Form(max_length=200)]
Text = Annotated[str, Form(max_length=2 * TEXT_MAX)]
# Two forms of one page ask for a title: each field has its own name.
CampaignTitle = Annotated[str, Form(alias="campaign-title", max_length=200)]
CampaignText = Annotated[str, Form(alias="campaign-text", max_length=2 * TEXT_MAX)]


@router.get(HOME)
def funding_page(
    request: Request, asker: AskerDep, session: ReaderDep, clock: ClockDep
) -> Response:
    """The budget that is open, the campaigns, and what a member may give."""
    agent = asker.principal.agent_id if asker.principal else None
    currency = currency_of(request)
    return render(
        request,
        "funding.html",
        page=Page(title="Common money", topics=(VOTES_CHANGED,)),
        budgets=[_budget(session, row, agent) for row in budgets.budgets(session)],
        campaigns=[
            _campaign(session, row, agent) for row in campaigns.campaigns(session)
        ],
        reserve=money(reserve(session, currency), currency),
        owed=money(owed(session, agent, currency), currency) if agent else "",
        is_member=agent in members(session, clock.now()),
        is_steward=asker.is_steward,
        currency=currency,
    )


@router.post(f"{HOME}/budgets")
def open_budget(
    *,
    title: Short,
    steward: StewardDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> Response:
    """A steward opens it; how much it is follows from the rules."""
    budgets.open_budget(
        session,
        title=title,
        currency=currency_of(request),
        agent_id=steward.agent_id,
        clerk=clerk,
        now=clock.now(),
    )
    return _back()


@router.post(f"{HOME}/budgets/{{budget_id}}")
def ask_for_money(
    *,
    budget_id: Id,
    title: Short,
    text: Text,
    goal: Short,
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Something to do with it, by a member."""
    budgets.add_item(
        session,
        budget_id,
        title=title,
        text=text,
        goal_cents=cents_of(goal, "goal"),
        agent_id=principal.agent_id,
        now=clock.now(),
    )
    return _back()


@router.post(f"{HOME}/items/{{item_id}}")
def give(
    *,
    item_id: Id,
    amount: Short,
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> Response:
    """So much of my part, in place of what I gave it before."""
    budgets.allocate(
        session,
        item_id,
        cents=cents_of(amount, "amount"),
        agent_id=principal.agent_id,
        clerk=clerk,
        now=clock.now(),
    )
    return _back()


@router.post(f"{HOME}/campaigns")
def open_campaign(
    *,
    title: CampaignTitle,
    text: CampaignText,
    minimum: Short,
    optimum: Short,
    principal: SignedInDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
    clerk: ClerkDep,
) -> Response:
    """A member asks the others."""
    campaigns.open_campaign(
        session,
        title=title,
        text=text,
        minimum=Money(
            cents=cents_of(minimum, "minimum"), currency=currency_of(request)
        ),
        optimum_cents=cents_of(optimum, "optimum"),
        agent_id=principal.agent_id,
        clerk=clerk,
        now=clock.now(),
    )
    return _back()


@router.post(f"{HOME}/campaigns/{{campaign_id}}")
def pledge(
    *,
    campaign_id: Id,
    pledge_id: Annotated[Id, Form()],
    amount: Short,
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Set aside what is owed to me; it comes back if the minimum is missed."""
    campaigns.pledge(
        session,
        campaign_id,
        pledge_id=pledge_id,
        cents=cents_of(amount, "amount"),
        agent_id=principal.agent_id,
        now=clock.now(),
    )
    return _back()


@router.post(f"{HOME}/campaigns/{{campaign_id}}/transfer")
def promise_transfer(
    *,
    campaign_id: Id,
    amount: Short,
    principal: SignedInDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """I will pay by bank transfer; the page then says with which reference."""
    campaigns.promise(
        session,
        campaign_id,
        cents=cents_of(amount, "amount"),
        agent_id=principal.agent_id,
        now=clock.now(),
    )
    return _back()


def _back() -> Response:
    return RedirectResponse(HOME, status_code=303)


def _budget(session: Session, row: BudgetRow, agent: str | None) -> dict[str, Any]:
    given = budgets.given_to(session, row.id)
    mine = budgets.given_by(session, row.id, agent) if agent else {}

    def amount(cents: int) -> str:
        return money(cents, row.currency)

    return {
        "row": row,
        "is_open": row.state == OPEN,
        "pot": amount(row.pot_cents),
        "part": amount(row.part_cents),
        "returned": amount(row.returned_cents or 0),
        "left": amount(row.part_cents - sum(mine.values())),
        "may_give": row.state == OPEN and agent in row.roll,
        "items": [
            {
                "row": item,
                "words": f"{amount(given.get(item.id, 0))} / {amount(item.goal_cents)}",
                "ratio": min(1.0, given.get(item.id, 0) / item.goal_cents),
                "mine": f"{mine.get(item.id, 0) / 100:.2f}",
            }
            for item in budgets.items_of(session, row.id)
        ],
    }


def _campaign(session: Session, row: CampaignRow, agent: str | None) -> dict[str, Any]:
    given = campaigns.pledged(session, row.id)
    whole = sum(given.values())
    promised = expected_of(session, row.id, agent) if agent else None
    return {
        "row": row,
        "pledge_id": new_id("pledge"),
        "pledged": money(whole, row.currency),
        "minimum": money(row.minimum_cents, row.currency),
        "optimum": money(row.optimum_cents, row.currency),
        "matched": money(row.matched_cents or 0, row.currency),
        "mine": money(given.get(agent or "", 0), row.currency),
        "promised": promised,
        "said": money(promised.cents, row.currency) if promised else "",
        "came_in": money(promised.paid_cents, row.currency) if promised else "",
        "ratio": min(1.0, whole / row.minimum_cents),
        "may_pledge": row.state == OPEN and agent not in {None, row.payee_id},
    }
