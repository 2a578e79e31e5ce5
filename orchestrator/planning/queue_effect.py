"""What another order of a machine's jobs would do to promises, before it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.network.machines import machine_of
from orchestrator.planning.cells import cell_of
from orchestrator.planning.picture import look
from orchestrator.planning.plan import Pace
from orchestrator.planning.queue import check_same
from orchestrator.planning.sound import sound_plan
from orchestrator.planning.travel import RegionMap
from routing.joint.solve import solve

SEEN_FROM: Final = timedelta(minutes=5)  # less than that is nobody's matter


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An order that would come at another time. `to_at` None: nobody could bring it."""

    order_id: str
    number: int
    from_at: datetime | None
    to_at: datetime | None
    promised_to_at: datetime
    breaks: bool  # a promise that the plan in force keeps


def effect(
    session: Session,
    ground: RegionMap,
    machine_id: str,
    task_ids: Sequence[str],
    *,
    now: datetime,
) -> list[Moved]:
    """Plan promptly with that order and compare with the plan in force. Nothing is kept.

    Those of broken promises come first. Errors: QueueChangedError, PlanRefusedError,
    and what the solver raises.
    """
    check_same(session, machine_id, task_ids)
    lab = machine_of(session, machine_id).facility_id
    picture = look(session, now=now, cell=cell_of(session, lab))
    supposed = replace(picture, queues={**picture.queues, machine_id: tuple(task_ids)})
    pace = Pace()
    think = partial(solve, budget=pace.prompt)
    framed, plan = sound_plan(supposed, ground, think, hold_s=pace.hold_s)
    moved = []
    for order in picture.orders:
        promise = plan.promises.get(order.id)
        to_at = None if promise is None else framed.time_of(promise.planned_s)
        was_kept = order.expected_at is not None and (
            order.expected_at <= order.promised_to_at
        )
        breaks = was_kept and (to_at is None or to_at > order.promised_to_at)
        if not breaks and not _is_seen(order.expected_at, to_at):
            continue
        moved.append(
            Moved(
                order_id=order.id,
                number=order.number,
                from_at=order.expected_at,
                to_at=to_at,
                promised_to_at=order.promised_to_at,
                breaks=breaks,
            )
        )
    return sorted(moved, key=lambda one: (not one.breaks, one.number))


def _is_seen(before: datetime | None, after: datetime | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(after - before) >= SEEN_FROM
