"""The next best lab, machine, courier and time of an order, in words and money."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from routing.joint import columns as c
from routing.joint.arrays import Names
from routing.joint.groups import Ground, Ints, State
from routing.joint.kernels import others
from routing.joint.materials import kept
from routing.joint.other_kernels import (
    ANSWER_WIDTH,
    BEGIN_S,
    EARLIER_S,
    EXTRA,
    HOW,
    IN_TIME,
    KINDS,
    NOBODY,
    OTHER_COURIER,
    OTHER_FAB,
    OTHER_MACHINE,
)
from routing.joint.problem import Alternative, JointProblem, Order
from routing.measures import cents_of
from routing.reason import minutes, weight

KIND_OF: Final = ("lab", "machine", "courier", "time")
NOBODY_ELSE: Final = {
    "lab": "no other lab can make it",
    "machine": "no other machine can do it",
    "courier": "no other courier can carry it",
    "time": f"it can't be there {minutes(EARLIER_S)} earlier",
}
SEEN_FROM_S: Final = 60


def alternatives_of(
    problem: JointProblem,
    ground: Ground,
    names: Names,
    state: State,
    planned: Mapping[str, int],
) -> dict[str, tuple[Alternative, ...]]:
    """Return one of each kind for orders of `planned` (hand-overs in seconds).

    Each the cheapest insertion into this plan without the order, by the search's own
    prices: all other orders stay where they are. None of an order of which no task is
    free any more: where it is made was decided by an earlier plan, and so was told.
    """
    is_free = ground.tasks[:, c.IS_FROZEN] == 0
    free = set(ground.tasks[is_free, c.TASK_ORDER].tolist())
    orders = [
        order
        for order in problem.orders
        if order.id in planned and names.orders[order.id] in free
    ]
    answers = np.zeros((len(ground.orders), KINDS, ANSWER_WIDTH), np.int64)
    sequence = np.array([names.orders[order.id] for order in orders], np.int64)
    others(ground, state, sequence, answers)
    told = dict[str, tuple[Alternative, ...]].fromkeys(planned, ())
    return told | {
        order.id: tuple(
            _told(problem, order, planned[order.id], kind, answer)
            if answer[HOW] != NOBODY
            else _nobody(kind, _lacks(problem, ground, state, i))
            for kind, answer in zip(KIND_OF, answers[i], strict=True)
        )
        for order, i in zip(orders, sequence.tolist(), strict=True)
    }


def _lacks(problem: JointProblem, ground: Ground, state: State, i: int) -> str:
    """Return of which material all other labs that could make it have too little."""
    row, needs = ground.orders[i], ground.needs[i]
    fabs = ground.order_fabs[row[c.FIRST_FAB] : row[c.FIRST_FAB] + row[c.FABS]]
    short = [needs > state.shelf[f] for f in fabs if f != state.decided[i, c.FAB]]
    if not short or not all(one.any() for one in short):
        return ""
    k = int(np.argmax(short[0]))
    return f"{weight(int(needs[k]))} of {kept(problem)[k]}"


def _nobody(kind: str, lacking: str) -> Alternative:
    text = NOBODY_ELSE[kind]
    if kind == "lab" and lacking:
        text = f"no other lab that can make it has {lacking} left"
    return Alternative(kind=kind, who="", extra_cents=None, later_s=0, text=text)


def cheapest_of(found: Sequence[Alternative]) -> Alternative | None:
    """Return the cheapest lab, machine or courier; the first of them if none has a price."""
    others_ = [one for one in found if one.kind != "time"]
    priced = [one for one in others_ if one.extra_cents is not None]
    first = next(iter(others_), None)
    return min(priced, key=lambda one: one.extra_cents or 0, default=first)


def _told(
    problem: JointProblem, order: Order, planned_s: int, kind: str, answer: Ints
) -> Alternative:
    who, subject = _who(problem, kind, answer)
    begin_s = int(answer[BEGIN_S])
    later_s = begin_s - planned_s
    if answer[HOW] != IN_TIME:
        late = minutes(begin_s - order.deadline_s)
        text = f"{subject} could have it there only {late} after its latest time"
        return Alternative(
            kind=kind, who=who, extra_cents=None, later_s=later_s, text=text
        )
    extra_cents = cents_of(int(answer[EXTRA]))
    text = f"{subject} {_price_words(extra_cents)}"
    if abs(later_s) >= SEEN_FROM_S and kind != "time":
        when = "later" if later_s > 0 else "earlier"
        text += f" and is there {minutes(later_s)} {when}"
    return Alternative(
        kind=kind, who=who, extra_cents=extra_cents, later_s=later_s, text=text
    )


def _price_words(extra_cents: int) -> str:
    price = f"{abs(extra_cents) // 100}.{abs(extra_cents) % 100:02}"
    if extra_cents >= 0:
        return f"costs {price} more"
    return f"would be {price} cheaper, which the search did not find"


def _who(problem: JointProblem, kind: str, answer: Ints) -> tuple[str, str]:
    """Return the id and the words for it; couriers are not named to each other."""
    if kind == "courier":
        return problem.couriers[int(answer[OTHER_COURIER])].id, "another courier"
    if kind == "time":
        return "", f"{minutes(EARLIER_S)} earlier"
    fab = problem.fabs[int(answer[OTHER_FAB])]
    if kind == "lab":
        return fab.id, fab.name or fab.id
    machine = problem.machines[int(answer[OTHER_MACHINE])]
    return machine.id, f"{machine.name or machine.id} in {fab.name or fab.id}"
