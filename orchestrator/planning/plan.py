"""From wishes to a plan: read, solve outside of any transaction, referee, commit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog
from sqlalchemy.orm import Session

from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.planning.clashes import clashes
from orchestrator.planning.commit import write, writing_of
from orchestrator.planning.frames import Frame
from orchestrator.planning.goals import write_goals
from orchestrator.planning.lease import Lease, is_held
from orchestrator.planning.lending import lend
from orchestrator.planning.lining_up import answer_queues
from orchestrator.planning.passing_on import pass_on
from orchestrator.planning.picture import Picture, look
from orchestrator.planning.regroup import prepare
from orchestrator.planning.rows import PlanCellRow, PlanRow
from orchestrator.planning.sound import Solver, sound_plan
from orchestrator.planning.travel import RegionMap
from orchestrator.planning.turn import take_turn
from orchestrator.planning.wishes import take_away, waiting
from routing.cells import FIRST, Grouping
from routing.joint.problem import Budget, JointPlan
from routing.joint.solve import solve

TRIGGERS_MAX = 50
TIME_PASSED = "time passed"  # the one reason that nobody waits for
log = structlog.get_logger()


def _prompt() -> Budget:
    """Machines and couriers by insertion alone: a tenth dearer, 20 times as fast."""
    return Budget(courier_iterations=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much thought a plan gets, and what it leaves alone.

    Above `prompt_above` orders an event is answered with the `prompt` budget, because
    people wait for it; the plan of the passing time gets the whole one. `hold_s`:
    planned tasks that start so soon stay where they are, because they may be sent
    while the plan is thought out. `tries`: how often it is thought anew when something
    happened meanwhile. `grouping`: how much one plan holds.
    """

    budget: Budget = field(default_factory=Budget)
    prompt: Budget = field(default_factory=_prompt)
    prompt_above: int = 60
    hold_s: int = 240
    tries: int = 4
    grouping: Grouping = field(default_factory=Grouping)

    def budget_for(self, order_count: int, reasons: Iterable[str]) -> Budget:
        """The budget that a plan for these reasons gets."""
        if order_count <= self.prompt_above or set(reasons) <= {TIME_PASSED}:
            return self.budget
        return self.prompt


def replan(
    sessions: Sessions,
    reading: Sessions,
    ground: RegionMap,
    clock: Clock,
    *,
    pace: Pace | None = None,
    solver: Solver | None = None,
    lease: Lease | None = None,
) -> PlanRow | None:
    """Answer what waits in one cell, the leased or the first; what is new has its cell.

    Returns and errors: those of `plan_cell`.
    """
    pace = pace or Pace()
    prepare(sessions, reading, ground, now=clock.now(), grouping=pace.grouping)
    return plan_cell(
        sessions,
        reading,
        ground,
        clock,
        cell=lease.cell if lease else FIRST,
        pace=pace,
        solver=solver,
        lease=lease,
    )


def plan_cell(
    sessions: Sessions,
    reading: Sessions,
    ground: RegionMap,
    clock: Clock,
    *,
    cell: str,
    pace: Pace,
    solver: Solver | None = None,
    lease: Lease | None = None,
) -> PlanRow | None:
    """Answer the wishes that wait in a cell with a new plan; None when there are none.

    Also None when the world moved on faster than the plan was made, or another process
    took the `lease` meanwhile: the wishes stay.
    Errors: PlanRefusedError, and what the solver raises; the last good plan and the
    wishes stay then.
    """
    for _ in range(pace.tries):
        started_s = clock.monotonic_s()
        with reading() as session:
            wishes = [(wish.id, wish.reason) for wish in waiting(session, cell)]
            if not wishes:
                return None
            picture = look(session, now=clock.now(), cell=cell)
        budget = pace.budget_for(len(picture.orders), (reason for _, reason in wishes))
        think = solver or partial(solve, budget=budget)
        framed, plan = sound_plan(picture, ground, think, hold_s=pace.hold_s)
        with sessions.begin() as session:
            take_turn(session)
            if lease is not None and not is_held(session, lease):
                log.warning("another process plans here now", holder=lease.holder)
                return None
            row = _commit(
                session,
                framed,
                plan,
                wishes,
                clock=clock,
                duration_s=clock.monotonic_s() - started_s,
            )
        if row is not None:
            return row
    return None


def _commit(
    session: Session,
    framed: Frame,
    plan: JointPlan,
    wishes: Sequence[tuple[str, str]],
    *,
    clock: Clock,
    duration_s: float,
) -> PlanRow | None:
    cell = framed.picture.cell
    if session.get(PlanCellRow, cell) is None:
        log.info("the cell is another's part now", cell=cell)
        return None
    fresh: Picture = look(session, now=clock.now(), cell=cell, hold=True)
    clashing = clashes(framed, plan, fresh)
    if clashing:
        log.info("the world moved on: planning anew", why=clashing[:5])
        return None
    triggers = tuple(dict.fromkeys(reason for _, reason in wishes))[:TRIGGERS_MAX]
    writing = writing_of(framed, plan, fresh, triggers=triggers, now=clock.now())
    write_goals(session, writing)
    row = write(session, writing, duration_s=duration_s)
    answer_queues(session, framed, plan)
    take_away(session, [name for name, _ in wishes])
    pass_on(session, writing)
    lend(session, writing)
    return row
