"""What labs have of each material and what is planned takes, in the words of routing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from math import ceil, floor

from orchestrator.catalogue.rows import StepRow
from orchestrator.planning.picture import AT_MACHINE, Picture
from orchestrator.planning.reasons import reason
from orchestrator.planning.rows import TaskRow
from orchestrator.planning.usable import Rejection
from routing.joint.problem import Stock, Task
from routing.reason import weight

type Key = tuple[str, str]  # lab, material as spelled first


def material_names(picture: Picture) -> dict[str, str]:
    """How each material that some lab counts is called, by what it is without case."""
    names: dict[str, str] = {}
    for one in picture.stocks:
        names.setdefault(one.material.casefold(), one.material)
    return names


def grams_of(step: StepRow, pieces: int) -> int:
    """What a run of so many pieces takes, in whole grams."""
    return ceil(step.material_g * pieces)


def stocks_left(picture: Picture) -> tuple[Stock, ...]:
    """What of each counted stock is there for what this cell plans.

    Without what is at machines now (taken off when it ends) and what other cells plan.
    """
    names = material_names(picture)
    taken: Counter[Key] = Counter()
    lab_of = {machine.id: machine.facility_id for machine in picture.machines}
    for task, step in (*_at_machines(picture), *_of_guests(picture)):
        name = names.get(step.material.casefold(), step.material)
        taken[lab_of[task.machine_id or ""], name] += grams_of(step, task.pieces)
    return tuple(
        Stock(
            fab=one.facility_id,
            material=(name := names[one.material.casefold()]),
            grams=max(0, floor(one.grams) - taken[one.facility_id, name]),
        )
        for one in picture.stocks
    )


class Shelf:
    """What is left of each stock while runs are given their material one by one."""

    def __init__(self, picture: Picture, stocks: Iterable[Stock]) -> None:
        """Begin with what `stocks_left` found for this cell."""
        self._names = material_names(picture)
        self._left = {(one.fab, one.material): one.grams for one in stocks}

    def give(self, lab: str, step: StepRow, pieces: int) -> bool:
        """Take what the run needs; False, and nothing taken, where there is less."""
        key = lab, self._names.get(step.material.casefold(), "")
        needed_g = grams_of(step, pieces)
        if self._left.get(key, needed_g) < needed_g:
            return False
        if key in self._left:
            self._left[key] -= needed_g
        return True


def labs_short(
    tasks: Iterable[Task],
    stocks: Iterable[Stock],
    picture: Picture,
) -> dict[str, tuple[Rejection, ...]]:
    """By order, the labs that could make it but have not the material for it."""
    lab_of = {machine.id: machine.facility_id for machine in picture.machines}
    able: dict[str, set[str]] = {}
    needs: dict[str, Counter[str]] = {}
    for task in tasks:
        if task.frozen is None and task.grams:
            labs = {lab_of[mode.machine] for mode in task.modes}
            able[task.order] = able.get(task.order, labs) & labs
            needs.setdefault(task.order, Counter())[task.material] += task.grams
    counted = [stock for stock in stocks if stock.fab in picture.facilities]
    return {
        order: tuple(
            _short(stock, need[stock.material], picture.facilities[stock.fab].name)
            for stock in counted
            if stock.fab in able[order] and stock.grams < need[stock.material]
        )
        for order, need in needs.items()
    }


def taken_meanwhile(
    tasks: Mapping[str, Task],
    planned: Iterable[Key],
    before: Iterable[Stock],
    fresh: Picture,
) -> Iterator[str]:
    """Say of which stock there is too little now for what was planned from it.

    `planned`: task and lab of every planned run; only what has shrunk since `before`
    counts.
    """
    is_planned = {task.id for task in fresh.tasks if task.state == "planned"}
    takes: Counter[Key] = Counter()
    for name, lab in planned:
        if name in is_planned:
            takes[lab, tasks[name].material] += tasks[name].grams
    was = {(stock.fab, stock.material): stock.grams for stock in before}
    for stock in stocks_left(fresh):
        key = stock.fab, stock.material
        if stock.grams < takes[key] and stock.grams < was.get(key, stock.grams + 1):
            lab = fresh.facilities[stock.fab].name
            yield f"{lab} has only {weight(stock.grams)} of {stock.material} meanwhile"


def _at_machines(picture: Picture) -> Iterator[tuple[TaskRow, StepRow]]:
    steps = picture.steps()
    for task in picture.tasks:
        if task.state in AT_MACHINE and task.machine_id:
            yield task, steps[task.id]


def _of_guests(picture: Picture) -> Iterator[tuple[TaskRow, StepRow]]:
    for task in picture.guests:
        if task.machine_id:
            yield task, picture.guest_steps[task.id]


def _short(stock: Stock, needed_g: int, lab: str) -> Rejection:
    return Rejection(
        subject_id=stock.fab,
        subject_name=lab,
        code="material-short",
        text=reason(
            "material-short",
            lab=lab,
            left=weight(stock.grams),
            material=stock.material,
            needed=weight(needed_g),
        ),
    )
