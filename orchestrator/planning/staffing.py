"""Who is in the labs, and what machines are set up for, in the words of routing."""

from collections import Counter
from datetime import datetime

from orchestrator.catalogue.rows import StepRow
from orchestrator.network.facilities import CHANGE_S, arm_s
from orchestrator.network.opening import open_windows
from orchestrator.network.rows import (
    FacilityRow,
    MachineRow,
    TrainingNeedRow,
    TrainingRow,
)
from orchestrator.planning.picture import Picture
from routing.joint.problem import Operator, Setups


def operators(picture: Picture, *, until_at: datetime) -> tuple[Operator, ...]:
    """The people of each lab that has hours, as one: there while it is open.

    A lab that is switched off still gives out what it made. Who is trained there is
    one more for each training, in the hours when both the person and the lab are.
    """
    found = []
    labels = training_of(picture)
    for id_, lab in sorted(picture.facilities.items()):
        spans = open_windows(
            lab.opening, lab.zone, from_at=picture.at, until_at=until_at
        )
        hours = tuple(
            (
                round((a - picture.at).total_seconds()),
                round((b - picture.at).total_seconds()),
            )
            for a, b in spans
        )
        if hours:
            found.append(Operator(id=id_, fab=id_, hours=hours))
    for row in picture.trainings:
        known = {labels[one.id] for one in _run_by(row, picture) if one.id in labels}
        spans = _there(row, picture, until_at=until_at)
        if known and spans:
            found.append(
                Operator(
                    id=f"training-{row.number}",
                    fab=row.facility_id,
                    hours=tuple(
                        (
                            round((a - picture.at).total_seconds()),
                            round((b - picture.at).total_seconds()),
                        )
                        for a, b in spans
                    ),
                    trainings=frozenset(known),
                )
            )
    return tuple(found)


def training_of(picture: Picture) -> dict[str, str]:
    """By machine that only trained people run: what their training is called.

    That is its name, which sentences use; its id where its lab has two of that name.
    """
    if not picture.needs:
        return {}
    names = Counter((one.facility_id, one.name) for one in picture.machines)
    return {
        one.id: one.name if names[one.facility_id, one.name] == 1 else one.id
        for one in picture.machines
        if is_limited(one, picture)
    }


def is_limited(machine: MachineRow, picture: Picture) -> bool:
    """Whether only trained people run the machine."""
    return any(_is_about(row, machine) for row in picture.needs)


def is_known(machine: MachineRow, picture: Picture) -> bool:
    """Whether somebody is or will be trained for the machine."""
    return any(_is_about(row, machine) for row in picture.trainings)


def is_attended(
    machine: MachineRow, picture: Picture, start_at: datetime, end_at: datetime
) -> bool:
    """Whether somebody is there all the while who may run the machine."""
    if not is_limited(machine, picture):
        return True
    spans = sorted(
        span
        for row in picture.trainings
        if _is_about(row, machine)
        for span in _there(row, picture, until_at=end_at)
    )
    covered_to = start_at
    for comes, goes in spans:
        if comes <= covered_to:
            covered_to = max(covered_to, goes)
    return covered_to >= end_at


def attended_s(machine: MachineRow, lab: FacilityRow, machine_s: int) -> int:
    """How long somebody must be there: to arm it, and while it may not run alone.

    The lab's people are there while it is open, so that only a training asks for more.
    """
    return arm_s(lab) + (0 if may_run_alone(machine) else machine_s)


def _run_by(row: TrainingRow, picture: Picture) -> list[MachineRow]:
    return [one for one in picture.machines if _is_about(row, one)]


def _is_about(row: TrainingNeedRow | TrainingRow, machine: MachineRow) -> bool:
    return row.facility_id == machine.facility_id and row.about in {
        machine.kind,
        machine.id,
    }


def _there(
    row: TrainingRow, picture: Picture, *, until_at: datetime
) -> list[tuple[datetime, datetime]]:
    """When the person is in the lab, it is open, and the training holds."""
    lab = picture.facilities[row.facility_id]
    from_at = max(picture.at, row.from_at)
    until_at = min(until_at, row.until_at or until_at)
    own = picture.person_hours.get((row.facility_id, row.agent_id), lab.opening)
    theirs = open_windows(own, lab.zone, from_at=from_at, until_at=until_at)
    labs = open_windows(lab.opening, lab.zone, from_at=from_at, until_at=until_at)
    return [
        (max(a, c), min(b, d))
        for a, b in theirs
        for c, d in labs
        if max(a, c) < min(b, d)
    ]


def may_run_alone(machine: MachineRow) -> bool:
    """Whether its lab lets it run with nobody present, as its device agent told."""
    return bool(machine.capability.get("unattended", False))


def setups_of(machine: MachineRow) -> Setups | None:
    """How long its material takes to be changed; None where there is nothing to change."""
    told = machine.capability.get("materials", ())
    words = [str(material["code"]).casefold() for material in told]
    if len(set(words)) < 2:
        return None
    same = {pair: 0 for word in words for pair in ((word, ""), ("", word))}
    return Setups(seconds=same, other_s=CHANGE_S, loaded=words[0])


def word_of(step: StepRow) -> str:
    """What a machine must be set up for; "": nothing in particular."""
    return step.material.casefold()
