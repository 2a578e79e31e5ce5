"""What of a lab's material is promised, and whether a quote may still count on some."""

from collections import Counter
from math import floor

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import steps_of
from orchestrator.catalogue.made import as_made
from orchestrator.catalogue.rows import StepRow
from orchestrator.network.facilities import facility_of
from orchestrator.network.rows import MachineRow
from orchestrator.network.stock import stocks
from orchestrator.orders.parts import own_steps
from orchestrator.orders.rows import OrderRow, QuoteRow
from orchestrator.planning.material import grams_of
from orchestrator.planning.picture import OPEN_STATES
from orchestrator.planning.rows import TaskRow
from orchestrator.planning.tasks import LIVE, first_tasks, runs_of
from routing.reason import weight


def shortage(session: Session, quote: QuoteRow) -> str | None:
    """What the quote's lab has too little of by now, in words; None: nothing.

    The caller sees to it that no order is placed meanwhile.
    """
    lab = quote.facility_id or ""
    counted = {one.material.casefold(): one for one in stocks(session, [lab])}
    needs: Counter[str] = Counter()
    for step in own_steps(quote, steps_of(session, quote.design_version_id)):
        for pieces in runs_of(step, quote.quantity):
            needs[step.material.casefold()] += grams_of(step, pieces)
    short = {name: needed_g for name, needed_g in needs.items() if name in counted}
    promised = _promised_g(session, lab) if any(short.values()) else Counter()
    for name, needed_g in short.items():
        left_g = max(0, floor(counted[name].grams) - promised[name])
        if left_g < needed_g:
            return (
                f"{facility_of(session, lab).name} has only {weight(left_g)} of "
                f"{counted[name].material} left, this order takes {weight(needed_g)}"
            )
    return None


def _promised_g(session: Session, lab: str) -> Counter[str]:
    """Grams by material that open orders still take of this lab's stocks.

    A run that no plan holds yet counts where its order is to be made, at first where
    it was offered.
    """
    where = func.coalesce(
        MachineRow.facility_id, OrderRow.facility_id, QuoteRow.facility_id
    )
    promised: Counter[str] = Counter()
    runs = session.execute(
        select(TaskRow.pieces, StepRow, OrderRow.made_of)
        .join(StepRow, StepRow.id == TaskRow.step_id)
        .join(OrderRow, OrderRow.id == TaskRow.order_id)
        .join(QuoteRow, QuoteRow.id == OrderRow.quote_id)
        .outerjoin(MachineRow, MachineRow.id == TaskRow.machine_id)
        .where(OrderRow.state.in_(OPEN_STATES), TaskRow.state.in_(LIVE), where == lab)
    )
    for pieces, designed, made_of in runs:
        step = as_made(designed, made_of)
        promised[step.material.casefold()] += grams_of(step, pieces)
    new = session.scalars(
        select(OrderRow)
        .join(QuoteRow, QuoteRow.id == OrderRow.quote_id)
        .where(
            OrderRow.state.in_(OPEN_STATES),
            QuoteRow.facility_id == lab,
            ~exists().where(TaskRow.order_id == OrderRow.id),
        )
    )
    for order in new:
        of_design = steps_of(session, order.design_version_id)
        steps = {step.id: as_made(step, order.made_of) for step in of_design}
        for task in first_tasks(order, of_design):
            step = steps[task.step_id]
            promised[step.material.casefold()] += grams_of(step, task.pieces)
    return promised
