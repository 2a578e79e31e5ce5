"""What a device signed for a job, checked against what the job can have been."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.dispatch.errors import ForeignFactError, ImplausibleFactError
from orchestrator.dispatch.facts import JobHappened
from orchestrator.dispatch.held import Held
from orchestrator.ledger.append import Signed, append
from orchestrator.ledger.events import EconomicEvent, event_of
from orchestrator.ledger.rows import EntryRow
from orchestrator.members.rows import SigningKeyRow

ENDS: Final = ("completed", "failed", "interrupted", "cancelled", "unknown")
CLOCK_SLACK: Final = timedelta(minutes=10)
MICRO: Final = Decimal("0.000001")  # what rounding to six places may add
MATERIAL_FACTOR_MAX: Final = 3  # purge, skirt, a false start; beyond it a person asks


class Told(NamedTuple):
    """So much of an action was told already."""

    id: str
    action: str
    quantity: str


def enter(session: Session, fact: JobHappened, held: Held, *, now: datetime) -> None:
    """Append every contribution to the log; copies change nothing.

    Errors: ForeignFactError, ImplausibleFactError, and those of `ledger.append`.
    """
    if not fact.contributions:
        return
    told = _told_of(session, held.job.id)
    for contributed in fact.contributions:
        event = event_of(contributed.body)
        _check_whose(session, contributed, event, fact, held)
        others = [one for name, one in told.items() if name != event.id]
        _check_first(event, held, others)
        _check_how_much(event, fact, held, now - _used_before(event, others))
        told[event.id] = Told(event.id, event.action, event.quantity)
    append(session, fact.contributions, recorded_at=now)


def _check_whose(
    session: Session,
    contributed: Signed,
    event: EconomicEvent,
    fact: JobHappened,
    held: Held,
) -> None:
    key = session.get(SigningKeyRow, contributed.key_id)
    if key is None or key.device_id != fact.device_id:
        raise ForeignFactError(
            f"event {event.id} is signed by {contributed.key_id}, "
            f"which is no key of device {fact.device_id}"
        )
    if (event.job_id, event.order_id) != (held.job.id, held.order.id):
        raise ForeignFactError(
            f"event {event.id} belongs to job {event.job_id}, not to {held.job.id}"
        )
    credit = held.job.credit
    owner, maker = credit["owner_id"], credit["maker_id"]
    entitled = {"use": owner, "consume": owner, "work": maker, "produce": maker}
    if event.provider != entitled.get(event.action):
        raise ForeignFactError(
            f"event {event.id} credits {event.provider} with {event.action}, "
            "which was not their part in the job"
        )
    named = {"use": held.job.machine_id, "produce": credit["design_version_id"]}
    if event.resource != named.get(event.action, event.resource):
        raise ForeignFactError(
            f"event {event.id} names {event.resource}, which job {held.job.id} "
            f"has no {event.action} of"
        )
    if event.receiver != credit["receiver_id"] or event.corrects is not None:
        raise ForeignFactError(f"event {event.id} is not for the shop of this order")


def _check_how_much(
    event: EconomicEvent, fact: JobHappened, held: Held, now: datetime
) -> None:
    """At an end only; and what nobody saw made is nobody's work."""
    job, credit = held.job, held.job.credit
    most: dict[str, Decimal] = {}
    if fact.event in ENDS:
        most["use"] = _hours(now - (job.started_at or job.sent_at) + CLOCK_SLACK)
    if fact.event == "completed":
        good = held.task.pieces if fact.pieces_good is None else fact.pieces_good
        most["work"] = Decimal(credit["labour_s"]) / 3_600 + MICRO
        most["consume"] = Decimal(str(credit["material_g"])) * MATERIAL_FACTOR_MAX
        most["produce"] = Decimal(min(good, held.task.pieces))
    if not 0 <= event.amount <= most.get(event.action, -1):
        raise ImplausibleFactError(
            f"event {event.id} claims {event.action} {event.quantity} {event.unit}; "
            f"job {job.id} is told {fact.event} and can have "
            f"{most.get(event.action, 0):.3f} at most"
        )


def _told_of(session: Session, job_id: str) -> dict[str, Told]:
    """What stands in the log of the job, by the event's id."""
    columns = (EntryRow.id, EntryRow.action, EntryRow.quantity)
    rows = session.execute(select(*columns).where(EntryRow.job_id == job_id))
    return {row.id: Told(*row) for row in rows}


def _check_first(event: EconomicEvent, held: Held, others: Sequence[Told]) -> None:
    """Of each kind one event a job, or the bounds above would bound nothing.

    But for machine time: a job that went on after an interruption has several of
    them, and together they are bounded by the time that has passed.
    """
    if event.action == "use" and held.job.told_at is not None:
        return
    for other in others:
        if other.action == event.action:
            raise ImplausibleFactError(
                f"event {event.id} claims {event.action} of job {event.job_id} again, "
                f"after {other.id}"
            )


def _used_before(event: EconomicEvent, others: Sequence[Told]) -> timedelta:
    """Machine time of the job that was told by other events."""
    if event.action != "use":
        return timedelta()
    used = (float(one.quantity) for one in others if one.action == "use")
    return timedelta(hours=sum(used))


def _hours(duration: timedelta) -> Decimal:
    return Decimal(duration.total_seconds()) / 3_600
