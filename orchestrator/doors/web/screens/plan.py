"""Screen 8, Plan: who does what, when? A timeline and its twin, and every reason."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from orchestrator.doors.web.access import LabOperatorDep, SignedInDep
from orchestrator.doors.web.live import MACHINES_CHANGED, MAP_MOVED, PLAN_CHANGED
from orchestrator.doors.web.map_view import MapView
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.plan_map import plan_map
from orchestrator.doors.web.plan_reasons import why_of
from orchestrator.doors.web.plan_story import (
    COST_WORDS,
    PlanStory,
    orders_placed,
    plan_history,
    plan_story,
    stops_seen,
)
from orchestrator.doors.web.plan_view import PlanLine, chart_of
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.members.principals import Principal
from orchestrator.network import facilities
from orchestrator.network.wire import close_and_tell, open_and_tell
from orchestrator.planning.api import PlanningSettings

router = APIRouter()

HOURS_SHOWN: Final = 8
HOUR_S: Final = 3_600
FROM_MAX: Final = 4_102_444_800  # the year 2100
UNDO_S: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The hours that the timeline shows, and the links to those before and after."""

    start: datetime
    end: datetime
    before: int | None
    after: int | None


@router.get("/plan")
def plan_page(
    *,
    request: Request,
    principal: SignedInDep,
    session: ReaderDep,
    clock: ClockDep,
    lab: Id | None = None,
    start: Annotated[int | None, Query(alias="from", ge=0, le=FROM_MAX)] = None,
) -> Response:
    """The plan in force, as far as it concerns the asker; `from`: in epoch hours' s."""
    now = clock.now()
    story = plan_story(session, principal, now, lab_id=lab)
    planning: PlanningSettings = request.app.state.planning
    plan = story.plan
    hours = _hours(story.lines, now, start)
    shown = [line for line in story.lines if _has_job(line, hours)]
    costs = plan.cost_cents if plan and principal.is_steward else {}
    return render(
        request,
        "plan.html",
        page=Page(title="Plan", topics=_topics(principal), with_map=True),
        story=story,
        lab_id=lab,
        hours=hours,
        query=_query(lab, start),
        shown=shown,
        free_count=len(story.lines) - len(shown),
        chart=chart_of(shown, now=now, window=(hours.start, hours.end)),
        job_count=sum(len(line.jobs) for line in story.lines),
        routes=_routes(story),
        costs=[(COST_WORDS[name], costs[name]) for name in COST_WORDS if name in costs],
        why=why_of(plan.triggers) if plan else "",
        attribution=planning.ground.attribution,
    )


@router.get("/plan/table")
def plan_table(
    *,
    request: Request,
    principal: SignedInDep,
    session: ReaderDep,
    clock: ClockDep,
    lab: Id | None = None,
) -> Response:
    """The timeline's twin: every job of every machine as a table."""
    story = plan_story(session, principal, clock.now(), lab_id=lab)
    return render(
        request,
        "plan_table.html",
        page=Page(title="Plan as a table", topics=(PLAN_CHANGED,)),
        story=story,
        lab_id=lab,
        query=_query(lab, None),
        busy=[line for line in story.lines if line.jobs],
        job_count=sum(len(line.jobs) for line in story.lines),
    )


@router.get("/plan/orders")
def plan_orders(
    *,
    request: Request,
    principal: SignedInDep,
    session: ReaderDep,
    clock: ClockDep,
    q: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Why each order is where it is, with the second best and who was passed over."""
    placed = orders_placed(session, principal, clock.now())
    wanted = q.casefold().strip()
    return render(
        request,
        "plan_orders.html",
        page=Page(title="Why each order is where it is", topics=(PLAN_CHANGED,)),
        search=q,
        query=f"?{urlencode({'q': q})}" if q else "",
        placed=[
            one
            for one in placed
            if wanted in f"{one.order.number} {one.title} {one.lab}".casefold()
        ],
        order_count=len(placed),
    )


@router.get("/plan/changes")
def plan_changes(
    request: Request, principal: SignedInDep, session: ReaderDep, clock: ClockDep
) -> Response:
    """What each plan changed and why, newest first, and whom it concerns."""
    return render(
        request,
        "plan_changes.html",
        page=Page(title="What the plans changed", topics=(PLAN_CHANGED,)),
        replans=plan_history(session, principal, clock.now()),
    )


@router.get("/plan/map.json")
def plan_map_json(
    request: Request, principal: SignedInDep, session: ReaderDep, clock: ClockDep
) -> MapView:
    """Labs, couriers and the numbered stops of their routes, for the map's script."""
    planning: PlanningSettings = request.app.state.planning
    stops = stops_seen(session, principal, clock.now())
    return plan_map(session, principal, stops, planning.ground, clock.now())


@router.post("/plan/labs/{facility_id}/off")
def switch_off(
    *,
    facility_id: Id,
    hours: Annotated[int, Form(ge=1, le=24 * 31)],
    _principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Plan nothing at the lab for so long; what runs goes on."""
    now = clock.now()
    until = now + timedelta(hours=hours)
    close_and_tell(request, session, facility_id, until=until, now=now)
    name = facilities.facility_of(session, facility_id).name
    return _switched(request, facility_id, name, is_off=True)


@router.post("/plan/labs/{facility_id}/on")
def switch_on(
    facility_id: Id,
    _principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Its usual hours hold again."""
    open_and_tell(request, session, facility_id, clock.now())
    name = facilities.facility_of(session, facility_id).name
    return _switched(request, facility_id, name, is_off=False)


def _switched(
    request: Request, facility_id: str, name: str, *, is_off: bool
) -> Response:
    """The way back, in place of the act; the plan itself follows by the live stream."""
    if "HX-Request" not in request.headers:
        return RedirectResponse("/plan", status_code=303)
    return render(
        request,
        "plan_switched.html",
        facility_id=facility_id,
        name=name,
        is_off=is_off,
        undo_s=UNDO_S,
    )


def _topics(principal: Principal) -> tuple[str, ...]:
    moves = (MAP_MOVED,) if principal.is_steward else ()
    return (PLAN_CHANGED, MACHINES_CHANGED, *moves)


def _query(lab: str | None, start: int | None) -> str:
    """What the page reads again with, so that what was chosen stays chosen."""
    parts = {"lab": lab, "from": start}
    told_parts = {name: part for name, part in parts.items() if part is not None}
    return f"?{urlencode(told_parts)}" if told_parts else ""


def _hours(lines: tuple[PlanLine, ...], now: datetime, start: int | None) -> Hours:
    """From the hour that was asked for, else from the current one."""
    from_at = now if start is None else datetime.fromtimestamp(start, UTC)
    first = from_at.replace(minute=0, second=0, microsecond=0)
    end = first + timedelta(hours=HOURS_SHOWN)
    starts = [job.starts_at for line in lines for job in line.jobs]
    ends = [job.ends_at for line in lines for job in line.jobs]
    step_s = HOURS_SHOWN * HOUR_S
    is_more_before = any(at < first for at in starts)
    is_more_after = any(at > end for at in ends)
    at_s = int(first.timestamp())
    return Hours(
        start=first,
        end=end,
        before=at_s - step_s if is_more_before else None,
        after=at_s + step_s if is_more_after else None,
    )


def _has_job(line: PlanLine, hours: Hours) -> bool:
    return any(
        job.starts_at < hours.end and job.ends_at > hours.start for job in line.jobs
    )


def _routes(story: PlanStory) -> list[tuple[str, str, list[object]]]:
    """Each courier with the stops of the route: id, name, stops."""
    found: dict[str, tuple[str, str, list[object]]] = {}
    for stop in story.stops:
        _, _, stops = found.setdefault(
            stop.courier_id, (stop.courier_id, stop.courier, [])
        )
        stops.append(stop)
    return list(found.values())
