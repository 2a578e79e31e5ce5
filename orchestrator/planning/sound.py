"""A plan of all orders, or of all but those with which no plan can be made."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog

from orchestrator.planning.errors import PlanRefusedError
from orchestrator.planning.frames import Frame
from orchestrator.planning.picture import Picture
from orchestrator.planning.problem import frame
from orchestrator.planning.travel import RegionMap
from routing.joint.check import check
from routing.joint.problem import JointPlan, JointProblem

# A promise that could have been kept was not: one order waits, the plan is sound.
BROKEN_PROMISE: Final = "broken-promise"
log = structlog.get_logger()

Solver = Callable[[JointProblem], JointPlan]


def sound_plan(
    picture: Picture, ground: RegionMap, think: Solver, *, hold_s: int
) -> tuple[Frame, JointPlan]:
    """A plan that the referee passes. What is wrong with one order stops no other.

    Errors: PlanRefusedError, and what the solver raises, when no order is to blame.
    """

    def attempt(aside: Mapping[str, str]) -> tuple[Frame, JointPlan]:
        framed = frame(picture, ground, hold_s=hold_s, aside=aside)
        plan = think(framed.problem)
        breaches = check(framed.problem, plan)
        grave = [breach for breach in breaches if breach.code != BROKEN_PROMISE]
        if grave:
            raise PlanRefusedError(grave)
        for breach in breaches:
            log.warning("a promise could have been kept", why=breach.text)
        return framed, plan

    def trouble(order_ids: Sequence[str]) -> str | None:
        """Why there is no plan of these orders alone."""
        others = [order.id for order in picture.orders if order.id not in order_ids]
        try:
            attempt(dict.fromkeys(others, ""))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            return f"{type(error).__name__}: {error}"
        return None

    try:
        return attempt({})
    except Exception:
        log.exception("no plan of all orders: looking for those to set aside")
        order_ids = [order.id for order in picture.orders]
        if trouble([]) is not None:
            raise
        aside = _culprits(order_ids, trouble)
        if not aside or len(aside) == len(order_ids) > 1:
            raise
    return attempt(aside)


def _culprits(
    order_ids: Sequence[str], trouble: Callable[[Sequence[str]], str | None]
) -> dict[str, str]:
    """Those that are trouble even alone, each with why; found by halving."""
    why = trouble(order_ids)
    if why is None:
        return {}
    if len(order_ids) == 1:
        return {order_ids[0]: why}
    half = len(order_ids) // 2
    first, second = order_ids[:half], order_ids[half:]
    return _culprits(first, trouble) | _culprits(second, trouble)
