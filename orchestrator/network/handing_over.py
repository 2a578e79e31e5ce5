"""A lab comes into other hands: offered, and theirs once they accept; nothing before.

Its owner offers it, or two stewards do where the owner is gone. Owner and receiver may
each say no until then; what was earned under the one stays the one's.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.ids import new_id
from orchestrator.ledger.desk import Desk
from orchestrator.members.agents import agent_of, grant_role, is_steward, withdraw_role
from orchestrator.members.devices import hand_over_devices
from orchestrator.members.logins import can_sign_in
from orchestrator.network.facilities import facility_of
from orchestrator.network.rows import FacilityRow, LabOfferRow

# An owner who can sign in has so long to say that they are not gone.
OBJECT: Final = timedelta(days=14)


def offer_lab(
    session: Session, desk: Desk, facility_id: str, to_id: str, *, stays: bool = False
) -> LabOfferRow:
    """Its owner offers it; or a steward does, and another one has to confirm.

    The same twice is once. `stays`: the owner goes on working there afterwards.
    Errors: NotFoundError; NotAllowedError for anybody else, and for a steward who would
    receive it; InvalidInputError for who owns it already or cannot sign in;
    ConflictError while another offer of it stands.
    """
    lab = facility_of(session, facility_id, hold=True)
    is_owner = lab.owner_id == desk.agent_id
    if not is_owner:
        _check_steward(session, desk, to_id)
    name = agent_of(session, to_id).name
    if to_id == lab.owner_id:
        raise InvalidInputError(f"{lab.name} is {name}'s already", field="to_id")
    if not can_sign_in(session, to_id):
        raise InvalidInputError(
            f"nobody signs in as {name}, so nobody could accept", field="to_id"
        )
    standing = offer_of(session, facility_id)
    if standing is not None:
        if (standing.to_id, standing.offered_by) == (to_id, desk.agent_id):
            return standing
        raise ConflictError(f"{lab.name} is offered already: take that back first")
    row = LabOfferRow(
        id=new_id("laboffer"),
        facility_id=facility_id,
        from_id=lab.owner_id,
        to_id=to_id,
        offered_at=desk.now,
        offered_by=desk.agent_id,
        stays=stays and is_owner,
        open_at=desk.now if is_owner else None,
        is_taken=False,
    )
    session.add(row)
    session.flush()
    _note(session, desk, "lab-offered" if is_owner else "lab-offer-proposed", row)
    return row


def confirm_offer(session: Session, desk: Desk, offer_id: str) -> LabOfferRow:
    """The second steward's key; twice is once.

    An owner who can sign in may say no for `OBJECT` before anybody can accept.
    Errors: NotFoundError; NotAllowedError for no steward, for the one who proposed it
    and for who would receive it; ConflictError when it is over.
    """
    row = _held(session, offer_id)
    _check_steward(session, desk, row.to_id)
    if row.open_at is not None:
        return row
    if row.offered_by == desk.agent_id:
        raise NotAllowedError("another steward confirms what one has proposed")
    _check_stands(row)
    is_there = can_sign_in(session, row.from_id)
    row.open_at = desk.now + (OBJECT if is_there else timedelta())
    row.second_id = desk.agent_id
    session.flush()
    _note(session, desk, "lab-offered", row)
    return row


def end_offer(session: Session, desk: Desk, offer_id: str) -> LabOfferRow:
    """Taken back by its owner or a steward of it, or not wanted; twice is once.

    Errors: NotFoundError, also for who has nothing to do with it; ConflictError when it
    is accepted.
    """
    row = _held(session, offer_id)
    _check_concerns(session, row, desk.agent_id)
    if row.is_taken:
        raise ConflictError("this was accepted: whose lab it is now can offer it back")
    if row.ended_at is None:
        row.ended_at, row.ended_by = desk.now, desk.agent_id
        session.flush()
        _note(session, desk, "lab-offer-ended", row)
    return row


def accept_lab(session: Session, desk: Desk, offer_id: str) -> LabOfferRow:
    """It is theirs from now on, with its devices; twice is once.

    They work there from now on; who gave it no more, unless that was said. What a
    machine was sent before counts for who owned it then, as does all that was earned.
    Errors: NotFoundError, also for anybody else's; ConflictError when it is over, waits
    for a second steward or for the owner to say no.
    """
    row = _held(session, offer_id)
    if row.to_id != desk.agent_id:
        raise NotFoundError(f"you are offered no lab by {offer_id[:64]!r}")
    if row.is_taken:
        return row
    _check_stands(row)
    if row.open_at is None:
        raise ConflictError("a second steward has to confirm this first")
    if desk.now < row.open_at:
        raise ConflictError(
            f"its owner may say no until {row.open_at:%Y-%m-%d %H:%M} UTC"
        )
    lab = facility_of(session, row.facility_id, hold=True)
    lab.owner_id = row.to_id
    hand_over_devices(session, lab.id, from_id=row.from_id, to_id=row.to_id)
    grant_role(session, row.to_id, "operator", now=desk.now, facility_id=lab.id)
    if not row.stays:
        withdraw_role(session, row.from_id, "operator", facility_id=lab.id)
    row.is_taken, row.ended_at, row.ended_by = True, desk.now, row.to_id
    session.flush()
    _note(session, desk, "lab-handed-over", row)
    announce(session, f"lab/{lab.id}", "map")
    return row


def offer_of(session: Session, facility_id: str) -> LabOfferRow | None:
    """The offer of this lab that stands."""
    return session.scalar(
        select(LabOfferRow).where(
            LabOfferRow.facility_id == facility_id, LabOfferRow.ended_at.is_(None)
        )
    )


def offers_to(
    session: Session, agent_id: str
) -> Sequence[tuple[LabOfferRow, FacilityRow]]:
    """What is offered to this member or, by stewards, of hers; the oldest first."""
    rows = session.execute(
        select(LabOfferRow, FacilityRow)
        .join(FacilityRow, FacilityRow.id == LabOfferRow.facility_id)
        .where(
            LabOfferRow.ended_at.is_(None),
            LabOfferRow.open_at.is_not(None),
            or_(
                LabOfferRow.to_id == agent_id,
                (LabOfferRow.from_id == agent_id)
                & (LabOfferRow.offered_by != agent_id),
            ),
        )
        .order_by(LabOfferRow.offered_at, LabOfferRow.id)
    )
    return [(offer, lab) for offer, lab in rows]


def offers_to_confirm(
    session: Session,
) -> Sequence[tuple[LabOfferRow, FacilityRow]]:
    """What waits for a second steward, the oldest first."""
    rows = session.execute(
        select(LabOfferRow, FacilityRow)
        .join(FacilityRow, FacilityRow.id == LabOfferRow.facility_id)
        .where(LabOfferRow.ended_at.is_(None), LabOfferRow.open_at.is_(None))
        .order_by(LabOfferRow.offered_at, LabOfferRow.id)
    )
    return [(offer, lab) for offer, lab in rows]


def owner_at(session: Session, lab: FacilityRow, at: datetime) -> str:
    """Whose lab it was at that time."""
    later = (
        select(LabOfferRow.from_id)
        .where(
            LabOfferRow.facility_id == lab.id,
            LabOfferRow.is_taken,
            LabOfferRow.ended_at > at,
        )
        .order_by(LabOfferRow.ended_at)
        .limit(1)
    )
    return session.scalar(later) or lab.owner_id


def may_offer(session: Session, lab: FacilityRow, agent_id: str) -> bool:
    """Whether this is its owner or a steward."""
    return lab.owner_id == agent_id or is_steward(session, agent_id)


def _held(session: Session, offer_id: str) -> LabOfferRow:
    row = session.get(
        LabOfferRow, offer_id, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise NotFoundError(f"there is no offer {offer_id[:64]!r}")
    return row


def _check_steward(session: Session, desk: Desk, to_id: str) -> None:
    if not is_steward(session, desk.agent_id):
        raise NotAllowedError("only its owner offers a lab, or two stewards")
    if desk.agent_id == to_id:
        raise NotAllowedError("other stewards offer a lab to a steward")


def _check_concerns(session: Session, row: LabOfferRow, agent_id: str) -> None:
    by_stewards = row.offered_by != row.from_id
    if agent_id in {row.from_id, row.to_id} or (
        by_stewards and is_steward(session, agent_id)
    ):
        return
    raise NotFoundError(f"you have nothing to do with the offer {row.id}")


def _check_stands(row: LabOfferRow) -> None:
    if row.ended_at is not None:
        raise ConflictError("this offer was taken back or not wanted")


def _note(session: Session, desk: Desk, act: str, row: LabOfferRow) -> None:
    is_offered = act == "lab-offered"
    desk.note(
        session,
        act,
        row.id,
        subject=row.facility_id,
        told={"offer": row.id, "owner": row.from_id, "receiver": row.to_id},
        actor=row.offered_by if is_offered else None,
        second=row.second_id if is_offered else None,
    )
