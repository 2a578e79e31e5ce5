"""Trainings over HTTP: who may run which machines of a lab, and when people are there."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field

from orchestrator.foundation.api import ClockDep, Id, ReaderDep, SessionDep, refusals
from orchestrator.foundation.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
)
from orchestrator.members.agents import agents_with_role
from orchestrator.members.principal_api import Strict
from orchestrator.network import training
from orchestrator.network.facilities import facility_of
from orchestrator.network.rows import TrainingNeedRow, TrainingRow
from orchestrator.network.wire import (
    OTHER_TRAININGS,
    LabOperatorDep,
    RowId,
    Told,
    told_of_lab,
)

router = APIRouter()

About = Annotated[str, Field(min_length=1, max_length=80)]
CHANGES = refusals(NotSignedInError, NotAllowedError, NotFoundError, InvalidInputError)


class NeedOut(BaseModel):
    """A kind of machine, or a machine by its id, that only trained people run."""

    about: str
    stated_at: datetime
    stated_by: str


class TrainingOut(BaseModel):
    """That a person may run it, in that time; `until_at` None: it does not lapse."""

    number: int
    agent_id: str
    about: str
    from_at: datetime
    until_at: datetime | None
    granted_by: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None


class PersonOut(BaseModel):
    """Who works there. `hours`: rows of weekday, comes, goes in minutes of the day.

    By the clock of the lab's zone; None: whenever the lab is open.
    """

    agent_id: str
    name: str
    hours: list[list[int]] | None


class TrainingsOut(BaseModel):
    """What nobody names in `needs` is run by anybody who works there.

    `over`: the newest of those that were withdrawn or lapsed.
    """

    needs: list[NeedOut]
    trainings: list[TrainingOut]
    over: list[TrainingOut]
    people: list[PersonOut]


class NeedIn(Strict):
    """A kind of machine, or a machine by its id; False: anybody may run it again."""

    about: About
    is_needed: bool


class TrainingIn(Strict):
    """Who may run what; `from_at` None: from now on."""

    agent_id: Id
    about: About
    from_at: AwareDatetime | None = None
    until_at: AwareDatetime | None = None


class HoursIn(Strict):
    """Weekly hours as in `PersonOut`."""

    hours: Annotated[list[list[int]], Field(max_length=70)] | None


@router.get(
    "/facilities/{facility_id}/trainings",
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def show_trainings(
    facility_id: Id, _principal: LabOperatorDep, session: ReaderDep, clock: ClockDep
) -> TrainingsOut:
    """Who may run what, to the lab's operators and stewards."""
    facility_of(session, facility_id)
    now = clock.now()
    hours = training.person_hours(session, [facility_id])
    return TrainingsOut(
        needs=[_need_out(row) for row in training.needs(session, [facility_id])],
        trainings=[
            _training_out(row)
            for row in training.trainings(session, [facility_id], now=now)
        ],
        over=[
            _training_out(row)
            for row in training.trainings_over(session, facility_id, now=now)
        ],
        people=[
            PersonOut(
                agent_id=one.id, name=one.name, hours=hours.get((facility_id, one.id))
            )
            for one in agents_with_role(session, "operator", facility_id=facility_id)
        ],
    )


@router.post("/facilities/{facility_id}/training-needs", responses=CHANGES)
def change_need(
    *,
    facility_id: Id,
    asked: NeedIn,
    principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Told:
    """Only trained people run it from now on, or anybody again."""
    now = clock.now()
    change = training.state_need if asked.is_needed else training.end_need
    changed = change(session, facility_id, asked.about, by=principal.agent_id, now=now)
    return told_of_lab(
        request, session, facility_id, OTHER_TRAININGS, now, changed=changed
    )


@router.post("/facilities/{facility_id}/trainings", status_code=201, responses=CHANGES)
def grant(
    *,
    facility_id: Id,
    asked: TrainingIn,
    principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> TrainingOut:
    """The person may run it in that time."""
    now = clock.now()
    row = training.grant_training(
        session,
        facility_id,
        asked.agent_id,
        asked.about,
        from_at=asked.from_at or now,
        until_at=asked.until_at,
        by=principal.agent_id,
        now=now,
    )
    told_of_lab(request, session, facility_id, OTHER_TRAININGS, now)
    return _training_out(row)


@router.post(
    "/facilities/{facility_id}/trainings/{number}/withdraw",
    responses=refusals(NotSignedInError, NotAllowedError, NotFoundError),
)
def withdraw(
    *,
    facility_id: Id,
    number: RowId,
    principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Told:
    """The person may no longer run it."""
    now, by = clock.now(), principal.agent_id
    changed = training.withdraw_training(session, facility_id, number, by=by, now=now)
    return told_of_lab(
        request, session, facility_id, OTHER_TRAININGS, now, changed=changed
    )


@router.put("/facilities/{facility_id}/people/{agent_id}/hours", responses=CHANGES)
def set_hours(
    *,
    facility_id: Id,
    agent_id: Id,
    asked: HoursIn,
    _principal: LabOperatorDep,
    request: Request,
    session: SessionDep,
    clock: ClockDep,
) -> Told:
    """When the person is there, week by week; None: whenever the lab is open."""
    changed = training.set_person_hours(session, facility_id, agent_id, asked.hours)
    return told_of_lab(
        request, session, facility_id, OTHER_TRAININGS, clock.now(), changed=changed
    )


def _need_out(row: TrainingNeedRow) -> NeedOut:
    return NeedOut(about=row.about, stated_at=row.stated_at, stated_by=row.stated_by)


def _training_out(row: TrainingRow) -> TrainingOut:
    return TrainingOut.model_validate(row, from_attributes=True)
