"""What was promised against what is kept: lost and doubled, counted by an independent hand.

Agents' own databases, boards' oracles and clients' notes are held against the server's
rows; none of the code that writes those rows is used here.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.dispatch.referee import Breach, Promised, breaches
from orchestrator.dispatch.rows import JobRow
from orchestrator.entry.demo.report import OVER
from orchestrator.foundation.inbox import InboxRow, waiting
from orchestrator.ledger.rows import EntryRow
from orchestrator.ledger.verify import verify
from orchestrator.network.rows import DeviceLifeRow, MachineRow
from orchestrator.orders.rows import OrderEventRow, OrderRow
from orchestrator.planning.rows import TaskRow
from tests.fault.people import People
from tests.fault.region import FaultRegion, RunningLab

SETTLE_WAIT_S = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Totals of a region so far; each line of `lost`, `doubled`, `broken` is a fault."""

    orders: int
    job_events: int
    entries: int
    jobs: int
    unknown: int  # jobs whose end a person had to tell
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)  # breaches and untruths


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one agent's own disk says."""

    device_id: str
    newest: int  # the last sequence number given
    untold: frozenset[int]
    refused: int
    outcome_of: dict[str, str | None]  # every job that ever came


def settle(people: People) -> None:
    """End the ordering, then wait until every order is over and every word is told."""
    people.calm.set()
    region = people.region
    region.wait("nobody orders", people.at_rest.is_set)
    region.wait(
        "all is over",
        lambda: not list(_open(region)),
        wait_s=SETTLE_WAIT_S,
        why_not=lambda: "\n".join([*_open(region), *_told_of_open(region)]),
    )


def tally(people: People, export: Path) -> Tally:
    """Count and judge a settled region. `export`: where a copy of the ledger goes."""
    region, noted = people.region, people.noted
    agents = [told_by(lab) for lab in region.labs]
    export.write_bytes(people.http.get("/api/v1/ledger/export").content)
    with region.store.readers() as session:
        credited = dict(_contributions(session))
        promised = Promised(
            orders=frozenset(noted.orders),
            acts=frozenset(noted.acts),
            events=frozenset(
                event for event, job in credited.items() if job not in noted.verdicts
            ),
            jobs=frozenset(job for told in agents for job in told.outcome_of),
        )
        found = breaches(session, promised=promised, settled=True)
        return Tally(
            orders=_count(session, OrderRow),
            job_events=sum(told.newest for told in agents),
            entries=_count(session, EntryRow),
            jobs=_count(session, JobRow),
            unknown=len(noted.verdicts),
            lost=[
                *(breach.text for breach in found if breach.invariant == "I1"),
                *(line for told in agents for line in _unheard(session, told)),
            ],
            doubled=[*_orders_twice(session, people), *_credited_twice(session)],
            broken=[
                *(_words(breach) for breach in found if breach.invariant != "I1"),
                *(line for told in agents for line in _assumed(session, told)),
                *(line for lab in region.labs for line in _run_twice(session, lab)),
                *_checkpoints(export, noted.checkpoints),
                *noted.surprises,
            ],
        )


def told_by(lab: RunningLab) -> Told:
    """Read an agent's database."""
    identity = json.loads((lab.home / "identity.json").read_text())
    database = sqlite3.connect(f"file:{lab.home / 'agent.db'}?mode=ro", uri=True)
    try:
        newest = database.execute(
            "select seq from sqlite_sequence where name = 'outbox'"
        ).fetchone()
        untold = database.execute("select sequence from outbox").fetchall()
        refused = database.execute("select count(*) from refused").fetchone()
        jobs = database.execute("select job_id, outcome from job").fetchall()
    finally:
        database.close()
    return Told(
        device_id=identity["device_id"],
        newest=newest[0] if newest else 0,
        untold=frozenset(row[0] for row in untold),
        refused=refused[0],
        outcome_of=dict(jobs),
    )


def _open(region: FaultRegion) -> Iterator[str]:
    """What is not over yet, in words."""
    with region.store.readers() as session:
        orders = session.execute(select(OrderRow.number, OrderRow.state)).all()
        yield from (
            f"order {one} is {state}" for one, state in orders if state not in OVER
        )
        if waiting(session):
            yield "the inbox is not empty"
        if session.scalar(
            select(EntryRow.id).where(EntryRow.position.is_(None)).limit(1)
        ):
            yield "an entry has no position"
        if session.scalar(select(JobRow.id).where(JobRow.state == "unknown").limit(1)):
            yield "a job waits for a person"
    for lab in region.labs:
        if told_by(lab).untold:
            yield f"{lab.lab.name} has more to tell"


def _told_of_open(region: FaultRegion) -> Iterator[str]:
    """What the region knows about orders that do not come to an end."""
    with region.store.readers() as session:
        for order in session.scalars(select(OrderRow)):
            if order.state in OVER:
                continue
            yield f"{order.number}: {order.reason_code} {order.reason_text}"
            events = select(OrderEventRow).where(OrderEventRow.order_id == order.id)
            yield from (
                f"  {row.at:%H:%M} {row.text}" for row in session.scalars(events)
            )
            tasks = select(TaskRow).where(TaskRow.order_id == order.id)
            for task in session.scalars(tasks):
                job = session.get(JobRow, task.id)
                yield f"  {task.id} {task.state} {task.start_at} {job and job.state}"
        for machine in session.scalars(select(MachineRow)):
            yield f"{machine.id} {machine.state} {machine.job_id}"
        for life in session.scalars(select(DeviceLifeRow)):
            yield f"{life.device_id} online {life.online}"
        latest = select(InboxRow).order_by(InboxRow.id.desc()).limit(40)
        for row in reversed(session.scalars(latest).all()):
            yield f"{row.received_at:%H:%M:%S} {row.state} {row.code} {row.body[:400]!r}"
        yield f"now {region.store.clock.now():%H:%M}"
    for lab in region.labs:
        yield f"{lab.state()}"


def _unheard(session: Session, told: Told) -> Iterator[str]:
    """Every number that an agent gave is stored once, and took effect."""
    rows = session.execute(
        select(InboxRow.sequence, InboxRow.state, InboxRow.code, InboxRow.reason).where(
            InboxRow.device_id == told.device_id, InboxRow.sequence.is_not(None)
        )
    ).all()
    heard = {sequence for sequence, *_ in rows}
    for sequence in range(1, told.newest + 1):
        if sequence not in heard:
            yield f"message {sequence} of {told.device_id} was forgotten unheard"
    for sequence, state, code, reason in rows:
        if state != "done":
            yield f"message {sequence} of {told.device_id} is {state}: {code} {reason}"
    if told.refused:
        yield f"{told.refused} messages of {told.device_id} were refused"


def _contributions(session: Session) -> Iterator[tuple[str, str]]:
    """Ids of the economic events in stored messages, each with its job."""
    for body in session.scalars(
        select(InboxRow.body).where(InboxRow.device_id.is_not(None))
    ):
        message: dict[str, Any] = json.loads(body)["body"]
        for signed in message.get("contributions", ()):
            yield json.loads(signed["body"])["id"], message["job_id"]


def _orders_twice(session: Session, people: People) -> Iterator[str]:
    """One order, be it of several parts, for each wish, also when an answer got lost."""
    wished = {one.order_id for one in people.placed if one.order_id is not None}
    rows = session.execute(select(OrderRow.id, OrderRow.part_of, OrderRow.number))
    for order_id, part_of, number in rows:
        if (part_of or order_id) not in wished:
            yield f"order {number} was placed, and nobody knows of it"


def _credited_twice(session: Session) -> Iterator[str]:
    seen = Counter(
        (row.job_id, row.action, row.unit, row.provider)
        for row in session.scalars(select(EntryRow).where(EntryRow.job_id.is_not(None)))
    )
    for key, count in seen.items():
        if count > 1:
            yield f"{key} is in the ledger {count} times"


def _assumed(session: Session, told: Told) -> Iterator[str]:
    """A job whose end its agent did not see is settled by a person's word or not at all."""
    for job_id, outcome in told.outcome_of.items():
        job = session.get(JobRow, job_id)
        if job is None or outcome != "unknown" or job.state == "unknown":
            continue
        if not {"verdict", "counted"} & set(job.evidence or {}):
            yield f"job {job_id} is {job.state}, which its agent did not see"


def _run_twice(session: Session, lab: RunningLab) -> Iterator[str]:
    """The boards' own truth: no program more than there were armed, started jobs."""
    for machine_id, programs in lab.programs_started().items():
        rows = session.scalars(
            select(JobRow).where(JobRow.machine_id.endswith(machine_id))
        ).all()
        started = [job for job in rows if job.started_at is not None]
        if programs > len(started):
            yield f"{machine_id} ran {programs} programs for {len(started)} starts"
        completed = sum(job.state == "completed" for job in started)
        if programs < completed - sum(
            "verdict" in (job.evidence or {}) for job in started
        ):
            yield f"{machine_id} ran {programs} programs, {completed} jobs completed"
        if any(job.armed_at is None for job in started):
            yield f"{machine_id} started a job that nobody armed"


def _checkpoints(export: Path, notes: list[str]) -> Iterator[str]:
    """The export is whole and holds every tree that was ever shown."""
    for note in (None, *notes):
        try:
            verify(export, checkpoint=note)
        except Exception as broken:  # noqa: BLE001 - whatever it is, it is the finding
            yield f"the ledger's copy does not hold a checkpoint: {broken}"


def _count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def _words(breach: Breach) -> str:
    return f"{breach.invariant}: {breach.text}"
