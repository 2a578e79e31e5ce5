"""The desk of who asks, as every room's endpoints get it."""

from typing import Annotated

from fastapi import Depends, Request

from orchestrator.foundation.clock import Clock
from orchestrator.ledger.api import LedgerSettings
from orchestrator.ledger.desk import Desk
from orchestrator.members.principal_api import PrincipalDep, StewardDep


def desk_of(request: Request, principal: PrincipalDep) -> Desk:
    """The desk of somebody who may act."""
    ledger: LedgerSettings = request.app.state.ledger
    clock: Clock = request.app.state.clock
    return Desk(agent_id=principal.agent_id, key=ledger.key, now=clock.now())


def _of_steward(request: Request, steward: StewardDep) -> Desk:
    return desk_of(request, steward)


DeskDep = Annotated[Desk, Depends(desk_of)]
StewardDeskDep = Annotated[Desk, Depends(_of_steward)]
