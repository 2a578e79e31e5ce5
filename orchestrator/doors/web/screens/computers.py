"""Screen 6, Computers: which computers speak for a lab's machines; inviting another."""

from datetime import datetime
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.doors.web.access import LabOperatorDep, OperatorDep
from orchestrator.doors.web.pages import Page, render
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.members import devices
from orchestrator.members.principals import require_role
from orchestrator.network.facilities import facility_of
from orchestrator.network.rows import FacilityRow

router = APIRouter()


@router.get("/labs/{facility_id}/computers")
def computers_page(
    facility_id: Id, request: Request, _principal: LabOperatorDep, session: ReaderDep
) -> Response:
    """The lab's computers, to those who work there."""
    return _page(request, session, facility_of(session, facility_id))


@router.post("/labs/{facility_id}/computers/invite")
def invite_computer(
    facility_id: Id,
    request: Request,
    principal: LabOperatorDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """An invitation for one computer, shown this once and kept nowhere."""
    lab = facility_of(session, facility_id)
    now = clock.now()
    code = devices.issue_code(
        session,
        facility_id=lab.id,
        owner_id=lab.owner_id,
        issued_by=principal.agent_id,
        now=now,
    )
    ends_at = now + devices.CODE_LIFE
    return _page(request, session, lab, code=code, ends_at=ends_at)


@router.post("/labs/{facility_id}/computers/{device_id}/shut-out")
def shut_out(
    *,
    facility_id: Id,
    device_id: Id,
    principal: OperatorDep,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Trust a computer no longer: lost, stolen or replaced."""
    device = devices.device_of(session, device_id)
    require_role(principal, "operator", facility_id=device.facility_id)
    devices.revoke_device(session, device_id, now=clock.now())
    return RedirectResponse(f"/labs/{facility_id}/computers", status_code=303)


@router.get("/join")
def join_page(request: Request) -> Response:
    """Where an invitation's link leads a browser; its code stays in the browser."""
    return render(request, "join.html", page=Page(title="An invitation", bare=True))


def _address(request: Request) -> str:
    """Under which address this page was opened, or the one that the node was told."""
    told: str = request.app.state.screens.public_url
    parts = urlsplit(told or str(request.base_url))
    return f"{parts.scheme}://{parts.netloc}"


def _page(
    request: Request,
    session: Session,
    lab: FacilityRow,
    *,
    code: str | None = None,
    ends_at: datetime | None = None,
) -> Response:
    known = devices.devices_of(session, lab.id)
    return render(
        request,
        "lab_computers.html",
        page=Page(title=f"Computers, {lab.name}"),
        facility=lab,
        computers=[one for one in known if one.revoked_at is None],
        shut_out=[one for one in known if one.revoked_at is not None],
        address=_address(request),
        code=code,
        ends_at=ends_at,
    )
