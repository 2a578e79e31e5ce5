"""What nobody tells is found here: commands that died, machines that fell silent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from orchestrator.dispatch.endings import Outcome, end, give_away
from orchestrator.dispatch.held import SILENT, hold
from orchestrator.dispatch.made import finish_if_made
from orchestrator.dispatch.outgoing import put_cancel
from orchestrator.dispatch.rows import JobRow
from orchestrator.dispatch.send import revoke_cancelled
from orchestrator.dispatch.tempo import TEMPO, Tempo
from orchestrator.dispatch.witness import Witness
from orchestrator.foundation.clock import Clock, stamp
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.signing import SigningKey
from orchestrator.network.alarms import raise_alarm
from orchestrator.network.rows import AlarmRow, DeviceLifeRow, MachineRow
from orchestrator.orders import life
from orchestrator.orders.parts import hold_order
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.turn import take_turn
from orchestrator.planning.wishes import wish

OVERDUE: Final = "order-overdue"
NOT_BEGUN: Final = ("sent", "accepted", "armed")
BEGUN: Final = ("running", "paused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """How many of each were found and set right."""

    expired: int
    silent: int
    lost: int
    revoked: int
    made: int
    overdue: int


def recover(
    sessions: Sessions, clock: Clock, network_key: SigningKey, tempo: Tempo = TEMPO
) -> Recovered:
    """Set right what no fact will; at start and every so often. Each in a transaction."""

    def each(
        find: Callable[[Session, datetime, Tempo], Sequence[str]],
        mend: Callable[[Session, Witness, str], bool],
    ) -> int:
        with sessions() as session:
            found = find(session, clock.now(), tempo)
        mended = 0
        for name in found:
            with sessions.begin() as session:
                take_turn(session)
                witness = Witness(key=network_key, now=clock.now())
                mended += mend(session, witness, name)
        return mended

    with sessions.begin() as session:
        take_turn(session)
        revoked = revoke_cancelled(session, now=clock.now())
    return Recovered(
        expired=each(overdue, expire),
        silent=each(silent, note_silence),
        lost=each(lost, give_up_sight),
        revoked=revoked,
        made=each(lambda session, _now, _tempo: unfinished(session), finish),
        overdue=each(long_due, show_overdue),
    )


def overdue(session: Session, now: datetime, tempo: Tempo) -> Sequence[str]:
    """Jobs whose time to start is over, and of which no start was heard.

    A machine never starts a job after its `not_after`; but one that was armed when
    its computer fell silent may have started, so that one is waited for.
    """
    return session.scalars(
        select(JobRow.id)
        .outerjoin(DeviceLifeRow, DeviceLifeRow.device_id == JobRow.device_id)
        .where(
            JobRow.state.in_(NOT_BEGUN),
            JobRow.not_after < now - timedelta(seconds=tempo.grace_s),
            (JobRow.state != "armed") | DeviceLifeRow.online,
        )
        .order_by(JobRow.id)
    ).all()


def expire(session: Session, witness: Witness, job_id: str) -> bool:
    """The command is void; what it should make is planned again."""
    held = hold(session, job_id)
    if held.job.state not in NOT_BEGUN:
        return False
    put_cancel(session, held.job, now=witness.now)
    held.job.state, held.job.ended_at = "expired", witness.now
    held.job.code, held.job.text = "expired", "it was not started in time"
    give_away(session, witness, held, reason="the machine did not start it in time")
    return True


def silent(session: Session, now: datetime, tempo: Tempo) -> Sequence[str]:
    """Jobs under way whose computer has not been heard for a while."""
    return session.scalars(
        select(JobRow.id)
        .join(DeviceLifeRow, DeviceLifeRow.device_id == JobRow.device_id)
        .where(
            JobRow.state.in_((*BEGUN, "armed")),
            ~DeviceLifeRow.online,
            DeviceLifeRow.last_seen_at < now - timedelta(seconds=tempo.silent_s),
            JobRow.code.is_distinct_from(SILENT),
        )
        .order_by(JobRow.id)
    ).all()


def note_silence(session: Session, witness: Witness, job_id: str) -> bool:
    """Show it: how the job goes is not known until its computer is back."""
    held = hold(session, job_id)
    device = session.get(DeviceLifeRow, held.job.device_id)
    if held.job.state not in (*BEGUN, "armed") or device is None or device.online:
        return False
    text = (
        f"The lab's computer is silent since {stamp(device.last_seen_at)}: "
        "how the job goes is not known until it is back."
    )
    held.job.code, held.job.text = SILENT, text
    life.tell(session, held.order, SILENT, text, now=witness.now)
    text = f"a machine of order {held.order.number} is silent"
    wish(session, text, witness.now, about=held.job.machine_id)
    return True


def lost(session: Session, now: datetime, tempo: Tempo) -> Sequence[str]:
    """Jobs under way of which their own, living machine has long known nothing."""
    long_ago = now - timedelta(seconds=tempo.silent_s)
    return session.scalars(
        select(JobRow.id)
        .join(MachineRow, MachineRow.id == JobRow.machine_id)
        .join(DeviceLifeRow, DeviceLifeRow.device_id == JobRow.device_id)
        .where(
            JobRow.state.in_(BEGUN),
            DeviceLifeRow.online,
            MachineRow.state == "idle",
            MachineRow.job_id.is_(None),
            MachineRow.state_at > JobRow.started_at,
            JobRow.started_at < long_ago,
            MachineRow.since_at < long_ago,
        )
        .order_by(JobRow.id)
    ).all()


def give_up_sight(session: Session, witness: Witness, job_id: str) -> bool:
    """The machine is idle and nobody told how the job ended: a person must look."""
    held = hold(session, job_id)
    if held.job.state not in BEGUN:
        return False
    outcome = Outcome(
        ending="unknown",
        at=witness.now,
        code="lost",
        text="the machine is idle, and nobody told how the job ended",
    )
    return end(session, witness, held, outcome)


def unfinished(session: Session) -> Sequence[str]:
    """Orders in the making; made ones among them are seldom, but must not wait."""
    return session.scalars(
        select(OrderRow.id).where(OrderRow.state == "making").order_by(OrderRow.id)
    ).all()


def finish(session: Session, witness: Witness, order_id: str) -> bool:
    """Say that it is made, when it is."""
    order = hold_order(session, order_id)
    return order is not None and finish_if_made(session, witness, order, at=witness.now)


def long_due(session: Session, now: datetime, tempo: Tempo) -> Sequence[str]:
    """Open orders whose promise is long past, and of which no steward was told."""
    told = exists().where(AlarmRow.code == OVERDUE, AlarmRow.subject == OrderRow.id)
    return session.scalars(
        select(OrderRow.id)
        .where(
            OrderRow.state.in_(life.OPEN),
            OrderRow.promised_to_at < now - timedelta(seconds=tempo.overdue_s),
            ~told,
        )
        .order_by(OrderRow.id)
    ).all()


def show_overdue(session: Session, witness: Witness, order_id: str) -> bool:
    """Whatever keeps it: a steward can have it made anew, or end it."""
    order = hold_order(session, order_id)
    if order is None or order.state not in life.OPEN:
        return False
    text = (
        f"order {order.number} was promised for {stamp(order.promised_to_at)} and is "
        f"{life.WORDS[order.state]}: {order.reason_text or 'nobody gave a reason'}"
    )
    raise_alarm(session, code=OVERDUE, subject=order.id, text=text, now=witness.now)
    return True
