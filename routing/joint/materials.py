"""What of each material is left in each fab, what each order takes, and who lacks it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from routing.joint import columns as c
from routing.joint.groups import Ints
from routing.joint.problem import JointProblem, Reason, Task, TaskSlot
from routing.reason import weight

type Left = Mapping[tuple[str, str], int]  # grams, by fab and material


def kept(problem: JointProblem) -> tuple[str, ...]:
    """Return the materials that some fab keeps a stock of, in a fixed order."""
    return tuple(sorted({stock.material for stock in problem.stocks}))


def needs_of(tasks: Iterable[Task]) -> Counter[str]:
    """Return how many grams of which material the tasks that are not frozen take."""
    needs: Counter[str] = Counter()
    for task in tasks:
        if task.frozen is None and task.grams:
            needs[task.material] += task.grams
    return needs


def left_of(
    problem: JointProblem, slots: Iterable[TaskSlot] = ()
) -> dict[tuple[str, str], int]:
    """Return what of each stock may still be taken, beside the `slots` not frozen.

    What a frozen task takes later is kept for it.
    """
    fab_of = {machine.id: machine.fab for machine in problem.machines}
    left = {(stock.fab, stock.material): stock.grams for stock in problem.stocks}
    task_of = {task.id: task for task in problem.tasks}
    takers = [
        (task, task.frozen.machine)
        for task in problem.tasks
        if task.frozen is not None and task.frozen.start_s >= problem.now_s
    ]
    takers += [(task_of[slot.task], slot.machine) for slot in slots if not slot.frozen]
    for task, machine in takers:
        key = (fab_of[machine], task.material)
        if key in left:
            left[key] -= task.grams
    return {key: max(0, grams) for key, grams in left.items()}


def needs_arrays(
    tasks: Iterable[Task], orders: Mapping[str, int], materials: Sequence[str]
) -> Ints:
    """Return (n, s): grams of each material that the making of each order takes."""
    column = {material: k for k, material in enumerate(materials)}
    needs = np.zeros((len(orders), len(materials)), np.int64)
    for task in tasks:
        if task.frozen is None and task.material in column:
            needs[orders[task.order], column[task.material]] += task.grams
    return needs


def left_arrays(problem: JointProblem, fabs: Mapping[str, int]) -> Ints:
    """Return (f, s): grams of each material in each fab; NEVER where none is counted."""
    column = {material: k for k, material in enumerate(kept(problem))}
    stocks = np.full((len(fabs), len(column)), c.NEVER, np.int64)
    for (fab, material), grams in left_of(problem).items():
        stocks[fabs[fab], column[material]] = grams
    return stocks


def lacking(
    problem: JointProblem, fabs: Sequence[str], needs: Counter[str], left: Left
) -> Reason | None:
    """Return that each of `fabs` has too little, and where least is missing.

    None where one of them has enough, or there is none. `left`: of left_of().
    """
    missing = [(_missing(needs, left, fab), fab) for fab in fabs]
    if not missing or not all(short for short, _ in missing):
        return None
    short, fab = min(missing, key=lambda one: (sum(one[0].values()), one[1]))
    material = max(short, key=lambda one: (short[one], one))
    name = next(each.name or each.id for each in problem.fabs if each.id == fab)
    there = weight(needs[material] - short[material])
    whole = next(
        stock.grams
        for stock in problem.stocks
        if (stock.fab, stock.material) == (fab, material)
    )
    is_taken = whole >= needs[material]
    if is_taken:
        there += f" left of {weight(whole)}, the rest is for other orders"
    takes = f"{weight(needs[material])} of {material}"
    text = f"it takes {takes}, and the only lab that can make it, {name}, has {there}"
    if len(fabs) > 1:
        text = f"no lab that can make it has {takes}: {name} lacks least, with {there}"
    return Reason(
        code="material-taken" if is_taken else "no-material",
        text=text,
        remedy=f"{weight(short[material])} more of {material} in {name}",
    )


def _missing(needs: Counter[str], left: Left, fab: str) -> Counter[str]:
    missing: Counter[str] = Counter()
    for material, grams in needs.items():
        there = left.get((fab, material))
        if there is not None and there < grams:
            missing[material] = grams - there
    return missing
