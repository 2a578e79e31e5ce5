"""When the work by hand after a run is done: in the plan, and once the run has ended."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import steps_of
from orchestrator.catalogue.hands import ByHand, Hand, by_hand, lag_s
from orchestrator.catalogue.rows import DesignVersionRow, StepRow
from orchestrator.network.facilities import clear_s
from orchestrator.network.opening import open_windows
from orchestrator.network.rows import FacilityRow, MachineRow
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.frames import Frame
from orchestrator.planning.picture import Picture
from orchestrator.planning.rows import TaskRow
from routing.joint.problem import JointPlan
from routing.scheduling.presence import Presence

WEEK: Final = timedelta(days=7)


def by_hand_of(session: Session, version: DesignVersionRow) -> list[ByHand]:
    """By step of the design, the work by hand that follows it."""
    hands = [Hand(**hand) for hand in version.hands]
    return by_hand(steps_of(session, version.id), hands)


def is_in_hand(task: TaskRow, at: datetime) -> bool:
    """Whether its machine is done with the run, but people are not."""
    is_good = task.state == "done" and bool(task.pieces_good)
    return is_good and task.ready_at is not None and task.ready_at > at


def ready_times(framed: Frame, plan: JointPlan) -> dict[str, datetime]:
    """By task of the plan, when it is done by hand as well."""
    problem = framed.problem
    presence = Presence(problem.operators)
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    lag_of = {task.id: task.lag_s for task in problem.tasks}
    found = {}
    for slot in plan.slots:
        done_s = presence.finished_s(
            fab_of[slot.machine], slot.end_s, lag_of[slot.task]
        )
        if done_s is not None:
            found[slot.task] = framed.time_of(done_s)
    return found


def ready_at(
    session: Session, order: OrderRow, task: TaskRow, ended_at: datetime
) -> datetime:
    """When people are done with a run whose machine ended then; the end, if nothing is."""
    step = session.get_one(StepRow, task.step_id)
    version = session.get_one(DesignVersionRow, order.design_version_id)
    work = by_hand_of(session, version)[step.position]
    machine = session.get_one(MachineRow, task.machine_id)
    lab = session.get_one(FacilityRow, machine.facility_id)
    left_s = lag_s(
        step, work, quantity=order.quantity, run=task.run, clear_s=clear_s(lab)
    )
    if left_s == 0:
        return ended_at
    cleared_at = ended_at + timedelta(seconds=clear_s(lab))
    return worked_until(lab, cleared_at, timedelta(seconds=left_s))


def worked_until(lab: FacilityRow, from_at: datetime, left: timedelta) -> datetime:
    """When people of the lab have worked for so long, in its hours; at any, it has none."""
    while lab.opening:
        until_at = from_at + WEEK
        for opens_at, closes_at in open_windows(
            lab.opening, lab.zone, from_at=from_at, until_at=until_at
        ):
            if closes_at - opens_at >= left:
                return opens_at + left
            left -= closes_at - opens_at
        from_at = until_at
    return from_at + left


class Lags:
    """How long work by hand lasts after runs, as a picture knows designs and labs."""

    def __init__(self, picture: Picture, lab_of: Mapping[str, str]) -> None:
        """`lab_of`: by machine."""
        self._picture, self._lab_of = picture, lab_of
        self._works: dict[str, list[ByHand]] = {}  # by version of the design

    def of(
        self, step: StepRow, quantity: int, run: int, machines: Collection[str]
    ) -> int:
        """In seconds; of the labs with the machines, the one that clears soonest counts."""
        version_id = step.version_id
        works = self._works.get(version_id)
        if works is None:
            steps = self._picture.steps_of[version_id]
            works = by_hand(steps, self._picture.hands_of[version_id])
            self._works[version_id] = works
        labs = {self._lab_of[name] for name in machines}
        cleared_s = min(
            (clear_s(self._picture.facilities[lab]) for lab in labs), default=0
        )
        work = works[step.position]
        return lag_s(step, work, quantity=quantity, run=run, clear_s=cleared_s)
