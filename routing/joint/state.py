"""What is decided so far: where each order is made and when, who carries it when."""

import numpy as np

from routing.joint import columns as c
from routing.joint.groups import Ground, State


def empty_state(ground: Ground, seed: int) -> State:
    """Return the state in which nothing is decided."""
    n, r, t = len(ground.orders), len(ground.couriers), len(ground.tasks)
    machines, labs = len(ground.machine_fab), len(ground.fab_place)
    most = 2 * n + 2
    state = State(
        decided=np.full((n, c.DECIDED_WIDTH), -1, np.int64),
        slots=np.full((t, c.SLOT_WIDTH), -1, np.int64),
        busy=np.zeros((machines, t + 1 + len(ground.frozen_runs), 3), np.int64),
        taken=np.zeros(machines, np.int64),
        stops=np.zeros((r, most), np.int64),
        counts=np.zeros(r, np.int64),
        steps=np.zeros((r, most + 1, c.STEP_WIDTH), np.int64),
        fines=np.zeros(r, np.int64),
        made=np.zeros(n, np.int64),
        lab_fine=np.zeros(labs, np.int64),
        shelf=ground.stocks.copy(),
        random=np.array([seed * 2 + 0x9E3779B97F4A7C15], np.uint64),
    )
    state.decided[:, c.TASKS_FROM_S] = ground.orders[:, c.RELEASE_S]
    state.decided[:, c.BRING_BY_S] = ground.orders[:, c.HARD_S]
    for machine, start_s, end_s, word in ground.frozen_runs:
        state.busy[machine, state.taken[machine]] = (start_s, end_s, -1 - word)
        state.taken[machine] += 1
    for v in range(r):
        courier = ground.couriers[v]
        state.steps[v, 0, c.AT_PLACE] = courier[c.COURIER_PLACE]
        state.steps[v, 0, c.AT_S] = courier[c.START_S]
        state.steps[v, 0, c.HAS_PIECES] = courier[c.PIECES_ABOARD]
        state.steps[v, 0, c.HAS_GRAMS] = courier[c.GRAMS_ABOARD]
        state.steps[v, 0, c.LEFT_S] = c.NEVER
        state.steps[v, 0, c.ROOM_S] = c.NEVER
    return state


def copied(state: State) -> State:
    """Return a state that may be changed without changing this one."""
    return State(**{name: array.copy() for name, array in state._asdict().items()})
