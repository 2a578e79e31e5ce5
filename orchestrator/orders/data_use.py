"""The network's own data sets pass the licence gate too, before anybody sells their use."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.foundation.errors import NotFoundError
from orchestrator.foundation.ids import new_id
from orchestrator.ledger.acts import Act
from orchestrator.ledger.append import append_act
from orchestrator.ledger.desk import Desk
from orchestrator.ledger.export import LICENCE
from orchestrator.members.agents import agent_of
from orchestrator.orders.data_agreements import agreement_for, yearly_fee
from orchestrator.orders.gate import Clearance, Question, Refusal, decide
from orchestrator.orders.gate_rules import rules_at
from orchestrator.orders.table import Agreement, Part, Use, who_of

# name: (what it is called, its licence)
DATA_SETS: Final[Mapping[str, tuple[str, str]]] = {
    "ledger": ("The ledger: export, tiles and receipts", LICENCE),
}


def part_for(
    session: Session, data_set: str, agent_id: str | None = None, *, now: datetime
) -> Part:
    """The data set as the gate asks about it, with what this member was granted.

    Errors: NotFoundError.
    """
    if data_set not in DATA_SETS:
        raise NotFoundError(f"there is no data set {data_set[:64]!r}", field="data_set")
    title, licence = DATA_SETS[data_set]
    return Part(
        title=title,
        licensor="the network's members",
        licence=licence,
        agreement=agreement_for(session, data_set, agent_id, now=now)
        if agent_id
        else None,
        offer=Agreement(yearly=yearly_fee(session, now)),
    )


def ask_for_data(
    session: Session, desk: Desk, *, data_set: str, use: Use
) -> Clearance | Refusal:
    """May the member use it so? The answer stands in the log, with who asked.

    Errors: NotFoundError for an unknown data set or member.
    """
    agent_id, now = desk.agent_id, desk.now
    member = agent_of(session, agent_id)
    answer = decide(
        Question(
            id=new_id("clearance"),
            version_id=data_set,
            agent_id=agent_id,
            who=who_of(member.legal_form, member.legal_form_attested_until, now),
            use=use,
            parts=(part_for(session, data_set, agent_id, now=now),),
            asked_at=now,
        ),
        rules_at(session, now),
    )
    append_act(
        session,
        Act(
            id=answer.id,
            actor=agent_id,
            act="data-use-asked",
            subject=data_set,
            occurred_at=now,
            told={
                "licence": answer.licence,
                "use": use.value,
                "verdict": answer.verdict.value,
                "rule_version": answer.rule_version,
            },
        ),
        key=desk.key,
        recorded_at=now,
    )
    return answer
