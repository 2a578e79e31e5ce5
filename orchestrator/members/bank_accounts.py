"""Where somebody is paid: kept with consent, told to the bank alone, gone when erased."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.iso7064 import checked_iban
from orchestrator.members.agents import agent_of
from orchestrator.members.consent import give_consent, withdraw_consent
from orchestrator.members.rows import AgentRow, BankAccountRow

PURPOSE: Final = "payouts"
HOLDER_MAX: Final = 70  # what a SEPA transfer holds


def keep_bank_account(
    session: Session, agent_id: str, *, iban: str, holder: str, now: datetime
) -> BankAccountRow:
    """The agent agrees to be paid there; it replaces what was kept before.

    Errors: NotFoundError, InvalidInputError.
    """
    agent_of(session, agent_id)
    holder = holder.strip()
    if not 1 <= len(holder) <= HOLDER_MAX or not holder.isprintable():
        raise InvalidInputError(
            f"the holder's name has 1 to {HOLDER_MAX} letters", field="holder"
        )
    checked = checked_iban(iban)
    row = session.get(BankAccountRow, agent_id, with_for_update=True)
    if row is None:
        row = BankAccountRow(agent_id=agent_id)
        session.add(row)
    row.iban, row.holder, row.given_at = checked, holder, now
    give_consent(session, agent_id, PURPOSE, now=now)
    session.flush()
    return row


def erase_bank_account(session: Session, agent_id: str, *, now: datetime) -> None:
    """Forget it; what was paid stands in the book, which never knew it."""
    row = session.get(BankAccountRow, agent_id)
    if row is not None:
        session.delete(row)
    withdraw_consent(session, agent_id, PURPOSE, now=now)
    session.flush()


def bank_accounts_of(
    session: Session, agent_ids: Collection[str]
) -> dict[str, BankAccountRow]:
    """Where these agents are paid; who gave no account is not there."""
    found = session.scalars(
        select(BankAccountRow).where(BankAccountRow.agent_id.in_(agent_ids))
    )
    return {row.agent_id: row for row in found}


def paying_organisations(session: Session) -> dict[str, str]:
    """Organisations that gave a bank account, by id: one of them pays for the network."""
    found = session.execute(
        select(AgentRow.id, AgentRow.name)
        .join(BankAccountRow, BankAccountRow.agent_id == AgentRow.id)
        .where(AgentRow.kind == "organisation")
        .order_by(AgentRow.name)
    )
    return dict(found.all())
