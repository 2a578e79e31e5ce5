"""What a lab's board and a machine's page show: machines with their jobs, what waits."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from orchestrator.catalogue.made import as_made
from orchestrator.catalogue.rows import DesignVersionRow, StepRow
from orchestrator.dispatch.held import CAN_GO_ON, SILENT
from orchestrator.dispatch.rows import JobRow
from orchestrator.doors.web.fate import Fate, fates
from orchestrator.doors.web.order_parts import steps_words
from orchestrator.doors.web.order_words import ORDER_STATES
from orchestrator.doors.web.trade_words import (
    MACHINE_STATES,
    Told,
    machine_told,
    needs_hands,
)
from orchestrator.members.rows import AgentRow
from orchestrator.network.machines import machines
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.orders.life import OPEN
from orchestrator.orders.parts import goal_of
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.by_hand import by_hand_of
from orchestrator.planning.picture import COMING_BACK
from orchestrator.planning.rows import StopRow, TaskRow

HISTORY_MAX: Final = 30
RANK: Final[Mapping[str, int]] = {
    state: rank for rank, state in enumerate(MACHINE_STATES)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A run of an order's step at a machine; `job` None: planned, not yet sent."""

    task: TaskRow
    order: OrderRow
    version: DesignVersionRow
    step: StepRow
    job: JobRow | None

    @property
    def title(self) -> str:
        """'Wall hook × 4'."""
        return counted(self.version.title, self.task.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineCard:
    """A machine as a board shows it. `next_work`: what the plan gives it then.

    `stopped` and `fate`: the job that ended there where it should not, and how.
    `queued`: how many jobs are planned there and not sent.
    """

    machine: MachineRow
    told: Told
    work: Work | None
    next_work: Work | None
    done_at: datetime | None
    fate: Fate | None
    stopped: Work | None
    queued: int

    @property
    def needs_hands(self) -> bool:
        """Whether a person must go there: also to one that left a job half done."""
        is_lost = self.machine.state == "offline" and self.fate is not None
        return needs_hands(self.machine) or is_lost


@dataclass(frozen=True, slots=True, kw_only=True)
class InHand:
    """An order whose machines here are done, and which people work on until then.

    `works`: what they do, where the design has a name for it.
    """

    order: OrderRow
    title: str
    works: tuple[str, ...]
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """An order that is made and waits for its courier, who is shown its pick-up code.

    `goal`: of a part, the lab where it goes; "" else.
    """

    order: OrderRow
    title: str
    courier: str | None
    comes_at: datetime | None
    goal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A part that another lab makes and that this one goes on with.

    `steps`: what is done to it by then; its courier is shown its delivery code.
    """

    order: OrderRow
    title: str
    told: Told
    lab: str
    steps: str
    courier: str | None
    comes_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All of a lab, by how much it needs a person."""

    hands: tuple[MachineCard, ...]
    unjudged: tuple[tuple[MachineRow, Work], ...]
    running: tuple[MachineCard, ...]
    free: tuple[MachineCard, ...]
    offline: tuple[MachineCard, ...]
    in_hand: tuple[InHand, ...]
    pickups: tuple[Pickup, ...]
    arrivals: tuple[Arrival, ...]

    @property
    def hands_count(self) -> int:
        """How many things wait for a person at a machine."""
        return len(self.hands) + len(self.unjudged)

    @property
    def is_empty(self) -> bool:
        """No machine at all."""
        return not (self.hands or self.running or self.free or self.offline)


def counted(title: str, pieces: int) -> str:
    """A title with its number where that is not one."""
    return title if pieces == 1 else f"{title} ×\u00a0{pieces}"


def board_of(session: Session, facility_id: str, *, now: datetime) -> Board:
    """The lab's board at this moment."""
    cards = cards_of(session, machines(session, facility_id=facility_id), now=now)
    unjudged = _unjudged(session, facility_id)
    judged_at = {machine.id for machine, _ in unjudged}
    groups: dict[str, list[MachineCard]] = {}
    for card in sorted(cards, key=_urgency):
        may_go_on = card.fate is not None and card.fate.job.code == CAN_GO_ON
        is_asked = card.machine.state == "unknown" or may_go_on
        if is_asked and card.machine.id in judged_at:
            continue  # it stands among what must be judged, once
        groups.setdefault(_group(card), []).append(card)
    return Board(
        hands=tuple(groups.get("hands", ())),
        unjudged=unjudged,
        running=tuple(groups.get("running", ())),
        free=tuple(groups.get("free", ())),
        offline=tuple(groups.get("offline", ())),
        in_hand=_in_hand(session, facility_id, now),
        pickups=_pickups(session, facility_id),
        arrivals=_arrivals(session, facility_id),
    )


def cards_of(
    session: Session, rows: Sequence[MachineRow], *, now: datetime
) -> list[MachineCard]:
    """One card a machine, in the order given."""
    names = [row.id for row in rows]
    fate_of = fates(session, rows)
    jobs = [row.job_id for row in rows if row.job_id]
    current = works_of(session, [*jobs, *(one.job.id for one in fate_of.values())])
    ahead: dict[str, Work] = {}
    queued: Counter[str] = Counter()
    planned = (
        select(TaskRow.id)
        .where(TaskRow.machine_id.in_(names), TaskRow.state.in_(("planned", "sent")))
        .order_by(TaskRow.start_at, TaskRow.id)
    )
    for work in works_of(session, session.scalars(planned).all()).values():
        machine_id = work.task.machine_id or ""
        queued[machine_id] += work.task.state == "planned"
        if work.task.id not in current:
            ahead.setdefault(machine_id, work)
    return [
        MachineCard(
            machine=row,
            told=machine_told(row),
            work=current.get(row.job_id or ""),
            next_work=ahead.get(row.id),
            done_at=_done_at(row, now),
            fate=fate_of.get(row.id),
            queued=queued[row.id],
            stopped=current.get(fate_of[row.id].job.id) if row.id in fate_of else None,
        )
        for row in rows
    ]


def history_of(session: Session, machine_id: str) -> list[Work]:
    """What was sent to the machine, the newest first."""
    ids = session.scalars(
        select(JobRow.id)
        .where(JobRow.machine_id == machine_id)
        .order_by(JobRow.sent_at.desc(), JobRow.id)
        .limit(HISTORY_MAX)
    ).all()
    return list(works_of(session, ids).values())


def works_of(session: Session, task_ids: Iterable[str]) -> dict[str, Work]:
    """The runs by task id, in the order given."""
    wanted = list(dict.fromkeys(task_ids))
    rows = session.execute(
        select(TaskRow, OrderRow, DesignVersionRow, StepRow, JobRow)
        .join(OrderRow, OrderRow.id == TaskRow.order_id)
        .join(DesignVersionRow, DesignVersionRow.id == OrderRow.design_version_id)
        .join(StepRow, StepRow.id == TaskRow.step_id)
        .outerjoin(JobRow, JobRow.id == TaskRow.id)
        .where(TaskRow.id.in_(wanted))
    )
    found = {
        task.id: Work(
            task=task,
            order=order,
            version=version,
            step=as_made(step, order.made_of),
            job=job,
        )
        for task, order, version, step, job in rows
    }
    return {name: found[name] for name in wanted if name in found}


def _unjudged(
    session: Session, facility_id: str
) -> tuple[tuple[MachineRow, Work], ...]:
    """Jobs whose end nobody saw, the oldest first."""
    rows = session.execute(
        select(JobRow.id, MachineRow)
        .join(MachineRow, MachineRow.id == JobRow.machine_id)
        .where(
            MachineRow.facility_id == facility_id,
            (JobRow.state == "unknown") | (JobRow.code == SILENT),
        )
        .order_by(JobRow.sent_at, JobRow.id)
    ).all()
    works = works_of(session, [job_id for job_id, _ in rows])
    return tuple((machine, works[job_id]) for job_id, machine in rows)


def _in_hand(session: Session, facility_id: str, now: datetime) -> tuple[InHand, ...]:
    """What people are to be done with first comes first."""
    rows = session.scalars(
        select(TaskRow.id)
        .join(OrderRow, OrderRow.id == TaskRow.order_id)
        .join(MachineRow, MachineRow.id == TaskRow.machine_id)
        .where(
            MachineRow.facility_id == facility_id,
            OrderRow.state.in_(OPEN),
            TaskRow.state == "done",
            TaskRow.pieces_good > 0,
            TaskRow.ready_at > now,
        )
        .order_by(TaskRow.ready_at, TaskRow.id)
    )
    found: dict[str, InHand] = {}
    for one in works_of(session, rows).values():
        work = by_hand_of(session, one.version)[one.step.position]
        before = found.get(one.order.id)
        names = (*(before.works if before else ()), *work.names)
        found[one.order.id] = InHand(
            order=one.order,
            title=counted(one.version.title, one.order.quantity),
            works=tuple(dict.fromkeys(names)),
            until_at=one.task.ready_at or now,
        )
    return tuple(sorted(found.values(), key=lambda one: one.until_at))


def _met_at(kind: str) -> Select[OrderRow, str, datetime, str]:
    """Orders with their design's title, and when who comes for that stop."""
    return (
        select(OrderRow, DesignVersionRow.title, StopRow.arrive_at, AgentRow.name)
        .join(DesignVersionRow, DesignVersionRow.id == OrderRow.design_version_id)
        .outerjoin(
            StopRow,
            (StopRow.order_id == OrderRow.id)
            & (StopRow.kind == kind)
            & (StopRow.state == "planned"),
        )
        .outerjoin(AgentRow, AgentRow.id == StopRow.courier_id)
    )


def _pickups(session: Session, facility_id: str) -> tuple[Pickup, ...]:
    rows = session.execute(
        _met_at("pickup")
        .where(
            OrderRow.facility_id == facility_id,
            (OrderRow.state == "made") | (OrderRow.reason_code == COMING_BACK),
        )
        .order_by(StopRow.arrive_at, OrderRow.number)
    )
    return tuple(
        Pickup(
            order=order,
            title=counted(title, order.quantity),
            courier=courier,
            comes_at=comes_at,
            goal=goal_of(session, order).name if order.part_of else "",
        )
        for order, title, comes_at, courier in rows
    )


def _arrivals(session: Session, facility_id: str) -> tuple[Arrival, ...]:
    rows = session.execute(
        _met_at("dropoff")
        .where(OrderRow.to_facility_id == facility_id, OrderRow.state.in_(OPEN))
        .order_by(OrderRow.state != "on-the-way", StopRow.arrive_at, OrderRow.number)
    )
    found = []
    for order, title, comes_at, courier in rows:
        lab = session.get(FacilityRow, order.facility_id or "")
        found.append(
            Arrival(
                order=order,
                title=counted(title, order.quantity),
                told=ORDER_STATES[order.state],
                lab=lab.name if lab else "",
                steps=steps_words(session, order),
                courier=courier,
                comes_at=comes_at,
            )
        )
    return tuple(found)


def _group(card: MachineCard) -> str:
    if card.needs_hands:
        return "hands"
    return {"running": "running", "paused": "running", "offline": "offline"}.get(
        card.machine.state, "free"
    )


def _urgency(card: MachineCard) -> tuple[int, float, str]:
    left_s = card.machine.remaining_s
    rank = RANK.get(card.machine.state, len(RANK))
    return rank, left_s if left_s is not None else float("inf"), card.machine.name


def _done_at(row: MachineRow, now: datetime) -> datetime | None:
    """When the machine says that it will be done; never in the past."""
    if row.remaining_s is None or row.state not in {"running", "paused"}:
        return None
    return max(row.state_at + timedelta(seconds=row.remaining_s), now)
