"""The joint kernels as Python calls them: arrays in, arrays changed, prices out."""

import numpy as np

from routing.compiled import entry
from routing.joint import (
    drive_kernels,
    group_kernels,
    other_kernels,
    part_kernels,
    search_kernels,
)
from routing.joint import insert_kernels as one_more
from routing.joint import repair_kernels as repair
from routing.joint.held import held


@entry
def drive_route(ground, state, v):
    """Work out the steps and the price of courier v's route; False if it is not legal."""
    g, s = held(ground, state)
    return drive_kernels.drive_route(g, s, v)


@entry
def pull(ground, state, i):
    """Take order i out of the plan; its route is left for drive_route()."""
    g, s = held(ground, state)
    repair.pull(g, s, i)


@entry
def make(ground, state, i, fab, is_hurried):
    """Make order i in the fab, whoever may bring it; False if there is no room."""
    g, s = held(ground, state)
    return repair.make(g, s, i, fab, is_hurried)


@entry
def total_fine(ground, state):
    """Return the price of the whole plan as it is."""
    g, s = held(ground, state)
    return repair.total_fine(g, s, np.zeros(len(ground.couriers), np.int64))


@entry
def fill(ground, state, sequence):
    """Put the orders of `sequence` that are not in the plan into it, one by one."""
    g, s = held(ground, state)
    search_kernels.fill(g, s, sequence)


@entry
def compact(ground, state):
    """Move every task forward in its machine's sequence; False if a route breaks."""
    g, s = held(ground, state)
    return search_kernels.compact(g, s)


@entry
def mend(ground, state):
    """Take out who lacks a set-up; return how many."""
    g, s = held(ground, state)
    return search_kernels.mend(g, s)


@entry
def mend_parts(ground, state, may_wait):
    """Mend who begins before its parts are there; see group_kernels.mend_parts()."""
    g, s = held(ground, state)
    return group_kernels.mend_parts(g, s, may_wait)


@entry
def await_parts(ground, state, i):
    """Note from when on order i may be made; False if a part of it is not brought."""
    g, s = held(ground, state)
    return part_kernels.await_parts(g, s, i)


@entry
def hold_parts(ground, state, i):
    """Let the parts of order i be there when it begins; False if a route can't do that."""
    g, s = held(ground, state)
    first_s = part_kernels.begins_first_s(g, s, i)
    return part_kernels.hold_parts(g, s, i, first_s)


@entry
def run(ground, state, best, best_fine, rounds, heats, kept):
    """Ruin and repair `rounds` times; see search_kernels.run()."""
    g, s = held(ground, state)
    g, b = held(ground, best)
    return search_kernels.run(g, s, b, best_fine, rounds, heats[0], heats[1], kept)


@entry
def insert(ground, state, i, work, found, own):
    """Find the cheapest place of one order more; see insert_kernels.insert()."""
    g, s = held(ground, state)
    one_more.insert(g, s, i, work, found, own)


@entry
def add_stops(ground, state, i, found):
    """Put the order into the route that insert() found; False if it is not legal then."""
    g, s = held(ground, state)
    return one_more.add_stops(g, s, i, found)


@entry
def others(ground, state, sequence, answers):
    """Ask who else could serve each order; see other_kernels.others()."""
    g, s = held(ground, state)
    other_kernels.others(g, s, sequence, answers)
