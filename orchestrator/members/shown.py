"""By which name others read of somebody: organisations', and of people who agreed to it."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.members.agents import names_of
from orchestrator.members.consent import who_consented
from orchestrator.members.rows import AgentRow

NAME: Final = "name-shown"
POSITION: Final = "position-shown"


def names_shown(
    session: Session, agent_ids: Collection[str], *, reader: str | None = None
) -> dict[str, str]:
    """What these are called beside what they did; a number for who did not agree.

    `reader`: who reads it, and knows their own name. Who is not known is not there.
    """
    organisations = set(
        session.scalars(
            select(AgentRow.id).where(
                AgentRow.id.in_(agent_ids), AgentRow.kind == "organisation"
            )
        )
    )
    open_ones = organisations | who_consented(session, agent_ids, NAME) | {reader}
    return {
        agent_id: name if agent_id in open_ones else f"Member {agent_id[-4:]}"
        for agent_id, name in names_of(session, agent_ids).items()
    }
