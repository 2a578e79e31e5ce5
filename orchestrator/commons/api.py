"""Points and rules over HTTP: who was credited, what a member has, what plans weigh."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from orchestrator.commons.points import (
    credits_of_order,
    milli_points_by_agent,
    points_of,
)
from orchestrator.commons.weights import weights_known
from orchestrator.foundation.api import ReaderDep
from orchestrator.members.principal_api import PrincipalDep

router = APIRouter(prefix="/api/v1", tags=["commons"])
Id = Annotated[str, Field(max_length=64)]


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


class WeightsOut(BaseModel):
    """One version of what the plan weighs: whole numbers, units in their names."""

    rule_version: str
    weights: dict[str, int]
    in_force_from: datetime
    enacted_by: str | None
    reason: str | None
    restores: str | None


@router.get("/plan-weights")
def plan_weights(session: ReaderDep) -> list[WeightsOut]:
    """What the plan weighs: the version in force, then those before it. Public."""
    found = []
    for version in weights_known(session):
        weights = asdict(version.weights)
        found.append(
            WeightsOut(
                rule_version=weights.pop("rule_version"),
                weights=weights,
                in_force_from=version.in_force_from,
                enacted_by=version.by.agent_id if version.by else None,
                reason=version.by.reason if version.by else None,
                restores=version.by.restores if version.by else None,
            )
        )
    return found
