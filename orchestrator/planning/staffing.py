"""Who is in the labs, and what machines are set up for, in the words of routing."""

from datetime import datetime

from orchestrator.catalogue.rows import StepRow
from orchestrator.network.facilities import CHANGE_S
from orchestrator.network.opening import open_windows
from orchestrator.network.rows import MachineRow
from orchestrator.planning.picture import Picture
from routing.joint.problem import Operator, Setups


def operators(picture: Picture, *, until_at: datetime) -> tuple[Operator, ...]:
    """The people of each lab that has hours, as one: there while it is open.

    A lab that is switched off still gives out what it made.
    """
    found = []
    for id_, lab in sorted(picture.facilities.items()):
        spans = open_windows(lab.opening, from_at=picture.at, until_at=until_at)
        hours = tuple(
            (
                round((a - picture.at).total_seconds()),
                round((b - picture.at).total_seconds()),
            )
            for a, b in spans
        )
        if hours:
            found.append(Operator(id=id_, fab=id_, hours=hours))
    return tuple(found)


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
