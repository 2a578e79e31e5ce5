"""Acts that one steward proposes and another confirms: who has their powers.

What else needs two is written so where it lies: the close of a period, a payout. Rules
need a vote.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.accounts.bills import hold
from orchestrator.commons.rows import TwoKeyActRow
from orchestrator.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from orchestrator.foundation.ids import derived_id, new_id
from orchestrator.foundation.signing import SigningKey
from orchestrator.ledger.acts import NETWORK, Act
from orchestrator.ledger.append import append_act
from orchestrator.ledger.desk import Desk
from orchestrator.members.agents import (
    Role,
    agent_of,
    agents_with_role,
    grant_role,
    is_steward,
    roles_of,
    withdraw_role,
)
from orchestrator.members.browser_sessions import close_all_sessions

STEWARDS_MIN: Final = 2  # fewer could never confirm anything again


def begin_stewards(
    session: Session, key: SigningKey, agent_id: str, *, now: datetime
) -> bool:
    """Whoever keeps the node names its first two stewards, told in the log; no more.

    False: there are two, and they name each further one.
    """
    hold(session, "stewards")
    if len(agents_with_role(session, "steward")) >= STEWARDS_MIN:
        return False
    grant_role(session, agent_id, "steward", now=now)
    append_act(
        session,
        Act(
            id=derived_id("act", "steward-named", agent_id, now.isoformat()),
            actor=NETWORK,
            act="steward-named",
            subject=agent_id,
            occurred_at=now,
        ),
        key=key,
        recorded_at=now,
    )
    return True


def propose(session: Session, desk: Desk, *, act: str, subject_id: str) -> TwoKeyActRow:
    """Ask for another steward's confirmation; what waits already is not asked twice.

    Errors: NotAllowedError (no steward), InvalidInputError (no such act), NotFoundError
    (nobody has this id), ConflictError where it would change nothing.
    """
    _check_steward(session, desk)
    _check(session, act, subject_id)
    for row in waiting(session):
        if (row.act, row.subject_id) == (act, subject_id):
            return row
    row = TwoKeyActRow(
        id=new_id("twokeys"),
        act=act,
        subject_id=subject_id,
        proposed_by=desk.agent_id,
        proposed_at=desk.now,
    )
    session.add(row)
    session.flush()
    _note(session, desk, f"{act}-proposed", row)
    return row


def confirm(session: Session, desk: Desk, row_id: str) -> TwoKeyActRow:
    """The second key: it is done now. Twice is once.

    Errors: NotAllowedError (no steward, or the one who proposed it), NotFoundError,
    ConflictError (withdrawn, would change nothing, or leave too few stewards).
    """
    _check_steward(session, desk)
    row = _held(session, row_id)
    if row.is_done:
        return row
    if row.ended_at is not None:
        raise ConflictError("this was withdrawn: propose it anew")
    if row.proposed_by == desk.agent_id:
        raise NotAllowedError("another steward confirms what one has proposed")
    _check(session, row.act, row.subject_id)
    _DOES[row.act](session, row.subject_id, desk.now)
    row.is_done, row.ended_by, row.ended_at = True, desk.agent_id, desk.now
    session.flush()
    _note(session, desk, row.act, row, actor=row.proposed_by, second=desk.agent_id)
    return row


def withdraw(session: Session, desk: Desk, row_id: str) -> TwoKeyActRow:
    """Any steward takes a proposal from the table; twice is once.

    Errors: NotAllowedError, NotFoundError, ConflictError for what is done.
    """
    _check_steward(session, desk)
    row = _held(session, row_id)
    if row.is_done:
        raise ConflictError("this is done: propose the contrary")
    if row.ended_at is None:
        row.ended_by, row.ended_at = desk.agent_id, desk.now
        session.flush()
        _note(session, desk, f"{row.act}-dropped", row)
    return row


def waiting(session: Session) -> Sequence[TwoKeyActRow]:
    """What waits for a second steward, oldest first."""
    return session.scalars(
        select(TwoKeyActRow)
        .where(TwoKeyActRow.ended_at.is_(None))
        .order_by(TwoKeyActRow.proposed_at, TwoKeyActRow.id)
    ).all()


def _grant(role: Role) -> Callable[[Session, str, datetime], None]:
    def does(session: Session, agent_id: str, now: datetime) -> None:
        grant_role(session, agent_id, role, now=now)

    return does


def _end(role: Role) -> Callable[[Session, str, datetime], None]:
    def does(session: Session, agent_id: str, now: datetime) -> None:
        withdraw_role(session, agent_id, role)
        close_all_sessions(session, agent_id, now=now)

    return does


_DOES: Final[Mapping[str, Callable[[Session, str, datetime], None]]] = {
    "steward-named": _grant("steward"),
    "steward-ended": _end("steward"),
    "observer-named": _grant("observer"),
    "observer-ended": _end("observer"),
}
ACTS: Final = tuple(_DOES)


def _check(session: Session, act: str, subject_id: str) -> None:
    if act not in _DOES:
        raise InvalidInputError(f"no act {act[:40]!r}: use {', '.join(ACTS)}")
    agent = agent_of(session, subject_id)
    role, _, what = act.partition("-")
    held = {one.role for one in roles_of(session, subject_id)}
    if (what == "named") == (role in held):
        state = f"is {role} already" if role in held else f"is no {role}"
        raise ConflictError(f"{agent.name} {state}")
    if what == "named" and {"steward", "observer"} & held:
        raise ConflictError(f"{agent.name} cannot be both steward and observer")
    stewards = len(agents_with_role(session, "steward"))
    if act == "steward-ended" and stewards <= STEWARDS_MIN:
        raise ConflictError(
            f"{STEWARDS_MIN} stewards must remain: name another one first"
        )


def _check_steward(session: Session, desk: Desk) -> None:
    if not is_steward(session, desk.agent_id):
        raise NotAllowedError("only stewards do this")


def _held(session: Session, row_id: str) -> TwoKeyActRow:
    hold(session, "stewards")  # two at once could leave too few of them
    row = session.get(TwoKeyActRow, row_id, populate_existing=True)
    if row is None:
        raise NotFoundError(f"there is no proposal {row_id[:64]}")
    return row


def _note(
    session: Session,
    desk: Desk,
    act: str,
    row: TwoKeyActRow,
    *,
    actor: str | None = None,
    second: str | None = None,
) -> None:
    desk.note(
        session,
        act,
        row.id,
        subject=row.subject_id,
        told={"proposal": row.id},
        actor=actor,
        second=second,
    )
