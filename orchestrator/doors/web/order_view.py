"""One order as its page tells it: steps, makers, reasons, credits with their events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import StepRow
from orchestrator.commons.credits import Credit
from orchestrator.commons.points import credits_of_order, milli_points_by_agent
from orchestrator.dispatch.rows import JobRow
from orchestrator.doors.web.happenings import amount
from orchestrator.doors.web.order_parts import (
    PartShown,
    headline_of,
    parts_shown,
    steps_words,
    whole_of,
)
from orchestrator.doors.web.order_words import (
    ACTION_WORDS,
    ORDER_STATES,
    late_s,
    sentence,
)
from orchestrator.doors.web.states import Shown
from orchestrator.doors.web.trade_words import JOB_STATES, Told
from orchestrator.doors.web.words import N_
from orchestrator.ledger.append import entries_of_order
from orchestrator.ledger.rows import EntryRow
from orchestrator.members.agents import names_of
from orchestrator.members.rows import AgentRow
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.orders.life import OPEN, timeline
from orchestrator.orders.rows import OrderEventRow, OrderRow
from orchestrator.planning.rows import TaskRow
from orchestrator.planning.views import Reasons, reasons_of

NEWS: Final = ("later", "waiting", "unplanned", "remaking", "brought-back", "moved")
REACHED: Final = ("placed", "planned", "making", "made", "on-the-way", "delivered")
UPSTREAM: Final = N_("design built on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the order's way, as `parts/steps.html` draws it."""

    title: str
    state: Shown
    detail: str = ""
    at: datetime | None = None
    word: str | None = None  # None: the state's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run at a machine."""

    order_id: str  # the order's, or a part's
    step: str
    position: int  # of the step
    machine: str
    machine_id: str
    number: int
    pieces: int
    told: Told
    done_ratio: float | None
    start_at: datetime | None
    end_at: datetime | None
    ready_at: datetime | None  # where work by hand goes on after it


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditedEvent:
    """What somebody did for the order, and what it was worth."""

    position: int | None  # in the log; None: not yet numbered
    words: str
    quantity: str
    occurred_at: datetime
    milli_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributor:
    """Somebody with points from this order, and each event behind them."""

    name: str
    milli_points: int
    events: tuple[CreditedEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStory:
    """All of an order that its page shows beside the order's own row."""

    headline: str
    late_s: float
    news: str
    whole: OrderRow | None  # of which it is a part
    parts: tuple[PartShown, ...]  # last itself; most orders have none
    own_steps: str  # of a part: which of the design's
    lab: FacilityRow | None
    courier: str | None
    steps: tuple[Step, ...]
    runs: tuple[Run, ...]
    reasons: Reasons
    lines: Sequence[OrderEventRow]
    contributors: tuple[Contributor, ...]
    milli_points: int


def story_of(session: Session, order: OrderRow, now: datetime) -> OrderStory:
    """Read it all. The caller knows that the asker has to do with the order."""
    lines = timeline(session, order.id)
    lab = session.get(FacilityRow, order.facility_id or "")
    courier = session.get(AgentRow, order.courier_id or "")
    parts = parts_shown(session, order)
    ids = [part.order.id for part in parts] or [order.id]
    runs = runs_of(session, ids)
    contributors = contributors_of(session, ids)
    late = late_s(order, now)
    way = _Way(
        lab=lab,
        courier=courier,
        goal=session.get(FacilityRow, order.to_facility_id or ""),
        parts=parts,
    )
    return OrderStory(
        headline=(headline_of(parts) if parts else "") or _headline(order, lab),
        late_s=late,
        news=_news(order, lines) if late or order.reason_text else "",
        whole=whole_of(session, order),
        parts=parts,
        own_steps=steps_words(session, order) if order.part_of else "",
        lab=lab,
        courier=courier.name if courier else None,
        steps=_steps(order, way, lines, runs),
        runs=runs,
        reasons=reasons_of(session, order),
        lines=lines,
        contributors=contributors,
        milli_points=sum(one.milli_points for one in contributors),
    )


def runs_of(session: Session, order_ids: Sequence[str]) -> tuple[Run, ...]:
    """The runs of an order and its parts, each with its newest attempt."""
    rows = session.execute(
        select(TaskRow, StepRow, MachineRow, JobRow)
        .join(StepRow, StepRow.id == TaskRow.step_id)
        .outerjoin(MachineRow, MachineRow.id == TaskRow.machine_id)
        .outerjoin(JobRow, JobRow.id == TaskRow.id)
        .where(TaskRow.order_id.in_(order_ids))
        .order_by(StepRow.position, TaskRow.run, TaskRow.attempt)
    )
    newest: dict[tuple[str, int], Run] = {}
    for task, step, machine, job in rows:
        newest[task.step_id, task.run] = _run(task, step, machine, job)
    return tuple(newest.values())


def contributors_of(
    session: Session, order_ids: Sequence[str]
) -> tuple[Contributor, ...]:
    """Who earned what by an order and its parts, the most first; each with its event."""
    found = [one for name in order_ids for one in credits_of_order(session, name)]
    entries = {
        row.id: row for name in order_ids for row in entries_of_order(session, name)
    }
    total_of = milli_points_by_agent(found)
    name_of = names_of(session, total_of)
    return tuple(
        Contributor(
            name=name_of.get(agent_id, agent_id),
            milli_points=total,
            events=tuple(
                _credited(credit, entries[credit.event_id])
                for credit in found
                if credit.agent_id == agent_id
            ),
        )
        for agent_id, total in total_of.items()
    )


def why_words(why: Mapping[str, Any] | None, currency: str, kind: str = "") -> str:
    """Why so and not otherwise, as the plan says it, its figures with their unit.

    `kind`: only of "lab", "machine", "courier" or "time"; "": the cheapest alternative.
    """
    if not why:
        return ""
    found = [one for one in why.get("alternatives", ()) if kind and one["kind"] == kind]
    if not kind:
        found = [{"text": why.get("alternative"), "extra_cents": why["extra_cents"]}]
    told = [_priced(one, currency) for one in found if one["text"]]
    return " ".join(sentence(words) for words in told)


def _priced(told: Mapping[str, Any], currency: str) -> str:
    words, extra = str(told["text"]), told.get("extra_cents")
    if extra is None:
        return words
    plain = f"{abs(extra) / 100:.2f}"
    return words.replace(f" {plain} ", f" {plain} {currency} ")


def _run(
    task: TaskRow, step: StepRow, machine: MachineRow | None, job: JobRow | None
) -> Run:
    at_work = machine is not None and machine.job_id == task.id
    told = JOB_STATES.get(job.state) if job is not None else None
    if told is None:
        word = N_("Planned") if machine else N_("Waits for a machine")
        told = Told(shown=Shown.WAITING, word=word)
    end_at = (job.ended_at if job else None) or task.end_at
    is_by_hand = end_at is not None and task.ready_at and task.ready_at > end_at
    return Run(
        order_id=task.order_id,
        step=step.name,
        position=step.position,
        machine=machine.name if machine else "",
        machine_id=machine.id if machine else "",
        number=task.run + 1,
        pieces=task.pieces,
        told=told,
        done_ratio=machine.done_ratio if machine and at_work else None,
        start_at=(job.started_at if job else None) or task.start_at,
        end_at=end_at,
        ready_at=task.ready_at if is_by_hand else None,
    )


def _credited(credit: Credit, entry: EntryRow) -> CreditedEvent:
    words = UPSTREAM if credit.depth else ACTION_WORDS.get(entry.action, entry.action)
    return CreditedEvent(
        position=entry.position,
        words=words,
        quantity=amount(Decimal(entry.quantity), entry.unit),
        occurred_at=entry.occurred_at,
        milli_points=credit.milli_points,
    )


def _headline(order: OrderRow, lab: FacilityRow | None) -> str:
    where = lab.name if lab else N_("a lab")
    if order.state == "placed" and order.reason_code:
        return N_("No lab can make it now")
    return {
        "placed": N_("Placed: a lab is looked for"),
        "planned": f"Planned at {where}",
        "making": f"Being made at {where}",
        "made": f"Made, waiting at {where}",
        "on-the-way": N_("On the way"),
        "delivered": N_("Delivered"),
        "refused": N_("It can't be made"),
        "cancelled": N_("Cancelled"),
    }[order.state]


def _news(order: OrderRow, lines: Sequence[OrderEventRow]) -> str:
    """The newest word on why it is late, where there is one."""
    if order.reason_text:
        return sentence(order.reason_text)
    told = [line.text for line in lines if line.code in NEWS]
    return sentence(told[-1]) if told else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """Who makes, carries and gets it. `goal`: the lab where a part is brought."""

    lab: FacilityRow | None
    courier: AgentRow | None
    goal: FacilityRow | None
    parts: Sequence[PartShown]


def _steps(
    order: OrderRow, way: _Way, lines: Sequence[OrderEventRow], runs: Sequence[Run]
) -> tuple[Step, ...]:
    lab, courier, goal, parts = way.lab, way.courier, way.goal, way.parts
    reached = REACHED.index(order.state) if order.state in REACHED else -1
    placed = Step(title=N_("Placed"), state=Shown.DONE, at=order.placed_at)
    if reached < 0:
        told_at = lines[-1].at if lines else order.placed_at
        ended = Step(
            title=_headline(order, lab),
            state=Shown.FAILED if order.state == "refused" else Shown.PAUSED,
            at=told_at,
            detail=sentence(order.reason_text),
        )
        return (placed, ended)
    planned_at = next((line.at for line in lines if line.code == "planned"), None)
    waits = order.state == "placed" and order.reason_code is not None
    labs = [part.lab.name for part in parts if part.lab] or ([lab.name] if lab else [])
    where = ", ".join(dict.fromkeys(labs))
    planned = Step(
        title=f"Planned at {where}" if where else N_("Planned"),
        state=Shown.NEEDS_YOU if waits else _at(reached, 1, now_too=False),
        at=planned_at if reached >= 1 else None,
        word=N_("No lab yet") if waits else None,
    )
    comes = any(part.order.state in OPEN for part in parts[:-1])
    before = [
        step
        for part in parts[:-1]
        for step in (_made(part.order, runs, part.title), _brought(part))
    ]
    return (
        placed,
        planned,
        *before,
        _made(order, runs, parts[-1].title if parts else N_("Made"), waits=comes),
        Step(
            title=N_("Picked up"),
            state=_at(reached, 4, now_too=False),
            at=order.picked_up_at,
            detail=f"By {courier.name}" if courier else "",
            word=_word(order, 4, "made") if order.state != "made" else None,
        ),
        Step(
            title=f"Brought to {goal.name}" if goal else N_("Delivered"),
            state=_at(reached, 5, now_too=order.state == "on-the-way"),
            at=order.delivered_at or order.expected_at,
            word=_word(order, 5, "on-the-way"),
        ),
    )


def _made(
    order: OrderRow, runs: Sequence[Run], title: str, *, waits: bool = False
) -> Step:
    """`runs` of other orders are left aside; pieces count when their last step is done.

    `waits`: for a part, though the whole is begun with it.
    """
    own = [run for run in runs if run.order_id == order.id]
    last = max((run.position for run in own), default=0)
    done = [
        run.pieces
        for run in own
        if run.position == last and run.told.shown is Shown.DONE
    ]
    machines = ", ".join(dict.fromkeys(run.machine for run in own if run.machine))
    ends = [at for run in own if (at := run.ready_at or run.end_at)]
    is_by_hand = all(run.told.shown is Shown.DONE for run in own) and any(
        run.ready_at for run in own
    )
    makes = N_("Worked on by hand") if is_by_hand else _word(order, 3, "making")
    return Step(
        title=title,
        state=_at(
            REACHED.index(order.state), 3, now_too=order.state == "making" and not waits
        ),
        at=order.made_at or (max(ends) if ends else None),
        word=N_("Expected") if waits else makes,
        detail=f"{sum(done)} of {order.quantity} done"
        + (f", {machines}" if machines else ""),
    )


def _brought(part: PartShown) -> Step:
    order, goal = part.order, part.goal
    return Step(
        title=f"Brought to {goal.name}" if goal else N_("Brought"),
        state=_at(REACHED.index(order.state), 5, now_too=order.state == "on-the-way"),
        at=order.delivered_at or order.expected_at,
        word=_word(order, 5, "on-the-way"),
        detail=f"By {part.courier}" if part.courier else "",
    )


def _word(order: OrderRow, step: int, state: str) -> str | None:
    """What a step that is not done is called: what goes on, or that it is expected."""
    if REACHED.index(order.state) >= step:
        return None
    return ORDER_STATES[state].word if order.state == state else N_("Expected")


def _at(reached: int, step: int, *, now_too: bool) -> Shown:
    if reached >= step:
        return Shown.DONE
    return Shown.RUNNING if now_too else Shown.WAITING
