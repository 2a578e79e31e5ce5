"""A part is brought to another lab, because that of before can't go on with it."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from orchestrator.orders import life
from orchestrator.orders.parts import made_from
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.bonds import BEFORE_MADE, BEGUN
from orchestrator.planning.commit import Writing
from orchestrator.planning.frames import Frame
from orchestrator.planning.picture import Picture


def goals_clash(frame: Frame, fresh: Picture) -> Iterator[str]:
    """Why parts can't be brought elsewhere any more: they were made, or gone on with."""
    begun = {task.order_id for task in fresh.tasks if task.state in BEGUN}
    orders = {order.id: order for order in fresh.orders}
    for part_id in frame.goals:
        part = orders.get(part_id)
        if part is None or part.state not in BEFORE_MADE:
            yield f"part {part_id} was made meanwhile"
        elif (order := made_from(part, fresh.orders)) is None or order.id in begun:
            yield f"what follows part {part.number} was begun meanwhile"


def write_goals(session: Session, writing: Writing) -> None:
    """Say it on the part and on the order that the shop placed."""
    labs = writing.fresh.facilities
    for part in writing.fresh.orders:
        goal = writing.frame.goals.get(part.id)
        before = part.to_facility_id
        if goal is None or before is None or goal == before:
            continue
        part.to_facility_id = goal
        text = f"It goes to {labs[goal].name}, not to {labs[before].name}."
        life.tell(session, part, "moved", text, now=writing.now)
        whole = session.get_one(OrderRow, part.part_of)
        words = f"Part {part.number}: {text}"
        life.tell(session, whole, "part-moved", words, now=writing.now)
        writing.change(part, "lab", labs[before].name, labs[goal].name, before, goal)
