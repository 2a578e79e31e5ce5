"""Co-budgeting: each member gives out the same part of the reserve; the rest returns."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.accounts.chart import PAYABLE, RESERVE
from orchestrator.commons.rulebook import rule_at
from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.ids import new_id
from orchestrator.foundation.money import Money
from orchestrator.ledger.acts import NETWORK
from orchestrator.members.agents import agent_of
from orchestrator.votes.clerk import Clerk
from orchestrator.votes.funding import PERMILLE, settle
from orchestrator.votes.funding_rules import FUNDING_RULES
from orchestrator.votes.proposals import OPEN, TITLE_MAX, one_line, some_text
from orchestrator.votes.purse import EARMARKED, move, reserve
from orchestrator.votes.roll import members
from orchestrator.votes.rows import AllocationRow, BudgetItemRow, BudgetRow

CLOSED = "closed"


def open_budget(
    session: Session,
    *,
    title: str,
    currency: str,
    agent_id: str,
    clerk: Clerk,
    now: datetime,
) -> BudgetRow:
    """Set aside what the funding rules allow of the reserve, the same part for each.

    It leaves the reserve at once, so that it can't be spent twice. Who may open one is
    the caller's to check. Errors: ConflictError while another is open, or where the
    reserve gives no member a cent.
    """
    rules, roll = rule_at(session, FUNDING_RULES, now).value, members(session, now)
    if session.scalar(select(BudgetRow.id).where(BudgetRow.state == OPEN)):
        raise ConflictError("another budget is open: one at a time")
    pot = max(0, reserve(session, currency)) * rules.budget_permille // PERMILLE
    part = pot // len(roll) if roll else 0
    if not part:
        raise ConflictError(f"the reserve has nothing to give out in {currency} now")
    row = BudgetRow(
        id=new_id("budget"),
        title=one_line(title, "title", TITLE_MAX),
        currency=currency,
        part_cents=part,
        roll=roll,
        opened_by=agent_id,
        opened_at=now,
        closes_at=now + timedelta(seconds=rules.budget_open_s),
        state=OPEN,
    )
    session.add(row)
    session.flush()
    move(
        session,
        row.id,
        "opened",
        text="Set aside for members to give out",
        lines=[(RESERVE, f"{EARMARKED}:{row.id}", row.pot_cents)],
        currency=currency,
        by=agent_id,
        now=now,
    )
    clerk.note(
        session,
        "budget-opened",
        row.id,
        actor=agent_id,
        now=now,
        told={
            "part_cents": part,
            "members": len(roll),
            "rules": rules.rule_version,
        },
    )
    announce(session, "votes")
    return row


def add_item(
    session: Session,
    budget_id: str,
    *,
    title: str,
    text: str,
    goal_cents: int,
    agent_id: str,
    now: datetime,
) -> BudgetItemRow:
    """Ask for money; the one who asks is whom it is paid to.

    Errors: NotAllowedError for who is not on the roll; InvalidInputError for a goal
    that the whole pot can't reach.
    """
    row = _open(session, budget_id, now)
    _check_voice(row, agent_id)
    if not 1 <= goal_cents <= row.pot_cents:
        raise InvalidInputError(
            f"a goal is at most {Money(cents=row.pot_cents, currency=row.currency)}: "
            "all that there is",
            field="goal_cents",
        )
    item = BudgetItemRow(
        id=new_id("item"),
        budget_id=row.id,
        title=one_line(title, "title", TITLE_MAX),
        text=some_text(text, "text"),
        goal_cents=goal_cents,
        payee_id=agent_of(session, agent_id).id,
    )
    session.add(item)
    session.flush()
    announce(session, "votes")
    return item


def allocate(
    session: Session,
    item_id: str,
    *,
    cents: int,
    agent_id: str,
    clerk: Clerk,
    now: datetime,
) -> AllocationRow:
    """Give an item so much of one's part, in place of what one gave it before.

    Errors: NotAllowedError; InvalidInputError beyond what is left of one's part.
    """
    item = session.get(BudgetItemRow, item_id)
    if item is None:
        raise NotFoundError(f"there is no budget item {item_id[:64]}")
    row = _open(session, item.budget_id, now)
    _check_voice(row, agent_id)
    others = sum(
        one.cents
        for one in _given_by(session, row.id, agent_id)
        if one.item_id != item_id
    )
    if not 0 <= cents <= row.part_cents - others:
        raise InvalidInputError(
            f"{Money(cents=row.part_cents - others, currency=row.currency)} are left "
            "of your part",
            field="cents",
        )
    given = session.get(AllocationRow, (item_id, agent_id))
    if given is None:
        given = AllocationRow(
            item_id=item_id, agent_id=agent_id, budget_id=row.id, cents=0, changes=0
        )
        session.add(given)
    if given.changes and given.cents == cents:
        return given
    given.cents, given.changes = cents, given.changes + 1
    session.flush()
    clerk.note(
        session,
        "budget-allocated",
        item_id,
        agent_id,
        str(given.changes),
        actor=agent_id,
        now=now,
        told={"budget": row.id, "cents": cents},
    )
    announce(session, "votes")
    return given


def close_budget(
    session: Session, row: BudgetRow, *, clerk: Clerk, now: datetime
) -> None:
    """Owe each item that reached its goal; the rest goes back to the reserve."""
    session.refresh(row, with_for_update=True)
    if row.state != OPEN:
        return
    items = items_of(session, row.id)
    settled = settle(
        row.pot_cents,
        {item.id: item.goal_cents for item in items},
        given_to(session, row.id),
    )
    source = f"{EARMARKED}:{row.id}"
    lines = [
        (source, f"{PAYABLE}:{item.payee_id}", settled.funded[item.id])
        for item in items
        if item.id in settled.funded
    ]
    move(
        session,
        row.id,
        "closed",
        text="Given out by members; what funded nothing returns",
        lines=[*lines, (source, RESERVE, settled.returned)],
        currency=row.currency,
        by=None,
        now=now,
    )
    for item in items:
        item.funded = item.id in settled.funded
    row.state, row.returned_cents = CLOSED, settled.returned
    session.flush()
    clerk.note(
        session,
        "budget-closed",
        row.id,
        actor=NETWORK,
        now=now,
        told={
            "funded": len(settled.funded),
            "items": len(items),
            "returned_cents": settled.returned,
        },
    )
    announce(session, "votes")


def budget_of(session: Session, budget_id: str) -> BudgetRow:
    """The budget. Errors: NotFoundError."""
    row = session.get(BudgetRow, budget_id)
    if row is None:
        raise NotFoundError(f"there is no budget {budget_id[:64]}")
    return row


def budgets(session: Session) -> Sequence[BudgetRow]:
    """All, the newest first."""
    return session.scalars(select(BudgetRow).order_by(BudgetRow.opened_at.desc())).all()


def items_of(session: Session, budget_id: str) -> Sequence[BudgetItemRow]:
    """What money is asked for."""
    return session.scalars(
        select(BudgetItemRow)
        .where(BudgetItemRow.budget_id == budget_id)
        .order_by(BudgetItemRow.id)
    ).all()


def given_to(session: Session, budget_id: str) -> Mapping[str, int]:
    """Cents by item, of all members together."""
    rows = session.execute(
        select(AllocationRow.item_id, func.sum(AllocationRow.cents))
        .where(AllocationRow.budget_id == budget_id)
        .group_by(AllocationRow.item_id)
    )
    return {item_id: int(cents) for item_id, cents in rows}


def given_by(session: Session, budget_id: str, agent_id: str) -> Mapping[str, int]:
    """Cents by item, of one member."""
    return {one.item_id: one.cents for one in _given_by(session, budget_id, agent_id)}


def _given_by(
    session: Session, budget_id: str, agent_id: str
) -> Sequence[AllocationRow]:
    return session.scalars(
        select(AllocationRow).where(
            AllocationRow.budget_id == budget_id, AllocationRow.agent_id == agent_id
        )
    ).all()


def _open(session: Session, budget_id: str, now: datetime) -> BudgetRow:
    row = session.scalar(
        select(BudgetRow).where(BudgetRow.id == budget_id).with_for_update()
    )
    if row is None:
        raise NotFoundError(f"there is no budget {budget_id[:64]}")
    if row.state != OPEN or now >= row.closes_at:
        raise ConflictError("this budget is closed")
    return row


def _check_voice(row: BudgetRow, agent_id: str) -> None:
    if agent_id not in row.roll:
        raise NotAllowedError("you were no member when this budget was opened")
