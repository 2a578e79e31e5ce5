"""Points over HTTP: who was credited for an order, and what a member has."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from orchestrator.commons.points import (
    credits_of_order,
    milli_points_by_agent,
    points_of,
)
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
