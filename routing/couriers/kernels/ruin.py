"""Ruin: adjacent strings of stops of neighbouring routes are taken out.

After Christiaens & Vanden Berghe (2020), doi:10.1287/trsc.2019.0914.
"""

from typing import Final

from routing.compiled import kernel
from routing.couriers.kernels.draw import draw, draw_below
from routing.couriers.kernels.groups import BANK, Net, State
from routing.couriers.kernels.layout import Ints, Shorts, Words
from routing.couriers.kernels.routes import refresh, restore, save, take_out

REMOVED_MEAN: Final = 10.0
STRING_MAX: Final = 10.0
SPLIT: Final = 0.5  # share of strings that keep some stops in their middle
SPLIT_MORE: Final = 0.01
BANK_SEED: Final = 0.5  # share of ruins around somebody who is left out


@kernel
def drop_gone(seq: Shorts, at: Ints, r: int, length: int) -> int:
    """Close the gaps of route r; return its new length."""
    x = 1
    for k in range(1, length + 1):
        v = seq[r, k]
        if at[v] == r:
            seq[r, x] = v
            x += 1
    seq[r, x] = seq[r, length + 1]
    return x - 1


@kernel
def string_of(
    word: Words, length: int, longest: float, at: int
) -> tuple[int, int, int, int]:
    """Return begin, end of a string around position `at`, and what of it is kept."""
    size = draw_below(word, min(float(length), longest)) + 1
    kept = 0
    if 1 < size < length and draw(word) < SPLIT:
        kept = 1
        while size + kept < length and draw(word) < SPLIT_MORE:
            kept += 1
    width = size + kept
    low = max(1, at - width + 1)
    high = min(at, length - width + 1)
    begin = low + draw_below(word, high - low + 1)
    keep = begin + 1 + draw_below(word, size - 1) if kept > 0 else -1
    return begin, begin + width, keep, keep + kept


@kernel
def mean_length(length: Ints) -> float:
    """Return the mean number of stops of the routes that have any."""
    stops = 0
    routes = 0
    for r in range(length.shape[0]):
        if length[r] > 0:
            stops += length[r]
            routes += 1
    return stops / max(routes, 1)


@kernel
def ruin(net: Net, state: State, count: int) -> tuple[int, int]:
    """Take strings out, appended to `moved`; return (requests moved, routes kept)."""
    word = state.word
    longest = min(STRING_MAX, mean_length(state.length))
    strings = draw_below(word, 4.0 * REMOVED_MEAN / (1.0 + longest) - 1.0) + 1
    m = net.pick.shape[0]
    bank = state.counts[BANK]
    if bank > 0 and draw(word) < BANK_SEED:
        q = state.bank[draw_below(word, bank)]
    else:
        q = draw_below(word, m)
    seed = net.drop[q]
    if net.pick[q] >= 0 and draw(word) < 0.5:
        seed = net.pick[q]
    kept = 0
    for h in range(net.near.shape[1]):
        if strings <= 0:
            break
        v = net.near[seed, h]
        if v < 0:
            break
        r = state.at[v]
        if r < 0 or state.touched[r] == 1:
            continue
        length = state.length[r]
        pos = 1
        while state.seq[r, pos] != v:
            pos += 1
        begin, end, keep, keep_end = string_of(word, length, longest, pos)
        kept = save(state, kept, r)
        strings -= 1
        first = count
        for k in range(begin, end):
            if keep <= k < keep_end:
                continue
            q = net.owner[state.seq[r, k]]
            if state.at[state.used[q]] == r:
                take_out(net, state, q)
                state.moved[count] = q
                count += 1
        state.length[r] = drop_gone(state.seq, state.at, r, length)
        if not refresh(net, state, r):
            # Without the triangle inequality a shorter route may come late.
            kept -= 1
            restore(net, state, kept)
            count = first
    return count, kept
