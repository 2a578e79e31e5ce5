"""An order that nobody placed yet, or a part of one, as routing takes it."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from math import ceil
from typing import Final

from orchestrator.catalogue.rows import StepRow
from orchestrator.foundation.errors import NotFoundError
from orchestrator.orders.parts import brought_by, own_steps, steps_so_far
from orchestrator.orders.rows import OrderRow
from orchestrator.planning.by_hand import Lags
from orchestrator.planning.frames import WANTED, Wanted
from orchestrator.planning.material import grams_of
from orchestrator.planning.picture import Picture
from orchestrator.planning.staffing import word_of
from orchestrator.planning.tasks import runs_of, waits_for
from routing.joint.problem import Mode, Order, Task

LEFT_OUT_CENTS: Final = 1_000_000
HANDOVER_S: Final = 120


def wanted_order(
    wanted: Wanted,
    picture: Picture,
    family: Collection[Wanted],
    *,
    place: Callable[[float, float], int],
    seconds: Callable[[datetime], int],
) -> Order:
    """Its deadline is hard; `family`: what is wanted with it, if it takes several labs.

    Errors: NotFoundError if it names a place that is not.
    """
    goal = picture.places.get(wanted.place_id)
    if goal is None:
        raise NotFoundError(f"no place {wanted.place_id}", field="place_id")
    lab = wanted.to_lab_id
    spot = goal if lab is None else picture.facilities[lab]
    return Order(
        id=wanted.id,
        name="this order" if lab is None else "a part of this order",
        place=place(spot.lat, spot.lon),
        due_s=seconds(wanted.wished_at),
        deadline_s=seconds(wanted.latest_at),
        left_out_cents=LEFT_OUT_CENTS,
        pieces=wanted.quantity,
        grams=grams_carried(wanted, picture, family),
        service_s=HANDOVER_S,
        parts=tuple(part.id for part in brought_by(wanted, family)),
    )


def tasks_of(
    wanted: Wanted,
    steps: Sequence[StepRow],
    *,
    modes_of: Callable[[StepRow], tuple[Mode, ...]],
    material_of: Callable[[StepRow], str],
    lags: Lags,
) -> list[Task]:
    """All runs of it, those of a step after those of the steps that it waits for."""
    own = own_steps(wanted, steps)
    runs_at = {step.position: runs_of(step, wanted.quantity) for step in own}
    names = {
        position: [f"{WANTED}-{position}-{run}" for run in range(len(runs))]
        for position, runs in runs_at.items()
    }
    waits = waits_for(own, names)
    tasks = []
    for step in own:
        modes, runs = modes_of(step), runs_at[step.position]
        machines = {mode.machine for mode in modes}
        tasks += [
            Task(
                id=name,
                order=wanted.id,
                modes=modes,
                after=waits[step.position],
                setup=word_of(step),
                lag_s=lags.of(step, wanted.quantity, run, machines),
                material=material_of(step),
                grams=grams_of(step, pieces),
            )
            for run, (name, pieces) in enumerate(
                zip(names[step.position], runs, strict=True)
            )
        ]
    return tasks


def grams_carried[Part: (OrderRow, Wanted)](
    order: Part, picture: Picture, family: Collection[Part]
) -> int:
    """What a courier has to carry of it: the material of its steps and of its parts'."""
    made = steps_so_far(order, family)
    one_g = sum(
        step.material_g * step.quantity
        for step in picture.steps_of.get(order.design_version_id, ())
        if made is None or step.position in made
    )
    return ceil(one_g * order.quantity)
