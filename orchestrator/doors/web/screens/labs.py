"""Screen 4, Lab board: which machine needs my hands? And the list of labs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.dispatch.api import DispatchSettings
from orchestrator.dispatch.by_hand import say_ready
from orchestrator.dispatch.verdict import facility_of_job, judge
from orchestrator.dispatch.witness import Witness
from orchestrator.doors.web.access import (
    AskerDep,
    LabOperatorDep,
    OperatorDep,
    topic_of,
)
from orchestrator.doors.web.access_words import ACCESS_WORDS
from orchestrator.doors.web.board import board_of
from orchestrator.doors.web.care import Care, cares_of
from orchestrator.doors.web.fate import plain_reason
from orchestrator.doors.web.hours import hours_told
from orchestrator.doors.web.live import MACHINES_CHANGED, MAP_CHANGED, PLAN_CHANGED
from orchestrator.doors.web.pages import Page, render, zone_of
from orchestrator.doors.web.remedies import remedies_of
from orchestrator.doors.web.trade_words import kind_word, loaded, needs_hands
from orchestrator.doors.web.words import language_of
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.members.agents import names_of
from orchestrator.members.principals import Principal, require_role
from orchestrator.network import arrivals, facilities
from orchestrator.network.machines import local_pages_of, machines
from orchestrator.network.opening import in_zone, is_open
from orchestrator.network.rows import FacilityRow
from orchestrator.network.wire import NetworkSettings, close_and_tell, open_and_tell
from orchestrator.planning.turn import take_turn

router = APIRouter()

TOPICS_MAX: Final = 58  # of a stream's sixty, two are the plan's and the lab's own


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSummary:
    """A lab in the list."""

    facility: FacilityRow
    is_open: bool
    has_joined: bool
    machine_count: int
    running_count: int
    hands_count: int
    offline_count: int
    kinds: tuple[str, ...]


@router.get("/labs")
def lab_list(
    request: Request, asker: AskerDep, session: ReaderDep, clock: ClockDep
) -> Response:
    """All labs; who works in exactly one goes to its board at once."""
    own = asker.principal.facility_ids if asker.principal else frozenset()
    if len(own) == 1 and "all" not in request.query_params:
        return RedirectResponse(f"/labs/{next(iter(own))}", status_code=303)
    now = clock.now()
    waiting = {row.facility_id for row in arrivals.arrivals(session)}
    labs = [
        _summary(session, row, open_now=_is_open(row, now), waits=row.id in waiting)
        for row in facilities.facilities(session)
    ]
    labs.sort(key=lambda lab: lab.facility.id not in own)
    return render(
        request,
        "labs.html",
        page=Page(title="Labs", topics=(MACHINES_CHANGED, MAP_CHANGED)),
        labs=labs,
        own=own,
        is_steward=asker.principal is not None and "steward" in asker.principal.roles,
    )


@router.get("/labs/{facility_id}")
def lab_board(
    facility_id: Id,
    request: Request,
    asker: AskerDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """The board; jobs, codes and acts only for whom the lab is theirs."""
    now = clock.now()
    facility = facilities.facility_of(session, facility_id)
    board = board_of(session, facility_id, now=now)
    return render(
        request,
        "lab_board.html",
        page=Page(
            title=facility.name,
            topics=_topics(session, facility_id),
            glance=True,
        ),
        facility=facility,
        board=board,
        arrival=arrivals.arrival_of(session, facility_id),
        language=language_of(request),
        is_mine=works_at(asker.principal, facility_id),
        is_open=_is_open(facility, now),
        hours=_hours(request, facility, now),
        access=ACCESS_WORDS.get(facility.access, ""),
        is_closed_by_hand=facility.closed_until is not None
        and facility.closed_until > now,
        kind_word=kind_word,
        loaded=loaded,
        remedies_of=remedies_of,
        plain_reason=plain_reason,
        pictures=_pictures(request, session, facility_id),
        beside=beside_of(session, asker.principal, facility_id),
        due=_due(session, facility_id, now=now)
        if works_at(asker.principal, facility_id)
        else (),
    )


def beside_of(
    session: Session, principal: Principal | None, facility_id: str
) -> dict[str, str]:
    """By machine: the page beside it, which is told who comes; for its own people."""
    if principal is None or not works_at(principal, facility_id):
        return {}
    name = names_of(session, {principal.agent_id}).get(principal.agent_id, "")
    query = urlencode({"by": name})
    pages = local_pages_of(session, facility_id)
    return {machine_id: f"{page}?{query}" for machine_id, page in pages.items()}


@router.post("/labs/{facility_id}/close")
def close_lab(
    *,
    facility_id: Id,
    hours: Annotated[int, Form(ge=1, le=24 * 31)],
    _principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Plan nothing there for so long."""
    now = clock.now()
    until = now + timedelta(hours=hours)
    close_and_tell(request, session, facility_id, until=until, now=now)
    return RedirectResponse(f"/labs/{facility_id}", status_code=303)


@router.post("/labs/{facility_id}/open")
def open_lab(
    facility_id: Id,
    _principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Its usual hours hold again."""
    open_and_tell(request, session, facility_id, clock.now())
    return RedirectResponse(f"/labs/{facility_id}", status_code=303)


@router.post("/jobs/{job_id}/verdict")
def say_verdict(
    *,
    job_id: Id,
    pieces_good: Annotated[int, Form(ge=0, le=10_000)],
    ended: Annotated[str, Form(pattern="^(good|failed)$")],
    principal: OperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """What a person saw at the machine: so many good pieces, or none."""
    take_turn(session)
    facility_id = facility_of_job(session, job_id)
    require_role(principal, "operator", facility_id=facility_id)
    settings: DispatchSettings = request.app.state.dispatch
    judge(
        session,
        Witness(key=settings.network_key, now=clock.now()),
        job_id,
        agent_id=principal.agent_id,
        pieces_good=pieces_good if ended == "good" else 0,
    )
    return RedirectResponse(f"/labs/{facility_id}", status_code=303)


@router.post("/labs/{facility_id}/ready")
def say_it_is_ready(
    *,
    facility_id: Id,
    order_id: Annotated[str, Form(max_length=64)],
    _principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Its people are done with what they had in hand of the order."""
    take_turn(session)
    settings: DispatchSettings = request.app.state.dispatch
    witness = Witness(key=settings.network_key, now=clock.now())
    say_ready(session, witness, order_id, facility_id=facility_id)
    return RedirectResponse(f"/labs/{facility_id}", status_code=303)


def works_at(principal: Principal | None, facility_id: str) -> bool:
    """Whether this person sees and does a lab's work."""
    if principal is None:
        return False
    if principal.is_steward:
        return True
    return "operator" in principal.roles and facility_id in principal.facility_ids


def _pictures(request: Request, session: Session, facility_id: str) -> frozenset[str]:
    """Machines that a camera shows; their pictures are given to the lab's people alone."""
    settings: NetworkSettings = request.app.state.network
    rows = machines(session, facility_id=facility_id)
    return frozenset(row.id for row in rows if settings.snapshots.newest(row.id))


def _due(session: Session, facility_id: str, *, now: datetime) -> list[Care]:
    rows = machines(session, facility_id=facility_id)
    return [one for one in cares_of(session, rows, now=now) if one.is_soon]


def _topics(session: Session, facility_id: str) -> tuple[str, ...]:
    names = [row.id for row in machines(session, facility_id=facility_id)]
    own = [topic_of("machine", name) for name in names[:TOPICS_MAX]]
    return (topic_of("lab", facility_id), PLAN_CHANGED, *own)


def _hours(request: Request, row: FacilityRow, now: datetime) -> str:
    """Its week by the clock that pages show."""
    zone = zone_of(request).key
    return hours_told(in_zone(row.opening, row.zone, zone, at=now))


def _is_open(row: FacilityRow, now: datetime) -> bool:
    return is_open(row.opening, row.zone, at=now, closed_until=row.closed_until)


def _summary(
    session: Session, row: FacilityRow, *, open_now: bool, waits: bool
) -> LabSummary:
    found = machines(session, facility_id=row.id)
    return LabSummary(
        facility=row,
        is_open=open_now,
        has_joined=not waits,
        machine_count=len(found),
        running_count=sum(one.state == "running" for one in found),
        hands_count=sum(needs_hands(one) for one in found),
        offline_count=sum(one.state == "offline" for one in found),
        kinds=tuple(
            dict.fromkeys(
                kind_word(one.kind, one.capability.get("processes", ()))
                for one in found
            )
        ),
    )
