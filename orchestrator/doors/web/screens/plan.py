"""Screen 8, Plan: who does what, when? A timeline and its twin, and every reason."""

from typing import Final

from fastapi import APIRouter, Request, Response

from orchestrator.doors.web.access import SignedInDep
from orchestrator.doors.web.live import MACHINES_CHANGED, PLAN_CHANGED
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.plan_story import COST_WORDS, plan_story
from orchestrator.doors.web.plan_view import chart_of
from orchestrator.foundation.api import ClockDep, ReaderDep
from orchestrator.planning.api import PlanningSettings

router = APIRouter()

TRIGGERS_SHOWN: Final = 6


@router.get("/plan")
def plan_page(
    request: Request, principal: SignedInDep, session: ReaderDep, clock: ClockDep
) -> Response:
    """The plan in force, as far as it concerns the asker."""
    now = clock.now()
    story = plan_story(session, principal, now)
    planning: PlanningSettings = request.app.state.planning
    plan = story.plan
    busy = [line for line in story.lines if line.jobs]
    costs = plan.cost_cents if plan and "steward" in principal.roles else {}
    return render(
        request,
        "plan.html",
        page=Page(title="Plan", topics=(PLAN_CHANGED, MACHINES_CHANGED)),
        story=story,
        busy=busy,
        free=[line for line in story.lines if not line.jobs],
        chart=chart_of(busy, now=now),
        job_count=sum(len(line.jobs) for line in story.lines),
        late_count=sum(one.late_s >= 60 for one in (*story.placed, *story.unplanned)),
        costs=[(COST_WORDS[name], costs[name]) for name in COST_WORDS if name in costs],
        triggers=(plan.triggers if plan else [])[:TRIGGERS_SHOWN],
        more_triggers=max(len(plan.triggers) - TRIGGERS_SHOWN, 0) if plan else 0,
        attribution=planning.ground.attribution,
    )
