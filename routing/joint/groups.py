"""The arrays of a search, grouped by whether the kernels write them; see columns.py."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

type Ints = npt.NDArray[np.int64]


class Ground(NamedTuple):
    """What the kernels read and never write; n orders, r couriers, t tasks, f fabs.

    `seconds`, `metres` (profiles, places, places). `may_carry` (n, r). `order_fabs`
    (k,): the fabs of each order, the likeliest first. `order_tasks`: (t,) in a
    feasible sequence. `mode_range` (t, f, 2): first and count of a task's modes in a
    fab. `starts` (s, 2): from when to when modes may begin. `set_up` (m, 2) as columns.py
    says; `changes` (k, words, words): seconds; `frozen_runs` (x, 4) of machines that are
    set up: machine, start, end, word. `door_range` (f, 2) into `doors` (d, 2), count 0:
    always open. `tail_s` (n, f): the quickest
    ride. `needs` (n, s): grams that the making of each order takes of each of s materials
    that stocks are kept of; `stocks` (f, s): what is there of each, NEVER: enough.
    `parts` (k,): the orders that bring what each order is made from.
    `neighbours` (n, k): orders near in place and time. `late` (2,): prices of a
    second late and very late. `shares` (2, max(f, r), 2): declared, earned, of labs
    and of couriers; `over_permille` (2,).
    """

    orders: Ints
    couriers: Ints
    tasks: Ints
    modes: Ints
    seconds: Ints
    metres: Ints
    may_carry: npt.NDArray[np.bool_]
    order_fabs: Ints
    order_tasks: Ints
    befores: Ints
    mode_range: Ints
    starts: Ints
    set_up: Ints
    changes: Ints
    frozen_runs: Ints
    doors: Ints
    door_range: Ints
    machine_fab: Ints
    fab_place: Ints
    fab_service_s: Ints
    tail_s: Ints
    needs: Ints
    stocks: Ints
    parts: Ints
    neighbours: Ints
    late: Ints
    shares: Ints
    over_permille: Ints


class State(NamedTuple):
    """The part that the kernels write.

    `decided` (n, 9), `slots` (t, 4), `busy` (m, most, 3) and `taken` (m,) as columns.py
    says, a frozen run of a machine that is set up as task -1 - word; `stops` (r, most), `counts` (r,), `steps` (r, most + 1, 7) and `fines` (r,)
    of each courier's route; `made` (n,): the price of each order's making; `lab_fine`
    (f,): the sum of it by lab; `shelf` (f, s): what of each material nobody takes there;
    `random` (1,): what the next random number comes from.
    """

    decided: Ints
    slots: Ints
    busy: Ints
    taken: Ints
    stops: Ints
    counts: Ints
    steps: Ints
    fines: Ints
    made: Ints
    lab_fine: Ints
    shelf: Ints
    random: np.ndarray[tuple[int], np.dtype[np.uint64]]
