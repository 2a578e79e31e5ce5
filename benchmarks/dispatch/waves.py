"""A day whose orders become known in waves, carried out wave by wave."""

import time
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.dispatch.account import Account, account
from benchmarks.dispatch.anticipate import Scenario
from benchmarks.dispatch.policies import Moment, Policy, Wave, foresee
from benchmarks.region.day import Day, outside_s, tasks_by_order
from benchmarks.region.scene import DAY_S, HOUR_S, scene
from routing.joint.problem import JointProblem, Order, Promise, Task

WAVE_S = 1_800
NOTICE_S = (3 * HOUR_S, 6 * HOUR_S)  # between an order and its wished time
AHEAD_S = 2 * HOUR_S  # how far into the future is imagined
SCENARIOS = 6
POOL_TIMES = 4  # imagined orders that are drawn, per real one
END_S = DAY_S + 4 * HOUR_S
MOVED_S = 600

type Known = tuple[int, Order, tuple[Task, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One day by one policy; `moved`: hand-overs MOVED_S and more outside a promise."""

    account: Account
    moved: int
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waves:
    """A day's orders by when they become known, and others of the same kind."""

    base: JointProblem
    known: tuple[Known, ...]
    pool: tuple[Known, ...]


def waves(region: str, orders: int, seed: int) -> Waves:
    """Return a day; the imagined orders come from the same source as the real ones."""
    whole = scene(region, orders, seed, more=POOL_TIMES * orders)
    tasks = tasks_by_order(whole)
    draw = np.random.default_rng([seed, orders, 3])
    all_known: list[Known] = []
    for order in whole.orders:
        asked_s = max(0, order.due_s - int(draw.uniform(*NOTICE_S)))
        known_s = -(-asked_s // WAVE_S) * WAVE_S
        all_known.append((known_s, replace(order, release_s=known_s), tasks[order.id]))
    return Waves(
        base=replace(whole, orders=(), tasks=()),
        known=tuple(all_known[:orders]),
        pool=tuple(all_known[orders:]),
    )


def play(day_of: Waves, policy: Policy, seed: int, *, cpu_s: float) -> Outcome:
    """Carry out one day, as planned; `cpu_s`: how long a policy may think each wave.

    Errors: RuntimeError for a plan that the referee refuses; AssertionError for a day
    that the account refuses.
    """
    day = Day(base=day_of.base)
    first: dict[str, Promise] = {}
    used_s = 0.0
    for number, at_s in enumerate(range(0, END_S, WAVE_S)):
        day.advance(at_s)
        wave: Wave = [(o, own) for known_s, o, own in day_of.known if known_s == at_s]
        moment = Moment(
            until_s=at_s + WAVE_S,
            scenarios=_imagine(day_of, at_s, seed + number),
            cpu_s=cpu_s,
            seed=seed + number,
        )
        began_s = time.process_time()
        plan = policy(day, wave, moment)
        used_s += time.process_time() - began_s
        for order, tasks in wave:
            day.learn(order, tasks)
        day.adopt(plan)
        first = {**plan.promises, **first}
    day.advance(END_S)
    moved = sum(
        outside_s(promise, day.brought.get(id_, END_S)) > MOVED_S
        for id_, promise in first.items()
    )
    return Outcome(account=account(day_of.base, day), moved=moved, cpu_s=used_s)


def foreseen(day_of: Waves, seed: int, *, cpu_s: float) -> Outcome:
    """Carry out one day whose orders are all known when it begins.

    Nothing is made before it is ordered: what no policy can do much better than.
    Errors: those of play().
    """
    day = Day(base=day_of.base)
    for _, order, tasks in day_of.known:
        day.learn(order, tasks)
    began_s = time.process_time()
    plan = foresee(day.problem(), cpu_s=cpu_s, seed=seed)
    used_s = time.process_time() - began_s
    day.adopt(plan)
    day.advance(END_S)
    return Outcome(account=account(day_of.base, day), moved=0, cpu_s=used_s)


def _imagine(day_of: Waves, at_s: int, seed: int) -> tuple[Scenario, ...]:
    draw = np.random.default_rng([seed, 4])
    coming = [one for one in day_of.pool if at_s < one[0] <= at_s + AHEAD_S]
    found = []
    for _ in range(SCENARIOS):
        chosen = [one for one in coming if draw.random() < 1 / POOL_TIMES]
        found.append(
            Scenario(
                orders=tuple(order for _, order, _ in chosen),
                tasks=tuple(task for *_, tasks in chosen for task in tasks),
            )
        )
    return tuple(found)
