"""Who may run which machines of a lab, from when until when, and when they are there."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.members.agents import agents_with_role
from orchestrator.network.facilities import facility_of
from orchestrator.network.machines import machines
from orchestrator.network.opening import checked_opening
from orchestrator.network.rows import (
    PersonHoursRow,
    TrainingNeedRow,
    TrainingRow,
)

HISTORY_MAX: Final = 50

type Hours = Mapping[tuple[str, str], list[list[int]]]  # by lab and person


def needs(session: Session, facility_ids: Collection[str]) -> list[TrainingNeedRow]:
    """What of these labs only trained people run, now."""
    return list(
        session.scalars(
            select(TrainingNeedRow)
            .where(
                TrainingNeedRow.facility_id.in_(facility_ids),
                TrainingNeedRow.ended_at.is_(None),
            )
            .order_by(TrainingNeedRow.number)
        )
    )


def trainings(
    session: Session, facility_ids: Collection[str], *, now: datetime
) -> list[TrainingRow]:
    """Trainings that hold now or will, of people who work in that lab."""
    found = session.scalars(
        select(TrainingRow)
        .where(
            TrainingRow.facility_id.in_(facility_ids),
            TrainingRow.withdrawn_at.is_(None),
            TrainingRow.until_at.is_(None) | (TrainingRow.until_at > now),
        )
        .order_by(TrainingRow.number)
    ).all()
    staff = {
        lab: {one.id for one in agents_with_role(session, "operator", facility_id=lab)}
        for lab in {row.facility_id for row in found}
    }
    return [row for row in found if row.agent_id in staff[row.facility_id]]


def trainings_over(
    session: Session, facility_id: str, *, now: datetime
) -> Sequence[TrainingRow]:
    """Those of the lab that were withdrawn or lapsed, the newest first."""
    return session.scalars(
        select(TrainingRow)
        .where(
            TrainingRow.facility_id == facility_id,
            TrainingRow.withdrawn_at.is_not(None) | (TrainingRow.until_at <= now),
        )
        .order_by(TrainingRow.number.desc())
        .limit(HISTORY_MAX)
    ).all()


def person_hours(session: Session, facility_ids: Collection[str]) -> Hours:
    """The weekly hours of people who are not there whenever their lab is open."""
    rows = session.scalars(
        select(PersonHoursRow).where(PersonHoursRow.facility_id.in_(facility_ids))
    )
    return {(row.facility_id, row.agent_id): row.opening for row in rows}


def state_need(
    session: Session, facility_id: str, about: str, *, by: str, now: datetime
) -> bool:
    """From now on only trained people run it; False where that holds already.

    Errors: NotFoundError; InvalidInputError for what the lab does not have.
    """
    facility_of(session, facility_id, hold=True)
    _check_about(session, facility_id, about)
    if any(row.about == about for row in needs(session, [facility_id])):
        return False
    session.add(
        TrainingNeedRow(
            facility_id=facility_id,
            about=about,
            stated_at=now,
            stated_by=by,
            ended_at=None,
            ended_by=None,
        )
    )
    _tell(session, facility_id)
    return True


def end_need(
    session: Session, facility_id: str, about: str, *, by: str, now: datetime
) -> bool:
    """Anybody who works there may run it again; False where that held already."""
    facility_of(session, facility_id, hold=True)
    own = [row for row in needs(session, [facility_id]) if row.about == about]
    for row in own:
        row.ended_at, row.ended_by = now, by
    _tell(session, facility_id)
    return bool(own)


def grant_training(
    session: Session,
    facility_id: str,
    agent_id: str,
    about: str,
    *,
    from_at: datetime,
    until_at: datetime | None,
    by: str,
    now: datetime,
) -> TrainingRow:
    """The person may run it in that time.

    Errors: NotFoundError; InvalidInputError for somebody who does not work there, for
    what the lab does not have, and for a time that ends before it begins or is over.
    """
    facility_of(session, facility_id, hold=True)
    _check_about(session, facility_id, about)
    _check_person(session, facility_id, agent_id)
    if until_at is not None and until_at <= max(from_at, now):
        raise InvalidInputError(
            "a training lasts until a time to come, after it begins", field="until_at"
        )
    row = TrainingRow(
        facility_id=facility_id,
        agent_id=agent_id,
        about=about,
        from_at=from_at,
        until_at=until_at,
        granted_by=by,
        withdrawn_at=None,
        withdrawn_by=None,
    )
    session.add(row)
    _tell(session, facility_id)
    return row


def withdraw_training(
    session: Session, facility_id: str, number: int, *, by: str, now: datetime
) -> bool:
    """The person may no longer run it; False if that was said already.

    Errors: NotFoundError.
    """
    facility_of(session, facility_id, hold=True)
    row = session.get(TrainingRow, number)
    if row is None or row.facility_id != facility_id:
        raise NotFoundError(f"there is no such training: {number}")
    if row.withdrawn_at is not None:
        return False
    row.withdrawn_at, row.withdrawn_by = now, by
    _tell(session, facility_id)
    return True


def set_person_hours(
    session: Session,
    facility_id: str,
    agent_id: str,
    opening: Sequence[Sequence[int]] | None,
) -> bool:
    """When the person is there, week by week; None: whenever the lab is open.

    Errors: NotFoundError; InvalidInputError.
    """
    facility_of(session, facility_id, hold=True)
    _check_person(session, facility_id, agent_id)
    row = session.get(PersonHoursRow, (facility_id, agent_id))
    checked = None if opening is None else checked_opening(opening)
    if (None if row is None else row.opening) == checked:
        return False
    if checked is None:
        session.delete(row)
    elif row is None:
        session.add(
            PersonHoursRow(facility_id=facility_id, agent_id=agent_id, opening=checked)
        )
    else:
        row.opening = checked
    _tell(session, facility_id)
    return True


def _check_about(session: Session, facility_id: str, about: str) -> None:
    known = machines(session, facility_id=facility_id, withdrawn=True)
    if about not in {name for one in known for name in (one.id, one.kind)}:
        raise InvalidInputError("this lab has no such machine", field="about")


def _check_person(session: Session, facility_id: str, agent_id: str) -> None:
    staff = agents_with_role(session, "operator", facility_id=facility_id)
    if agent_id not in {one.id for one in staff}:
        raise InvalidInputError("nobody of that name works here", field="agent_id")


def _tell(session: Session, facility_id: str) -> None:
    session.flush()
    announce(session, f"lab/{facility_id}")
