"""The Merkle tree of RFC 6962 and 9162: hashes, roots and proofs, nothing else.

A tree is read through `Node`: the hash of the full subtree of 2**level leaves that
begins at leaf index * 2**level.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

type Node = Callable[[int, int], bytes]

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(node: Node, size: int) -> bytes:
    """The root of the first `size` leaves."""
    return _range_hash(node, 0, size) if size else EMPTY_ROOT


def inclusion_proof(node: Node, index: int, size: int) -> list[bytes]:
    """Why leaf `index` is in the tree of `size` leaves; lowest hash first.

    Errors: ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    start, end = 0, size
    path: list[bytes] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(node, middle, end))
            end = middle
        else:
            path.append(_range_hash(node, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(node: Node, old_size: int, new_size: int) -> list[bytes]:
    """Why the tree of `old_size` is the beginning of the tree of `new_size`.

    Errors: ValueError unless 0 <= old_size <= new_size.
    """
    if not 0 <= old_size <= new_size:
        raise ValueError(f"no tree of {old_size} in a tree of {new_size}")
    if old_size in {0, new_size}:
        return []
    start, end, whole = 0, new_size, True
    path: list[bytes] = []
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(_range_hash(node, middle, end))
            end = middle
        else:
            path.append(_range_hash(node, start, middle))
            start, whole = middle, False
    if not whole:
        path.append(_range_hash(node, start, end))
    return path[::-1]


def includes(
    *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether `proof` shows the leaf hash at `index` under `root` (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(
    *,
    old_size: int,
    new_size: int,
    proof: Sequence[bytes],
    old_root: bytes,
    new_root: bytes,
) -> bool:
    """Whether `proof` shows that the new tree begins with the old (RFC 9162 2.1.4.2)."""
    if not 0 <= old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    steps = list(proof)
    if old_size & (old_size - 1) == 0:
        steps.insert(0, old_root)
    return bool(steps) and _climb(old_size, new_size, steps) == (old_root, new_root)


def _climb(
    old_size: int, new_size: int, steps: Sequence[bytes]
) -> tuple[bytes, bytes] | None:
    """Both roots as the steps of a consistency proof give them; None: wrong length."""
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_found = new_found = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            old_found = node_hash(step, old_found)
            new_found = node_hash(step, new_found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new_found = node_hash(new_found, step)
        place, last = place >> 1, last >> 1
    return None if last else (old_found, new_found)


def completed_nodes(
    node: Node, index: int, leaf: bytes
) -> Iterator[tuple[int, int, bytes]]:
    """The full subtrees that leaf `index`, appended last, completes: itself first.

    Yields (level, index, hash); `node` is asked for their left halves only.
    """
    level, found = 0, leaf
    yield level, index, found
    while index & 1:
        found = node_hash(node(level, index - 1), found)
        level, index = level + 1, index >> 1
        yield level, index, found


def _range_hash(node: Node, start: int, end: int) -> bytes:
    """The hash of leaves start to end - 1, a subtree as RFC 6962 splits them."""
    subtrees: list[bytes] = []
    while start < end:
        size = _largest_aligned(start, end)
        level = size.bit_length() - 1
        subtrees.append(node(level, start >> level))
        start += size
    found = subtrees.pop()
    while subtrees:
        found = node_hash(subtrees.pop(), found)
    return found


def _largest_aligned(start: int, end: int) -> int:
    """The largest power of two that fits and that divides `start`."""
    fits = 1 << ((end - start).bit_length() - 1)
    return min(fits, start & -start) if start else fits


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
