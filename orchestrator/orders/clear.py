"""Asking the licence gate about real rows, and keeping each of its answers."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import with_all_cited
from orchestrator.foundation.errors import NotFoundError
from orchestrator.foundation.ids import derived_id, new_id
from orchestrator.foundation.signing import SigningKey
from orchestrator.ledger.acts import NETWORK, TEXT_MAX, Act
from orchestrator.ledger.append import append_act
from orchestrator.members.agents import agent_of
from orchestrator.orders.errors import LicenceRefusedError
from orchestrator.orders.gate import (
    Clearance,
    Question,
    Refusal,
    decide,
    recall,
)
from orchestrator.orders.gate_rules import rules_at
from orchestrator.orders.reciprocity import agreements
from orchestrator.orders.rows import ClearanceRow, OrderRow
from orchestrator.orders.table import Duty, Owed, Part, Use, Verdict, Who, who_of


def ask(
    session: Session,
    *,
    version_id: str,
    agent_id: str,
    use: Use,
    now: datetime,
) -> Clearance | Refusal:
    """May the member use this version, and all that it cites, so? Recorded.

    Errors: NotFoundError for an unknown version or member.
    """
    member = agent_of(session, agent_id)
    question = Question(
        id=new_id("clearance"),
        version_id=version_id,
        agent_id=agent_id,
        who=who_of(member.legal_form, member.legal_form_attested_until, now),
        use=use,
        parts=parts_for(session, version_id, agent_id, now=now),
        asked_at=now,
    )
    answer = decide(question, rules_at(session, now))
    session.add(_row(answer))
    session.flush()
    return answer


def parts_for(
    session: Session, version_id: str, agent_id: str, *, now: datetime
) -> tuple[Part, ...]:
    """The version and all that it cites, with what this member agreed for each.

    Errors: NotFoundError.
    """
    cited = with_all_cited(session, version_id)
    agreed = agreements(session, agent_id, {each.design_id for each in cited}, now=now)
    return tuple(
        Part(
            title=each.title,
            licensor=each.licensor,
            licence=each.licence,
            version_id=each.id,
            agreement=agreed.get(each.design_id),
        )
        for each in cited
    )


def clear(
    session: Session,
    *,
    version_id: str,
    agent_id: str,
    use: Use,
    now: datetime,
    key: SigningKey,
) -> Clearance:
    """As `ask`, for who can go on only with a yes; the answer stands in the log.

    Errors: LicenceRefusedError; its record stands when the caller commits.
    """
    answer = ask(
        session,
        version_id=version_id,
        agent_id=agent_id,
        use=use,
        now=now,
    )
    _log(session, answer, key, asked="order")
    if isinstance(answer, Refusal):
        raise LicenceRefusedError(f"{' '.join(answer.reasons)} {answer.remedy}")
    return answer


def recorded(session: Session, clearance_id: str) -> Clearance:
    """The yes that was recorded under this id.

    Errors: NotFoundError; LicenceRefusedError when it was a no.
    """
    row = session.get(ClearanceRow, clearance_id)
    if row is None:
        raise NotFoundError(f"there is no answer of the licence gate {clearance_id}")
    if row.verdict == Verdict.REFUSE:
        raise LicenceRefusedError(f"{' '.join(row.reasons)} {row.remedy}")
    return recall(
        id=row.id,
        version_id=row.design_version_id,
        agent_id=row.agent_id,
        who=Who(row.who),
        use=Use(row.use),
        licence=row.licence,
        reasons=row.reasons,
        duties=duties_of(row),
        rule_version=row.rule_version,
        decided_at=row.decided_at,
    )


def duties_of(row: ClearanceRow) -> list[Duty]:
    """The duties of a recorded answer."""
    return [Duty(**{**told, "kind": Owed(told["kind"])}) for told in row.duties]


def clearance_of(session: Session, order: OrderRow) -> Clearance:
    """The yes on which the order was placed."""
    return recorded(session, order.clearance_id)


def ask_at_hand_over(
    session: Session, order: OrderRow, *, now: datetime, key: SigningKey
) -> Clearance | Refusal:
    """The gate's answer again, now that the object changes hands: in the log, too."""
    before = clearance_of(session, order)
    answer = ask(
        session,
        version_id=order.design_version_id,
        agent_id=order.shop_id,
        use=before.use,
        now=now,
    )
    _log(session, answer, key, asked="hand-over", order_id=order.id)
    return answer


def _log(
    session: Session,
    answer: Clearance | Refusal,
    key: SigningKey,
    *,
    asked: str,
    order_id: str | None = None,
) -> None:
    """The answer as an act of the network; what form the member has is not told."""
    told = {
        "asked_at": asked,
        "design_version": answer.version_id,
        "licence": answer.licence[:TEXT_MAX],
        "use": answer.use.value,
        "verdict": answer.verdict.value,
        "rule_version": answer.rule_version,
    }
    if isinstance(answer, Refusal):
        told["code"] = answer.code
    append_act(
        session,
        Act(
            id=derived_id("act", "licence-gate", answer.id),
            actor=NETWORK,
            act="licence-gate-answered",
            subject=answer.id,
            occurred_at=answer.decided_at,
            told=told,
            order_id=order_id,
        ),
        key=key,
        recorded_at=answer.decided_at,
    )


def _row(answer: Clearance | Refusal) -> ClearanceRow:
    if isinstance(answer, Clearance):
        duties, remedy = [asdict(duty) for duty in answer.duties], None
    else:
        duties, remedy = [], answer.remedy
    return ClearanceRow(
        id=answer.id,
        design_version_id=answer.version_id,
        agent_id=answer.agent_id,
        who=answer.who.value,
        use=answer.use.value,
        verdict=answer.verdict.value,
        licence=answer.licence,
        reasons=list(answer.reasons),
        duties=duties,
        remedy=remedy,
        rule_version=answer.rule_version,
        decided_at=answer.decided_at,
    )
