"""Screen 4: when the lab is open, week by week by the clock on the wall, and to whom."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from orchestrator.doors.web.access import LabOperatorDep
from orchestrator.doors.web.access_words import access_options
from orchestrator.doors.web.hours import WEEKDAYS, days_told, week_read
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, render, zone_of
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.network.facilities import access_told, facility_of, set_access
from orchestrator.network.opening import in_zone
from orchestrator.network.rows import FacilityRow
from orchestrator.network.wire import set_opening_and_tell

router = APIRouter()

Day = Annotated[str, Form(max_length=80)]


@router.get("/labs/{facility_id}/hours")
def hours_page(
    facility_id: Id,
    request: Request,
    _principal: LabOperatorDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """The hours of each day, to those who work there."""
    lab = facility_of(session, facility_id)
    zone = zone_of(request).key
    opening = in_zone(lab.opening, lab.zone, zone, at=clock.now())
    return _page(request, lab, days_told(opening))


@router.post("/labs/{facility_id}/hours")
def change_hours(
    *,
    facility_id: Id,
    _principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
    day0: Day = "",
    day1: Day = "",
    day2: Day = "",
    day3: Day = "",
    day4: Day = "",
    day5: Day = "",
    day6: Day = "",
    access: Annotated[str | None, Form(max_length=40)] = None,
) -> Response:
    """Other hours from now on, by the clock that pages show, and who may come."""
    days = (day0, day1, day2, day3, day4, day5, day6)
    try:
        set_opening_and_tell(
            request,
            session,
            facility_id,
            week_read(days),
            zone=zone_of(request).key,
            now=clock.now(),
        )
    except InvalidInputError as refusal:
        lab = facility_of(session, facility_id)
        field = refusal.field if refusal.field in FIELDS else FIELDS[0]
        return _page(request, lab, days, wrong={field: sentence(str(refusal))})
    if access is not None:
        set_access(session, facility_id, access_told(access))
    return RedirectResponse(f"/labs/{facility_id}", status_code=303)


FIELDS = tuple(f"day{number}" for number in range(7))


def _page(
    request: Request,
    lab: FacilityRow,
    days: Sequence[str],
    *,
    wrong: dict[str, str] | None = None,
) -> Response:
    return render(
        request,
        "lab_hours.html",
        page=Page(title=f"Opening hours, {lab.name}"),
        status=422 if wrong else 200,
        facility=lab,
        days=list(zip(FIELDS, WEEKDAYS, days, strict=True)),
        zone=zone_of(request).key,
        access_options=access_options(),
        wrong=wrong or {},
    )
