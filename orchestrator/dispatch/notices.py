"""What people are to be told by mail, if they want it: found in rows, told once.

Nothing here is triggered: what stands in the rows is looked at again and again, and each
thing has one key, so that a crash forgets nothing and tells nothing twice.
"""

import base64
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from orchestrator.dispatch.rows import JobRow
from orchestrator.foundation import outbox
from orchestrator.foundation.signing import SigningKey
from orchestrator.members import attestations
from orchestrator.members.agents import agents_with_role
from orchestrator.members.consent import has_consented
from orchestrator.network.machines import WAITS
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.orders import duties
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.rows import TaskRow

Event = Literal["to-accept", "needs-you", "hand-over", "attestation-ends", "duty-due"]
EVENTS: Final[tuple[Event, ...]] = get_args(Event)
MAIL: Final = "mail"  # destination in the outbox
NEW_FOR: Final = timedelta(hours=1)  # what is older is no news any more
REMINDED_FOR: Final = timedelta(days=1)  # a node may have been away for a night
NOT_AFTER: Final = timedelta(hours=6)
STOPPED: Final = ("failed", "interrupted")
HANDS: Final[Mapping[str, str]] = {
    "alarm": "{machine} is in alarm.",
    "unknown": "Nobody saw how the job on {machine} ended. Look at it.",
    "needs-clearing": "{machine} is done. Take the pieces out.",
    "paused": "{machine} stands still in mid-job and waits for somebody.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that people are told. `key`: it is one; `path`: of the page about it."""

    key: str
    event: Event
    facility_id: str  # "": it is about one person, not a lab
    since_at: datetime
    title: str
    text: str
    path: str


def purpose(event: Event) -> str:
    """Of the consent that a person gives for this event by mail."""
    return f"notice-mail-{event}"


def put_notices(session: Session, *, now: datetime) -> int:
    """Put what is new into the outbox, to each who wants it; how many. Caller commits."""
    put = 0
    for notice in news(session, now=now):
        for agent in agents_with_role(
            session, "operator", facility_id=notice.facility_id
        ):
            if has_consented(session, agent.id, purpose(notice.event)):
                put += _put(session, notice, agent.id, now)
    for agent_id, notice in _reminders(session, now):
        if has_consented(session, agent_id, purpose(notice.event)):
            put += _put(session, notice, agent_id, now)
    return put


def news(session: Session, *, now: datetime) -> list[Notice]:
    """All that began within the last hour and still stands."""
    labs = {row.id: row.name for row in session.scalars(select(FacilityRow))}
    since = now - NEW_FOR
    found = [
        *_jobs(session, labs, since),
        *_machines(session, labs, since),
        *_orders(session, labs, since),
    ]
    return sorted(found, key=lambda one: (one.since_at, one.key))


def stop_token(key: SigningKey, agent_id: str) -> str:
    """What a mail's link carries: good for ending this person's mails, nothing else."""
    signed = key.sign(f"stop notices of {agent_id}".encode())
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")


def is_stop_token(key: SigningKey, agent_id: str, token: str) -> bool:
    """Whether the token is this person's."""
    return hmac.compare_digest(stop_token(key, agent_id).encode(), token.encode())


def _put(session: Session, notice: Notice, agent_id: str, now: datetime) -> int:
    key = f"notice-{MAIL}-{notice.key}-{agent_id}"
    known = select(outbox.OutboxRow.id).where(outbox.OutboxRow.message_key == key)
    if session.scalar(known) is not None:
        return 0
    told = asdict(notice) | {"since_at": notice.since_at.isoformat()}
    outbox.put(
        session,
        message_key=key,
        destination=MAIL,
        topic=agent_id,
        payload=told,
        order_key=agent_id,
        now=now,
        not_after=now + NOT_AFTER,
    )
    return 1


def _reminders(session: Session, now: datetime) -> Iterator[tuple[str, Notice]]:
    """Of what ends or is due before long, to whom it concerns."""
    for row, before in attestations.reminders(
        session, since=now - REMINDED_FOR, now=now
    ):
        yield (
            row.agent_id,
            Notice(
                key=f"{row.id}-{before.days}",
                event="attestation-ends",
                facility_id="",
                since_at=row.valid_until - before,
                title=f"An attestation ends in {before.days} days",
                text=f"What {row.issuer} attested is good until "
                f"{row.valid_until:%Y-%m-%d}. Renew it, or some licences will refuse "
                "your orders from then on.",
                path="/licences/attestations",
            ),
        )
    for duty, before in duties.reminders(session, since=now - REMINDED_FOR, now=now):
        yield (
            duty.agent_id,
            Notice(
                key=f"{duty.id}-{before.days}",
                event="duty-due",
                facility_id="",
                since_at=duty.due_at - before,
                title=f"A duty is due in {before.days} days"
                if before
                else "A duty is due",
                text=f"{duty.text} Then say where it can be seen.",
                path="/licences/duties",
            ),
        )


def _jobs(
    session: Session, labs: Mapping[str, str], since: datetime
) -> Iterator[Notice]:
    rows = session.execute(
        select(JobRow, MachineRow, OrderRow.number)
        .join(MachineRow, MachineRow.id == JobRow.machine_id)
        .join(TaskRow, TaskRow.id == JobRow.id)
        .join(OrderRow, OrderRow.id == TaskRow.order_id)
        .where(
            (JobRow.state == "accepted") & (JobRow.accepted_at >= since)
            | JobRow.state.in_(STOPPED)
            & JobRow.started_at.is_not(None)
            & (JobRow.ended_at >= since)
        )
    )
    for job, machine, number in rows:
        board = f"/labs/{machine.facility_id}"
        lab = labs[machine.facility_id]
        if job.state == "accepted":
            yield Notice(
                key=f"accept-{job.id}-{job.fence}",
                event="to-accept",
                facility_id=machine.facility_id,
                since_at=job.accepted_at or job.sent_at,
                title=f"{machine.name} waits for your start",
                text=f"A job of order {number} waits at {machine.name} in {lab}. "
                "Clear the bed and start it at the machine.",
                path=board,
            )
            continue
        why = f" It says: {job.text}" if job.text else ""
        yield Notice(
            key=f"stopped-{job.id}-{job.fence}",
            event="needs-you",
            facility_id=machine.facility_id,
            since_at=job.ended_at or job.sent_at,
            title=f"{machine.name} stopped before its job was done",
            text=f"The job of order {number} on {machine.name} in {lab} ended too "
            f"soon: {job.state}.{why} Look at the machine; the job is planned again.",
            path=board,
        )


def _machines(
    session: Session, labs: Mapping[str, str], since: datetime
) -> Iterator[Notice]:
    told_already = exists().where(  # that its job stopped, and what to do
        JobRow.id == MachineRow.job_id,
        JobRow.state.in_(STOPPED),
        MachineRow.state == "needs-clearing",
    )
    rows = session.scalars(
        select(MachineRow).where(
            MachineRow.state.in_(list(HANDS)),
            (MachineRow.state != "paused") | MachineRow.text.contains(WAITS),
            MachineRow.withdrawn_at.is_(None),
            MachineRow.since_at >= since,
            ~told_already,
        )
    )
    for machine in rows:
        words = HANDS[machine.state].format(machine=machine.name)
        why = f" It says: {machine.text}" if machine.text else ""
        yield Notice(
            key=f"hands-{machine.id}-{machine.state}-{machine.since_at:%Y%m%dT%H%M%S}",
            event="needs-you",
            facility_id=machine.facility_id,
            since_at=machine.since_at,
            title=f"{machine.name} needs you",
            text=f"{labs[machine.facility_id]}: {words}{why}",
            path=f"/labs/{machine.facility_id}",
        )


def _orders(
    session: Session, labs: Mapping[str, str], since: datetime
) -> Iterator[Notice]:
    rows = session.scalars(
        select(OrderRow).where(
            OrderRow.state == "made",
            OrderRow.made_at >= since,
            OrderRow.facility_id.is_not(None),
        )
    )
    for order in rows:
        lab = order.facility_id or ""
        yield Notice(
            key=f"made-{order.id}",
            event="hand-over",
            facility_id=lab,
            since_at=order.made_at or order.placed_at,
            title=f"Order {order.number} waits for its courier",
            text=f"Order {order.number} is made in {labs[lab]}. Lay it ready: a courier "
            "comes for it. The board shows the code to say.",
            path=f"/labs/{lab}",
        )
