"""An order that no lab of its cell can begin in time goes where one can begin now."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import StepRow
from orchestrator.network.opening import is_open
from orchestrator.orders.parts import own_steps
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.candidates import candidates
from orchestrator.planning.cells import cell_names, cell_of
from orchestrator.planning.commit import Writing
from orchestrator.planning.nearness import labs_able
from orchestrator.planning.picture import Picture, look_at_labs
from orchestrator.planning.reasons import reason
from orchestrator.planning.rows import CellMemberRow
from orchestrator.planning.usable import Rejection, unusable
from orchestrator.planning.wishes import wish_in


def pass_on(session: Session, writing: Writing) -> None:
    """Give orders away in the transaction of the cell's plan.

    Only if nobody whom the cell sees could begin now, and only to who could, by the
    same rules: so nobody passes it back as long as nothing changes.
    """
    here = writing.fresh.cell
    if here is None or len(cell_names(session, at_most=2)) < 2:
        return
    away = _away(writing.fresh)
    can_begin: dict[tuple[StepRow, ...], bool] = {}
    for order in _in_trouble(writing):
        steps = tuple(own_steps(order, writing.fresh.steps_of[order.design_version_id]))
        if steps not in can_begin:
            labs = {machine.facility_id for machine in writing.fresh.machines}
            can_begin[steps] = any(
                _can_begin(steps, writing.fresh, away, lab) for lab in labs
            )
        if can_begin[steps]:
            continue
        cell = _elsewhere(session, writing, order, steps)
        if cell is not None:
            session.get_one(CellMemberRow, order.id).cell = cell
            text = f"nobody in {here} can begin order {order.number}"
            wish_in(session, cell, text, writing.now)


def _in_trouble(writing: Writing) -> Iterator[OrderRow]:
    """Orders of which nothing is begun, left out or past their latest time.

    None that several labs make: no single cell's lab could take it over.
    """
    begun = {
        task.order_id
        for task in writing.fresh.tasks
        if task.state not in {"planned", "failed", "cancelled"}
    }
    deadline_of = {order.id: order.deadline_s for order in writing.frame.problem.orders}
    for order in writing.fresh.orders:
        promise = writing.plan.promises.get(order.id)
        is_late = promise is not None and promise.planned_s > deadline_of[order.id]
        if order.steps is not None:
            continue
        if order.id not in begun and (is_late or order.id in writing.plan.left_out):
            yield order


def _elsewhere(
    session: Session, writing: Writing, order: OrderRow, steps: tuple[StepRow, ...]
) -> str | None:
    """The cell of the nearest lab that could begin now and that this cell can't see."""
    for lab_id in labs_able(session, order.design_version_id, order.place_id):
        cell = cell_of(session, lab_id)
        if lab_id in writing.fresh.facilities or cell in {None, writing.fresh.cell}:
            continue
        lab = look_at_labs(session, [lab_id], now=writing.now)
        if _can_begin(steps, lab, _away(lab), lab_id):
            return cell
    return None


def _away(picture: Picture) -> dict[str, Rejection]:
    """Machines at which nothing can begin now, be it only because their lab is closed."""
    found = {}
    for machine in picture.machines:
        lab = picture.facilities[machine.facility_id]
        trouble = unusable(machine, picture)
        if not is_open(
            lab.opening, lab.zone, at=picture.at, closed_until=lab.closed_until
        ):
            trouble = Rejection(
                subject_id=machine.id,
                subject_name=machine.name,
                code="closed",
                text=reason("closed", lab=lab.name),
            )
        if trouble is not None:
            found[machine.id] = trouble
    return found


def _can_begin(
    steps: tuple[StepRow, ...],
    picture: Picture,
    away: dict[str, Rejection],
    lab_id: str,
) -> bool:
    lab_of = {machine.id: machine.facility_id for machine in picture.machines}
    return all(
        any(
            lab_of[mode.machine] == lab_id
            for mode in candidates(step, picture, away).modes
        )
        for step in steps
    )
