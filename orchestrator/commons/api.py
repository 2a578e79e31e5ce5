"""Points and rules over HTTP: who was credited, what a member has, what is in force."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from orchestrator.commons.points import (
    credits_of_order,
    milli_points_by_agent,
    points_of,
)
from orchestrator.commons.rulebook import kind_named, kinds, rules_known
from orchestrator.foundation import canonical
from orchestrator.foundation.api import Id, ReaderDep, refusals
from orchestrator.foundation.errors import NotFoundError
from orchestrator.members.principal_api import PrincipalDep

router = APIRouter(prefix="/api/v1", tags=["commons"])


class PointsOut(BaseModel):
    """Thousandths of a point by agent; ids only: names are for members to show."""

    milli_points_of: dict[str, int]


@router.get("/points/orders/{order_id}")
def order_points(order_id: Id, session: ReaderDep) -> PointsOut:
    """What the order's contributors were credited, by the rules of each event."""
    return PointsOut(
        milli_points_of=milli_points_by_agent(credits_of_order(session, order_id))
    )


@router.get("/points/mine")
def my_points(principal: PrincipalDep, session: ReaderDep) -> PointsOut:
    """What the one who asks has been credited so far."""
    mine = points_of(session, principal.agent_id)
    return PointsOut(milli_points_of={principal.agent_id: mine})


class RuleOut(BaseModel):
    """One version of a rule. `proposal_id` names the vote that made it the rule."""

    kind: str
    version: str
    table: dict[str, Any]
    sha256: str
    in_force_from: datetime
    enacted_at: datetime
    enacted_by: str | None
    reason: str | None
    proposal_id: str | None


@router.get("/rules")
def rule_kinds() -> list[str]:
    """What members may change by a vote. Public."""
    return [kind.name for kind in kinds()]


@router.get("/rules/{kind}", responses=refusals(NotFoundError))
def rules_of_kind(kind: Id, session: ReaderDep) -> list[RuleOut]:
    """Every version of a rule, the one decided last first. Public."""
    return [
        RuleOut(
            kind=rule.kind,
            version=rule.version,
            table=canonical.object_of(rule.table),
            sha256=rule.sha256,
            in_force_from=rule.in_force_from,
            enacted_at=rule.enacted_at,
            enacted_by=rule.enacted_by,
            reason=rule.reason,
            proposal_id=rule.proposal_id,
        )
        for rule in rules_known(session, kind_named(kind))
    ]
