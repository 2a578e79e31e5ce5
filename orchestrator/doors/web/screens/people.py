"""Screen 4, who may run what: which machines need a training, who has it, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from orchestrator.doors.web.access import LabOperatorDep, topic_of
from orchestrator.doors.web.hours import WEEKDAYS, hours_told
from orchestrator.doors.web.order_words import sentence
from orchestrator.doors.web.pages import Page, render, zone_of
from orchestrator.doors.web.trade_words import kind_word
from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.members.agents import agents_with_role, names_of
from orchestrator.network import training
from orchestrator.network.facilities import facility_of
from orchestrator.network.machines import machines
from orchestrator.network.opening import in_zone
from orchestrator.network.rows import FacilityRow, MachineRow, TrainingRow
from orchestrator.network.wire import OTHER_TRAININGS, told_of_lab

router = APIRouter()

About = Annotated[str, Form(max_length=80)]
Day = Annotated[str, Form(max_length=10)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A training as the page shows it."""

    row: TrainingRow
    person: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A kind of machine or one machine: whether it needs a training, who has one."""

    about: str
    name: str
    is_kind: bool
    is_limited: bool  # for itself
    by_kind: bool  # a machine whose kind is
    trained: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who works there, and when."""

    id: str
    name: str
    hours: str  # "": whenever the lab is open


@router.get("/labs/{facility_id}/people")
def people_page(
    facility_id: Id,
    request: Request,
    _principal: LabOperatorDep,
    session: ReaderDep,
    clock: ClockDep,
) -> Response:
    """Who may run what, to those who work there."""
    lab = facility_of(session, facility_id)
    return _page(request, session, lab, now=clock.now())


@router.post("/labs/{facility_id}/people/need")
def change_need(
    *,
    facility_id: Id,
    about: About,
    is_needed: Annotated[bool, Form()],
    principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """Only trained people run it from now on, or anybody again."""
    now = clock.now()
    change = training.state_need if is_needed else training.end_need
    changed = change(session, facility_id, about, by=principal.agent_id, now=now)
    return _done(request, session, facility_id, now, changed=changed)


@router.post("/labs/{facility_id}/people/training")
def grant(
    *,
    facility_id: Id,
    person: Annotated[str, Form(max_length=64)],
    about: About,
    from_day: Day = "",
    until_day: Day = "",
    principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """The person may run it; until the end of the day named last."""
    now, zone = clock.now(), zone_of(request)
    try:
        from_at = _moment(from_day, zone, field="from_day") if from_day else now
        until_at = None
        if until_day:
            until_at = _moment(until_day, zone, field="until_day") + timedelta(days=1)
        training.grant_training(
            session,
            facility_id,
            person,
            about,
            from_at=from_at,
            until_at=until_at,
            by=principal.agent_id,
            now=now,
        )
    except InvalidInputError as refusal:
        lab = facility_of(session, facility_id)
        return _page(request, session, lab, now=now, wrong=sentence(str(refusal)))
    return _done(request, session, facility_id, now, changed=True)


@router.post("/labs/{facility_id}/people/training/withdraw")
def withdraw(
    *,
    facility_id: Id,
    number: Annotated[int, Form()],
    principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """The person may no longer run it."""
    now, by = clock.now(), principal.agent_id
    changed = training.withdraw_training(session, facility_id, number, by=by, now=now)
    return _done(request, session, facility_id, now, changed=changed)


@router.post("/labs/{facility_id}/people/hours")
def set_hours(
    *,
    facility_id: Id,
    person: Annotated[str, Form(max_length=64)],
    when: Annotated[Literal["open", "hours"], Form()],
    days: Annotated[list[int] | None, Form()] = None,
    from_time: Annotated[str, Form(max_length=5)] = "",
    to_time: Annotated[str, Form(max_length=5)] = "",
    _principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Response:
    """When the person is there, week by week, by the clock on the wall."""
    now = clock.now()
    try:
        opening = None
        if when == "hours":
            span = _minutes(from_time), _minutes(to_time)
            lab = facility_of(session, facility_id)
            opening = in_zone(
                weekly(days or [], span), zone_of(request).key, lab.zone, at=now
            )
        changed = training.set_person_hours(session, facility_id, person, opening)
    except InvalidInputError as refusal:
        lab = facility_of(session, facility_id)
        return _page(request, session, lab, now=now, wrong=sentence(str(refusal)))
    return _done(request, session, facility_id, now, changed=changed)


def weekly(days: Sequence[int], span: tuple[int, int]) -> list[list[int]]:
    """Rows of the same hours on each of those days.

    Errors: InvalidInputError for no day, or an end before the beginning.
    """
    if not days or not set(days) <= set(range(7)):
        raise InvalidInputError("choose at least one day", field="days")
    if not span[0] < span[1]:
        raise InvalidInputError("they come before they go", field="to_time")
    return [[day, *span] for day in sorted(set(days))]


def _minutes(text: str) -> int:
    try:
        read = time.fromisoformat(text)
    except ValueError as unreadable:
        raise InvalidInputError(
            "a time of the day is such as 9:00", field="from_time"
        ) from unreadable
    return read.hour * 60 + read.minute


def _moment(text: str, zone: tzinfo, *, field: str) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError as unreadable:
        raise InvalidInputError(
            "a day is written 2026-05-31", field=field
        ) from unreadable
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _done(
    request: Request,
    session: Session,
    facility_id: str,
    now: datetime,
    *,
    changed: bool,
) -> Response:
    told_of_lab(request, session, facility_id, OTHER_TRAININGS, now, changed=changed)
    return RedirectResponse(f"/labs/{facility_id}/people", status_code=303)


def _page(
    request: Request,
    session: Session,
    lab: FacilityRow,
    *,
    now: datetime,
    wrong: str = "",
) -> Response:
    own = machines(session, facility_id=lab.id)
    people = _people(session, request, lab, now)
    names = {one.id: one.name for one in people}
    trainings = training.trainings(session, [lab.id], now=now)
    words = {one.kind: kind_word(one.kind) for one in own}
    words |= {one.id: one.name for one in own}
    over = training.trainings_over(session, lab.id, now=now)
    names |= names_of(session, {row.agent_id for row in over})

    def held(rows: Sequence[TrainingRow]) -> list[Held]:
        return [
            Held(
                row=row,
                person=names.get(row.agent_id, ""),
                what=words.get(row.about, row.about),
            )
            for row in rows
        ]

    return render(
        request,
        "lab_people.html",
        page=Page(
            title=f"Who may run what, {lab.name}", topics=(topic_of("lab", lab.id),)
        ),
        status=422 if wrong else 200,
        facility=lab,
        things=_things(session, lab, own, trainings, names),
        people=people,
        held=held(trainings),
        over=held(over),
        words=words,
        weekdays=list(enumerate(WEEKDAYS)),
        now=now,
        wrong=wrong,
    )


def _people(
    session: Session, request: Request, lab: FacilityRow, now: datetime
) -> list[Person]:
    hours = training.person_hours(session, [lab.id])
    zone = zone_of(request).key
    return [
        Person(
            id=row.id,
            name=row.name,
            hours=hours_told(in_zone(hours[lab.id, row.id], lab.zone, zone, at=now))
            if (lab.id, row.id) in hours
            else "",
        )
        for row in agents_with_role(session, "operator", facility_id=lab.id)
    ]


def _things(
    session: Session,
    lab: FacilityRow,
    own: Sequence[MachineRow],
    trainings: Sequence[TrainingRow],
    names: Mapping[str, str],
) -> list[Thing]:
    limited = {row.about for row in training.needs(session, [lab.id])}
    kinds = sorted({one.kind for one in own})

    def trained(*about: str) -> tuple[str, ...]:
        found = (names.get(r.agent_id, "") for r in trainings if r.about in about)
        return tuple(sorted(set(found)))

    things = []
    for kind in kinds:
        of_kind = [one for one in own if one.kind == kind]
        things.append(
            Thing(
                about=kind,
                name=kind_word(kind),
                is_kind=True,
                is_limited=kind in limited,
                by_kind=False,
                trained=trained(kind, *(one.id for one in of_kind)),
            )
        )
        things += [
            Thing(
                about=one.id,
                name=one.name,
                is_kind=False,
                is_limited=one.id in limited,
                by_kind=kind in limited,
                trained=trained(kind, one.id),
            )
            for one in of_kind
        ]
    return things
