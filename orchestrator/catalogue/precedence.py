"""Which step waits for which: a graph without circles, in an order that works."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush


class CircleError(Exception):
    """Some wait for each other. `circle`: their indices, each after the next one."""

    def __init__(self, circle: Sequence[int]) -> None:
        super().__init__(" → ".join(str(index) for index in circle))
        self.circle = tuple(circle)


def in_order(after: Sequence[Iterable[int]]) -> list[int]:
    """Indices, each after all that it waits for, and otherwise as they were given.

    `after[i]`: what i waits for, each in 0..n-1; twice is once. Errors: CircleError.
    Kahn (1962), doi:10.1145/368996.369025.
    """
    missing = [set(each) for each in after]
    followers: list[list[int]] = [[] for _ in after]
    for index, before in enumerate(missing):
        for one in before:
            followers[one].append(index)
    free = [index for index, before in enumerate(missing) if not before]
    heapify(free)
    found: list[int] = []
    while free:
        index = heappop(free)
        found.append(index)
        for follower in followers[index]:
            missing[follower].discard(index)
            if not missing[follower]:
                heappush(free, follower)
    if len(found) < len(missing):
        raise CircleError(_circle(missing))
    return found


def all_before(after: Mapping[int, Iterable[int]]) -> dict[int, set[int]]:
    """By node, all that must be over before it begins, however far.

    The nodes of `after` stand so that each comes after those it waits for; what is no
    node of it is passed over.
    """
    found: dict[int, set[int]] = {}
    for node, direct in after.items():
        known = [one for one in direct if one in found]
        found[node] = set(known).union(*(found[one] for one in known))
    return found


def without_detours(after: Mapping[int, Collection[int]]) -> dict[int, list[int]]:
    """The same graph without what other steps between imply: its transitive reduction.

    As of `all_before`. Aho, Garey and Ullman (1972), doi:10.1137/0201008.
    """
    before = all_before(after)
    return {
        node: sorted(
            one
            for one in set(direct)
            if not any(one in before[other] for other in direct)
        )
        for node, direct in after.items()
    }


def _circle(missing: Sequence[set[int]]) -> list[int]:
    """One circle among those that are never free: each of them waits for another."""
    at = next(index for index, before in enumerate(missing) if before)
    way: list[int] = []
    while at not in way:
        way.append(at)
        at = min(missing[at])
    return [*way[way.index(at) :], at]
