"""A machine's newest camera picture: from its own device, for its lab's people alone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from orchestrator.foundation.api import Id, ReaderDep, refusals
from orchestrator.foundation.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.members.principal_api import PrincipalDep
from orchestrator.members.principals import require_role
from orchestrator.network.machines import machine_of
from orchestrator.network.snapshots import Snapshot
from orchestrator.network.wire import NetworkSettings

router = APIRouter()

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


async def _body(request: Request) -> bytes:
    """All of it: no request has more than a MiB (doors.http.guard)."""
    return await request.body()


@router.put(
    "/machines/{machine_id}/snapshot",
    status_code=204,
    responses=refusals(
        NotSignedInError,
        NotAllowedError,
        NotFoundError,
        InvalidInputError,
    ),
)
def take_snapshot(
    *,
    machine_id: Id,
    request: Request,
    content: Annotated[bytes, Depends(_body)],
    session: ReaderDep,
    principal: PrincipalDep,
) -> Response:
    """The machine's own device shows it; the picture before is forgotten."""
    machine = machine_of(session, machine_id)
    if principal.device_id is None or principal.device_id != machine.device_id:
        raise NotAllowedError("only the machine's own device shows it")
    settings: NetworkSettings = request.app.state.network
    kind = request.headers.get("Content-Type", "")
    snapshot = Snapshot(content=content, media_type=kind)
    settings.snapshots.take(machine.id, snapshot)
    return Response(status_code=204)


@router.get(
    "/machines/{machine_id}/snapshot",
    response_class=Response,
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def give_snapshot(
    *,
    machine_id: Id,
    request: Request,
    session: ReaderDep,
    principal: PrincipalDep,
) -> Response:
    """How the machine looks now, to those who work in its lab."""
    machine = machine_of(session, machine_id)
    require_role(principal, "operator", facility_id=machine.facility_id)
    settings: NetworkSettings = request.app.state.network
    found = settings.snapshots.newest(machine.id)
    if found is None:
        raise NotFoundError("there is no new picture of this machine")
    return Response(found.content, media_type=found.media_type, headers=HEADERS)
