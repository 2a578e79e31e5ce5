"""The invariants I1 to I6 as questions to the database: asked after every fault.

It shares no code with those who write what it judges. Facts that are still on their
way may leave gaps; `settled=True` says that every fact has arrived.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import StepRow
from orchestrator.commons.points import credits_of_order
from orchestrator.commons.rulebook import rules_known
from orchestrator.commons.rules import VALUE_EQUATION, equation_at
from orchestrator.dispatch.rows import ActRow, JobRow
from orchestrator.ledger.append import leaf_of
from orchestrator.ledger.rows import EVENT, CheckpointRow, EntryRow
from orchestrator.network.rows import MachineRow
from orchestrator.orders.rows import OrderEventRow, OrderRow
from orchestrator.planning.rows import StopRow, TaskRow

AT_WORK = ("armed", "running", "paused")
HELD = ("sent", "accepted", *AT_WORK)
MILLI = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """An invariant that does not hold: which, and where."""

    invariant: str  # I1 … I6
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """Ids that somebody was told are kept: each must be there, once."""

    orders: frozenset[str] = field(default_factory=frozenset)
    acts: frozenset[str] = field(default_factory=frozenset)
    events: frozenset[str] = field(default_factory=frozenset)
    jobs: frozenset[str] = field(default_factory=frozenset)


def breaches(
    session: Session, *, promised: Promised | None = None, settled: bool = False
) -> list[Breach]:
    """Every breach of I1 to I6; an empty list means that all hold."""
    tasks = session.scalars(select(TaskRow).order_by(TaskRow.id)).all()
    jobs = session.scalars(select(JobRow).order_by(JobRow.id)).all()
    orders = session.scalars(select(OrderRow).order_by(OrderRow.id)).all()
    return [
        *_kept(session, promised or Promised()),
        *_made_once(tasks),
        *_one_job_a_machine(jobs, settled=settled),
        *_credits_conserve(session),
        *_credited_once(session),
        *_log_is_whole(session),
        *_slots_apart(tasks),
        *_stops_in_order(session, orders),
        *_states_have_evidence(session, orders, tasks, jobs),
        *_parts_come_first(session, orders, tasks),
    ]


def _kept(session: Session, promised: Promised) -> Iterator[Breach]:
    """I1: what was acknowledged exists."""
    for name, column, wanted in (
        ("order", OrderRow.id, promised.orders),
        ("act", ActRow.id, promised.acts),
        ("event", EntryRow.id, promised.events),
        ("job", JobRow.id, promised.jobs),
    ):
        there = set(session.scalars(select(column).where(column.in_(wanted))))
        for missing in sorted(wanted - there):
            yield Breach(invariant="I1", text=f"{name} {missing} was lost")


def _made_once(tasks: Sequence[TaskRow]) -> Iterator[Breach]:
    """I2: no run has more good pieces than it wanted, or two attempts under way."""
    for run, of_run in _by(tasks, lambda task: (task.order_id, task.step_id, task.run)):
        wanted = min(of_run, key=lambda task: task.attempt).pieces
        good = sum(task.pieces_good or 0 for task in of_run if task.state == "done")
        if good > wanted:
            yield Breach(
                invariant="I2", text=f"run {run} has {good} of {wanted} pieces"
            )
        at_machine = [
            task for task in of_run if task.state in {"sent", "armed", "running"}
        ]
        if len(at_machine) > 1:
            yield Breach(
                invariant="I2", text=f"run {run} is made {len(at_machine)} times"
            )


def _one_job_a_machine(jobs: Sequence[JobRow], *, settled: bool) -> Iterator[Breach]:
    """I2: a machine holds one job, works on one at a time, and never unarmed."""
    for machine, of_machine in _by(jobs, lambda job: job.machine_id):
        held = [job.id for job in of_machine if job.state in HELD]
        if len(held) > 1:
            yield Breach(invariant="I2", text=f"machine {machine} holds {held}")
    for job in jobs:
        if settled and job.started_at is not None and job.armed_at is None:
            yield Breach(
                invariant="I2", text=f"job {job.id} started and was never armed"
            )


def _credits_conserve(session: Session) -> Iterator[Breach]:
    """I3: the credits of each event add up to what it is worth."""
    if not rules_known(session, VALUE_EQUATION):
        return
    order_ids = session.scalars(
        select(EntryRow.order_id).where(EntryRow.order_id.is_not(None)).distinct()
    ).all()
    for order_id in order_ids:
        given: dict[str, int] = {}
        for credit in credits_of_order(session, order_id or ""):
            sum_so_far = given.get(credit.event_id, 0)
            given[credit.event_id] = sum_so_far + credit.milli_points
        for row in session.scalars(
            select(EntryRow).where(
                EntryRow.order_id == order_id,
                EntryRow.kind == EVENT,
                EntryRow.corrects.is_(None),
            )
        ):
            equation = equation_at(session, row.recorded_at)
            points = equation.rule_of[row.action, row.unit].points
            worth = Fraction(row.quantity) * points * MILLI
            if abs(given.get(row.id, 0) - worth) > Fraction(1, 2):
                text = f"event {row.id} is worth {worth}, gave {given.get(row.id, 0)}"
                yield Breach(invariant="I3", text=text)


def _credited_once(session: Session) -> Iterator[Breach]:
    """I3: no order cites its design twice, no job produces more than its pieces."""
    cited = select(EntryRow.order_id, func.count()).where(
        EntryRow.action == "cite", EntryRow.unit == "{piece}"
    )
    for order_id, count in session.execute(cited.group_by(EntryRow.order_id)):
        if count > 1:
            yield Breach(invariant="I3", text=f"order {order_id} cites {count} times")
    pieces = {task.id: task.pieces for task in session.scalars(select(TaskRow))}
    produced: dict[str, Fraction] = {}
    for row in session.scalars(select(EntryRow).where(EntryRow.action == "produce")):
        job_id = row.job_id or ""
        produced[job_id] = produced.get(job_id, Fraction(0)) + Fraction(row.quantity)
    for job_id, amount in produced.items():
        if amount > pieces.get(job_id, 0):
            yield Breach(invariant="I3", text=f"job {job_id} produced {amount} pieces")


def _log_is_whole(session: Session) -> Iterator[Breach]:
    """I4: entries are what was appended, and every checkpoint's root recomputes."""
    rows = session.scalars(
        select(EntryRow)
        .where(EntryRow.position.is_not(None))
        .order_by(EntryRow.position)
    ).all()
    leaves = [sha256(b"\x00" + leaf_of(row)).digest() for row in rows]
    for index, (row, leaf) in enumerate(zip(rows, leaves, strict=True)):
        if row.position != index:
            yield Breach(invariant="I4", text=f"position {index} is missing")
            return
        if leaf != row.leaf_hash:
            yield Breach(invariant="I4", text=f"entry {row.id} was changed")
    for checkpoint in session.scalars(select(CheckpointRow)):
        if checkpoint.size > len(leaves):
            yield Breach(
                invariant="I4", text=f"entries before {checkpoint.size} are lost"
            )
        elif _root(leaves[: checkpoint.size]) != checkpoint.root:
            yield Breach(
                invariant="I4", text=f"checkpoint {checkpoint.size} does not fit"
            )


def _slots_apart(tasks: Sequence[TaskRow]) -> Iterator[Breach]:
    """I5: no two planned slots of a machine overlap."""
    planned = [
        task
        for task in tasks
        if task.state == "planned" and task.start_at and task.end_at and task.machine_id
    ]
    for machine, of_machine in _by(planned, lambda task: task.machine_id):
        ordered = sorted(of_machine, key=lambda task: (task.start_at, task.end_at))
        for before, after in pairwise(ordered):
            if before.end_at and after.start_at and before.end_at > after.start_at:
                yield Breach(
                    invariant="I5",
                    text=f"{before.id} and {after.id} overlap on {machine}",
                )


def _stops_in_order(session: Session, orders: Sequence[OrderRow]) -> Iterator[Breach]:
    """I5: a courier is at one place at a time; an order has one courier and one way."""
    state_of = {order.id: order for order in orders}
    stops = session.scalars(select(StopRow).where(StopRow.state == "planned")).all()
    for courier, route in _by(stops, lambda stop: stop.courier_id):
        for before, after in pairwise(sorted(route, key=lambda stop: stop.position)):
            if before.position == after.position or before.depart_at > after.arrive_at:
                yield Breach(
                    invariant="I5",
                    text=f"courier {courier} is at {before.id} and {after.id} at once",
                )
    for order_id, own in _by(stops, lambda stop: stop.order_id):
        kinds = sorted(stop.kind for stop in own)
        if len(set(kinds)) != len(kinds) or len({stop.courier_id for stop in own}) > 1:
            yield Breach(invariant="I5", text=f"order {order_id} has the stops {kinds}")
        order = state_of[order_id]
        if order.state == "on-the-way" and own[0].courier_id != order.courier_id:
            yield Breach(
                invariant="I5", text=f"order {order_id} is with another courier"
            )


def _states_have_evidence(
    session: Session,
    orders: Sequence[OrderRow],
    tasks: Sequence[TaskRow],
    jobs: Sequence[JobRow],
) -> Iterator[Breach]:
    """I6: done, made, on the way and delivered each rest on something that happened."""
    acts = {
        (act.order_id, act.kind)
        for act in session.scalars(select(ActRow).where(ActRow.order_id.is_not(None)))
    }
    cited = set(
        session.scalars(select(EntryRow.order_id).where(EntryRow.unit == "{piece}"))
    )
    told = set(session.scalars(select(OrderEventRow.order_id)))
    job_of = {job.id: job for job in jobs}
    for task in tasks:
        job = job_of.get(task.id)
        if task.state == "done" and (job is None or job.state != "completed"):
            yield Breach(invariant="I6", text=f"task {task.id} is done without a job")
    for job in jobs:
        shown = set(job.evidence or ()) - {"signed"}
        if job.state == "completed" and not shown:
            yield Breach(
                invariant="I6", text=f"job {job.id} completed, nothing shows it"
            )
    runs = dict(_by(tasks, lambda task: task.order_id))
    for order in orders:
        for fault in _faults(order, runs.get(order.id, []), acts):
            yield Breach(invariant="I6", text=f"order {order.number} {fault}")
        is_made = order.state in {"made", "on-the-way", "delivered"}
        if is_made and (order.id not in cited or order.id not in told):
            yield Breach(invariant="I6", text=f"order {order.number} left no trace")


def _parts_come_first(
    session: Session, orders: Sequence[OrderRow], tasks: Sequence[TaskRow]
) -> Iterator[Breach]:
    """I6: what is made from a part is begun once it is brought, to the lab that has it.

    I3: a part has no price and cites no design; whatever ends its order ends it, and
    each step of the design is made in one of them.
    """
    whole_of = {order.id: order for order in orders}
    cites = set(
        session.scalars(select(EntryRow.order_id).where(EntryRow.action == "cite"))
    )
    tasks_of = dict(_by(tasks, lambda task: task.order_id))
    lab_of = dict(session.execute(select(MachineRow.id, MachineRow.facility_id)).all())
    parts = [order for order in orders if order.part_of is not None]
    for part in parts:
        whole = whole_of[part.part_of or ""]
        if part.id in cites or part.price_cents:
            yield Breach(invariant="I3", text=f"part {part.number} is paid by itself")
        if whole.state in {"refused", "cancelled"} and part.state not in {
            "delivered",
            whole.state,
        }:
            text = f"part {part.number} is {part.state}, its order {whole.state}"
            yield Breach(invariant="I6", text=text)
        into = whole_of.get(part.goes_into or "")
        ends_in, seen = into, {part.id}
        while ends_in is not None and ends_in.part_of and ends_in.id not in seen:
            seen.add(ends_in.id)
            ends_in = whole_of.get(ends_in.goes_into or "")
        if into is None or ends_in is None or ends_in.id != part.part_of:
            yield Breach(invariant="I6", text=f"part {part.number} is for nothing")
            continue
        good = [
            task
            for task in tasks_of.get(into.id, [])
            if task.state == "done" and task.pieces_good
        ]
        labs = {lab_of[task.machine_id or ""] for task in good}
        if labs - {part.to_facility_id}:
            text = f"order {into.number} was made where no part of it is"
            yield Breach(invariant="I6", text=text)
        if good and part.state != "delivered" and into.state != "making":
            text = f"order {into.number} is made, its part {part.number} is not"
            yield Breach(invariant="I6", text=text)
    for whole_id, family in _by(parts, lambda part: part.part_of or ""):
        whole = whole_of[whole_id]
        covered = sorted(step for one in (whole, *family) for step in one.steps or ())
        designed = session.scalars(
            select(StepRow.position)
            .where(StepRow.version_id == whole.design_version_id)
            .order_by(StepRow.position)
        ).all()
        if covered != list(designed):
            text = f"order {whole.number} and its parts cover {covered} of {designed}"
            yield Breach(invariant="I6", text=text)


def _faults(
    order: OrderRow, tasks: Sequence[TaskRow], acts: set[tuple[str | None, str]]
) -> Iterator[str]:
    made = all(_is_whole(run) for _, run in _by(tasks, lambda t: (t.step_id, t.run)))
    if order.state in {"made", "on-the-way", "delivered"} and not (tasks and made):
        yield f"is {order.state}, but a run lacks pieces"
    if (
        order.state in {"on-the-way", "delivered"}
        and (order.id, "picked-up") not in acts
    ):
        yield f"is {order.state}, but nobody picked it up"
    by_hand_until = [task.ready_at for task in tasks if task.pieces_good]
    if order.made_at and any(at and order.made_at < at for at in by_hand_until):
        yield "was made before the work by hand on it was over"
    if order.state == "delivered" and (order.id, "delivered") not in acts:
        yield "is delivered, but nobody handed it over"


def _is_whole(of_run: Sequence[TaskRow]) -> bool:
    wanted = min(of_run, key=lambda task: task.attempt).pieces
    return wanted == sum(
        task.pieces_good or 0 for task in of_run if task.state == "done"
    )


def _root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash as RFC 6962 defines it, word for word."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256(b"").digest()
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01" + _root(leaves[:half]) + _root(leaves[half:])).digest()


def _by[Row, Key](
    rows: Iterable[Row], key: Callable[[Row], Key]
) -> Iterable[tuple[Key, list[Row]]]:
    groups: dict[Key, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups.items()
