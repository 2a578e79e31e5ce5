"""Which steps an order takes a substitute for: where the first material is not there."""

from collections import Counter
from collections.abc import Mapping

from orchestrator.catalogue.made import as_made, materials_of
from orchestrator.catalogue.rows import StepRow
from orchestrator.orders.parts import pieces_of
from orchestrator.planning.candidates import candidates
from orchestrator.planning.frames import Wanted
from orchestrator.planning.material import Key, grams_of, stocks_left
from orchestrator.planning.picture import Picture
from orchestrator.planning.usable import Rejection, unusable


def made_instead(wanted: Wanted, picture: Picture) -> dict[str, str]:
    """By step: the first that is there of what the design allows instead.

    A material is there if a machine that makes the step now has it, and its lab, where
    it counts, has enough. A step whose first material is there, or nothing, is not named.
    """
    away = {
        machine.id: reason
        for machine in picture.machines
        if (reason := unusable(machine, picture))
    }
    left = _left(picture)
    found = {}
    for step in picture.steps_of.get(wanted.design_version_id, ()):
        for material in materials_of(step) if len(materials_of(step)) > 1 else ():
            made = as_made(step, {step.id: material})
            pieces = pieces_of(step, wanted.quantity)
            if _is_there(made, pieces, picture, away, left):
                if material != step.material:
                    found[step.id] = material
                break
    return found


def _is_there(
    step: StepRow,
    pieces: int,
    picture: Picture,
    away: Mapping[str, Rejection],
    left: Mapping[Key, int],
) -> bool:
    lab_of = {machine.id: machine.facility_id for machine in picture.machines}
    needed_g = grams_of(step, pieces)
    return any(
        left.get((lab_of[mode.machine], step.material.casefold()), needed_g) >= needed_g
        for mode in candidates(step, picture, away).modes
    )


def _left(picture: Picture) -> dict[Key, int]:
    """Grams of each counted stock that no run takes, be it planned or begun."""
    lab_of = {machine.id: machine.facility_id for machine in picture.machines}
    steps = picture.steps()
    taken: Counter[Key] = Counter()
    for task in picture.tasks:
        if task.state == "planned" and task.machine_id in lab_of:
            step = steps[task.id]
            key = lab_of[task.machine_id], step.material.casefold()
            taken[key] += grams_of(step, task.pieces)
    return {
        key: stock.grams - taken[key]
        for stock in stocks_left(picture)
        if (key := (stock.fab, stock.material.casefold()))
    }
