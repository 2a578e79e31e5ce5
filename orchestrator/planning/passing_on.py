"""An order that no machine of its cell can make now goes where one can."""

from sqlalchemy.orm import Session

from orchestrator.planning.candidates import candidates
from orchestrator.planning.cells import cell_of
from orchestrator.planning.commit import Writing
from orchestrator.planning.nearness import labs_able
from orchestrator.planning.picture import look_at_lab
from orchestrator.planning.rows import CellMemberRow
from orchestrator.planning.usable import unusable
from orchestrator.planning.wishes import wish_in


def pass_on(session: Session, writing: Writing) -> None:
    """Give away orders that wait for a machine, in the transaction of the cell's plan.

    Only to a lab that could begin now and that the cell does not see, by the same
    rules: so nobody passes it back.
    """
    here = writing.fresh.cell
    begun = {
        task.order_id
        for task in writing.fresh.tasks
        if task.state not in {"planned", "failed"}
    }
    for order in writing.fresh.orders:
        if order.id in begun or order.reason_code != "no-machine" or here is None:
            continue
        steps = writing.fresh.steps_of[order.design_version_id]
        for lab_id in labs_able(session, order.design_version_id, order.place_id):
            cell = cell_of(session, lab_id)
            if lab_id in writing.fresh.facilities or cell in {None, here}:
                continue
            lab = look_at_lab(session, lab_id, now=writing.now)
            away = {
                machine.id: found
                for machine in lab.machines
                if (found := unusable(machine, lab)) is not None
            }
            if cell and all(candidates(step, lab, away).modes for step in steps):
                session.get_one(CellMemberRow, order.id).cell = cell
                text = f"order {order.number} can't be made in {here}"
                wish_in(session, cell, text, writing.now)
                break
