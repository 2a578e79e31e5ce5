"""Intent out: a task whose time has come becomes a job at its machine, once."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from orchestrator.catalogue.designs import steps_of
from orchestrator.catalogue.made import as_made
from orchestrator.catalogue.precedence import all_before
from orchestrator.catalogue.rows import DesignFileRow, DesignVersionRow, StepRow
from orchestrator.dispatch.commands import Credit, ProgramFile, StartJob
from orchestrator.dispatch.held import AT_MACHINE
from orchestrator.dispatch.outgoing import command_id, put_cancel, put_command
from orchestrator.dispatch.rows import JobRow
from orchestrator.dispatch.tempo import TEMPO, Tempo
from orchestrator.foundation.changes import announce
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.members.agents import agents_with_role
from orchestrator.network.rows import DeviceLifeRow, FacilityRow, MachineRow
from orchestrator.orders.parts import brought_by, family, hold_order
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.by_hand import is_in_hand
from orchestrator.planning.commit import take_off_the_plan
from orchestrator.planning.rows import TaskRow
from orchestrator.planning.tasks import lacking, live
from orchestrator.planning.turn import take_turn

LABEL_MAX: Final = 80


def send_due(sessions: Sessions, clock: Clock, tempo: Tempo = TEMPO) -> int:
    """Send every job whose time has come, each in its own transaction; how many."""
    with sessions() as session:
        waiting = due(session, now=clock.now(), tempo=tempo)
    sent = 0
    for task_id in waiting:
        with sessions.begin() as session:
            take_turn(session)
            if send(session, task_id, now=clock.now(), tempo=tempo) is not None:
                sent += 1
    return sent


def due(session: Session, *, now: datetime, tempo: Tempo = TEMPO) -> list[str]:
    """The next planned task of each machine that is free now, if its time has come.

    What waits for its parts keeps no machine from others.
    """
    part = aliased(OrderRow)
    waits = exists().where(part.goes_into == OrderRow.id, part.state != "delivered")
    tasks = session.scalars(
        select(TaskRow)
        .join(MachineRow, MachineRow.id == TaskRow.machine_id)
        .join(DeviceLifeRow, DeviceLifeRow.device_id == MachineRow.device_id)
        .join(OrderRow, OrderRow.id == TaskRow.order_id)
        .where(
            TaskRow.state == "planned",
            TaskRow.start_at <= now + timedelta(seconds=tempo.send_ahead_s),
            OrderRow.state.in_(("planned", "making")),
            MachineRow.state == "idle",
            DeviceLifeRow.online,
            ~waits,
        )
        .order_by(TaskRow.start_at, TaskRow.id)
    )
    first: dict[str, str] = {}
    for task in tasks:
        first.setdefault(task.machine_id or "", task.id)
    return list(first.values())


def send(
    session: Session, task_id: str, *, now: datetime, tempo: Tempo = TEMPO
) -> JobRow | None:
    """Make the task a job and put its command into the outbox; None when it may not go.

    The caller has the turn. What is not true any more is found here, under the lock.
    """
    task = session.get(TaskRow, task_id)
    order = None if task is None else hold_order(session, task.order_id)
    if task is None or order is None:
        return None
    session.refresh(task)
    machine = session.get(MachineRow, task.machine_id) if task.machine_id else None
    if machine is None or not _may_go(session, task, order, machine, now):
        return None
    start_at = task.start_at or now
    job = JobRow(
        id=task.id,
        machine_id=machine.id,
        device_id=machine.device_id,
        fence=task.attempt,
        state="sent",
        sent_at=now,
        not_after=max(start_at, now) + timedelta(seconds=tempo.start_within_s),
        credit=asdict(_credit(session, task, order, machine)),
    )
    session.add(job)
    session.flush()
    task.state = "sent"
    put_command(session, _command(session, job, task, order), now=now)
    announce(session, f"order/{order.id}", f"machine/{machine.id}", "plan")
    return job


def revoke_cancelled(session: Session, *, now: datetime) -> int:
    """Take every task of a cancelled order off the plan and its job off the machine.

    The caller has the turn. Returns how many jobs were taken back now.
    """
    take_off_the_plan(session)
    rows = session.scalars(
        select(TaskRow)
        .join(OrderRow, OrderRow.id == TaskRow.order_id)
        .where(OrderRow.state.in_(("cancelled", "refused")))
        .where(TaskRow.state.in_(("sent", "armed", "running", "unknown")))
    ).all()
    for task in rows:
        job = session.get(JobRow, task.id)
        if job is not None and job.state in AT_MACHINE:
            put_cancel(session, job, now=now)
        task.state = "cancelled"
    return len(rows)


def _may_go(
    session: Session,
    task: TaskRow,
    order: OrderRow,
    machine: MachineRow,
    now: datetime,
) -> bool:
    life = session.get(DeviceLifeRow, machine.device_id)
    if task.state != "planned" or order.state not in {"planned", "making"}:
        return False
    if machine.state != "idle" or machine.withdrawn_at is not None:
        return False
    if life is None or not life.online or session.get(JobRow, task.id) is not None:
        return False
    busy = session.scalar(
        select(JobRow.id)
        .where(JobRow.machine_id == machine.id, JobRow.state.in_(AT_MACHINE))
        .limit(1)
    )
    if busy is not None or not _earlier_steps_are_done(session, task, now):
        return False
    parts = brought_by(order, family(session, order))
    return all(part.state == "delivered" for part in parts)


def _earlier_steps_are_done(session: Session, task: TaskRow, now: datetime) -> bool:
    step = session.get_one(StepRow, task.step_id)
    steps = steps_of(session, step.version_id)
    before = all_before({row.position: row.after for row in steps})[step.position]
    earlier = session.scalars(
        select(TaskRow)
        .join(StepRow, StepRow.id == TaskRow.step_id)
        .where(TaskRow.order_id == task.order_id, StepRow.position.in_(before))
    ).all()
    runs: dict[tuple[str, int], list[TaskRow]] = {}
    for row in earlier:
        runs.setdefault((row.step_id, row.run), []).append(row)
    return all(
        not live(run)
        and lacking(run) == 0
        and not any(is_in_hand(row, now) for row in run)
        for run in runs.values()
    )


def _credit(
    session: Session, task: TaskRow, order: OrderRow, machine: MachineRow
) -> Credit:
    facility = session.get_one(FacilityRow, machine.facility_id)
    step = session.get_one(StepRow, task.step_id)
    operators = agents_with_role(session, "operator", facility_id=facility.id)
    return Credit(
        order_id=order.id,
        owner_id=facility.owner_id,
        maker_id=operators[0].id if operators else facility.owner_id,
        receiver_id=order.shop_id,
        design_version_id=order.design_version_id,
        material_g=round(step.material_g * task.pieces, 3),
        labour_s=step.labour_s,
    )


def _command(session: Session, job: JobRow, task: TaskRow, order: OrderRow) -> StartJob:
    step = as_made(session.get_one(StepRow, task.step_id), order.made_of)
    title = session.get_one(DesignVersionRow, order.design_version_id).title
    label = f"{order.number} {step.name}, run {task.run + 1}: {title}"
    return StartJob(
        command_id=command_id(job, "start"),
        device_id=job.device_id,
        machine_id=job.machine_id,
        job_id=job.id,
        fence=job.fence,
        not_after=job.not_after,
        label=label[:LABEL_MAX],
        material=step.material,
        program=_program(session, step),
        pieces=task.pieces,
        expected_s=step.run_s,
        credit=Credit(**job.credit),
    )


def _program(session: Session, step: StepRow) -> ProgramFile | None:
    if step.program_sha256 is None:
        return None
    size_bytes = session.scalar(
        select(DesignFileRow.size_bytes)
        .where(
            DesignFileRow.version_id == step.version_id,
            DesignFileRow.sha256 == step.program_sha256,
        )
        .limit(1)
    )
    if size_bytes is None:
        raise LookupError(f"step {step.id} names a program that its design lacks")
    return ProgramFile(
        path=f"/api/v1/files/{step.program_sha256}",
        sha256=step.program_sha256,
        size_bytes=size_bytes,
    )
