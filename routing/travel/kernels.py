"""Contraction, labels, tables and ways as compiled loops: all kernels of travel.

A length is one number: milliseconds << 32 | decimetres. Such numbers add up, and the
smaller one is the faster way, of two as fast the shorter: answers have no ties.
Arrays have named columns, so that few of them are handed on: numba compiles a call
with many arrays slowly.
"""

import numpy as np

from routing.compiled import entry, kernel

NEVER = np.int64(1) << 62
METRES_MASK = (np.int64(1) << 32) - 1
TRY_SETTLED = 40  # nodes that a look for a way around settles to guess a price
SURE_SETTLED = 400  # and before a shortcut is really added
LOOK_ROOM = 8_192

# Columns of an edge.
TAIL, HEAD, KEY, MIDDLE, NEXT_OUT, NEXT_IN, EDGE_COLUMNS = range(7)
# Columns of a node while it is contracted.
FIRST_OUT, FIRST_IN, LEVEL, LENGTH, STAMP, NODE_COLUMNS = range(6)
# Columns of an upward edge, of a heap's entry, and of a node that a search reached.
OTHER, UP_KEY, UP_MIDDLE = range(3)
FAR, NODE = range(2)
REACHED, TURN, PARENT = range(3)


@kernel
def push(heap, size, key, node):
    """Add to a binary heap (smallest key first, then smallest node); its new size."""
    at = size
    while at > 0:
        up = (at - 1) >> 1
        if heap[up, FAR] < key or (heap[up, FAR] == key and heap[up, NODE] <= node):
            break
        heap[at, FAR], heap[at, NODE] = heap[up, FAR], heap[up, NODE]
        at = up
    heap[at, FAR], heap[at, NODE] = key, node
    return size + 1


@kernel
def pop(heap, size):
    """Take the first, heap[0], out: the new size. Read it before."""
    size -= 1
    key, node = heap[size, FAR], heap[size, NODE]
    at = 0
    while True:
        low = 2 * at + 1
        if low >= size:
            break
        right = low + 1
        if right < size and (
            heap[right, FAR] < heap[low, FAR]
            or (
                heap[right, FAR] == heap[low, FAR]
                and heap[right, NODE] < heap[low, NODE]
            )
        ):
            low = right
        if key < heap[low, FAR] or (key == heap[low, FAR] and node <= heap[low, NODE]):
            break
        heap[at, FAR], heap[at, NODE] = heap[low, FAR], heap[low, NODE]
        at = low
    heap[at, FAR], heap[at, NODE] = key, node
    return size


@kernel
def look_around(nodes, edges, heap, now, source, without, limit, settled_max):
    """Dijkstra from `source` past `without`, up to `limit`; LENGTH where STAMP is now."""
    nodes[source, LENGTH], nodes[source, STAMP] = 0, now
    size = push(heap, 0, 0, source)
    settled = 0
    while size > 0 and settled < settled_max:
        far, node = heap[0, FAR], heap[0, NODE]
        size = pop(heap, size)
        if far > nodes[node, LENGTH]:
            continue
        settled += 1
        edge = nodes[node, FIRST_OUT]
        while edge >= 0:
            other, reach = edges[edge, HEAD], far + edges[edge, KEY]
            if (
                other != without
                and reach <= limit
                and (nodes[other, STAMP] != now or reach < nodes[other, LENGTH])
                and size < LOOK_ROOM
            ):
                nodes[other, LENGTH], nodes[other, STAMP] = reach, now
                size = push(heap, size, reach, other)
            edge = edges[edge, NEXT_OUT]


@kernel
def shortcuts(nodes, edges, heap, now, node, settled_max, found):
    """Write (into-edge, out-edge) of each shortcut that `node` leaves; how many.

    `now` holds the number of the last look around, and counts on.
    """
    count = 0
    into = nodes[node, FIRST_IN]
    while into >= 0:
        source, limit = edges[into, TAIL], np.int64(-1)
        away = nodes[node, FIRST_OUT]
        while away >= 0:
            if edges[away, HEAD] != source:
                limit = max(limit, edges[into, KEY] + edges[away, KEY])
            away = edges[away, NEXT_OUT]
        if limit >= 0:
            now[0] += 1
            look_around(nodes, edges, heap, now[0], source, node, limit, settled_max)
        away = nodes[node, FIRST_OUT]
        while away >= 0:
            target = edges[away, HEAD]
            via = edges[into, KEY] + edges[away, KEY]
            if target != source and (
                nodes[target, STAMP] != now[0] or nodes[target, LENGTH] > via
            ):
                if count < len(found):
                    found[count, 0], found[count, 1] = into, away
                count += 1
            away = edges[away, NEXT_OUT]
        into = edges[into, NEXT_IN]
    return count


@kernel
def price_of(nodes, edges, heap, now, node, found):
    """How dear it is to contract the node now: shortcuts for edges saved, and depth."""
    saved = 0
    edge = nodes[node, FIRST_OUT]
    while edge >= 0:
        saved += 1
        edge = edges[edge, NEXT_OUT]
    edge = nodes[node, FIRST_IN]
    while edge >= 0:
        saved += 1
        edge = edges[edge, NEXT_IN]
    if saved == 0:
        return nodes[node, LEVEL] * 1_000
    added = shortcuts(nodes, edges, heap, now, node, TRY_SETTLED, found)
    return nodes[node, LEVEL] * 1_000 + (2_000 * added) // saved


@kernel
def unlink(nodes, edges, first, next_, owner, edge):
    """Take an edge out of its owner's list, the one of columns `first` and `next_`."""
    at = nodes[owner, first]
    if at == edge:
        nodes[owner, first] = edges[edge, next_]
        return
    while edges[at, next_] != edge:
        at = edges[at, next_]
    edges[at, next_] = edges[edge, next_]


@kernel
def link(nodes, edges, edge, tail, head, key, middle):
    """Write an edge and put it first in both of its lists."""
    edges[edge, TAIL], edges[edge, HEAD] = tail, head
    edges[edge, KEY], edges[edge, MIDDLE] = key, middle
    edges[edge, NEXT_OUT], nodes[tail, FIRST_OUT] = nodes[tail, FIRST_OUT], edge
    edges[edge, NEXT_IN], nodes[head, FIRST_IN] = nodes[head, FIRST_IN], edge


@kernel
def settle(nodes, edges, node):
    """The node's edges become final, its neighbours forget them."""
    for first, next_, far_first, far_next, end in (
        (FIRST_OUT, NEXT_OUT, FIRST_IN, NEXT_IN, HEAD),
        (FIRST_IN, NEXT_IN, FIRST_OUT, NEXT_OUT, TAIL),
    ):
        edge = nodes[node, first]
        while edge >= 0:
            other = edges[edge, end]
            unlink(nodes, edges, far_first, far_next, other, edge)
            nodes[other, LEVEL] = max(nodes[other, LEVEL], nodes[node, LEVEL] + 1)
            edge = edges[edge, next_]


@entry
def contract(node_count, tails, heads, keys):
    """Contract every node, the cheapest first (Geisberger et al. 2008).

    Takes the m edges of n nodes; returns `order` (n,), the nodes from the lowest to
    the highest, and every edge ever made (k, EDGE_COLUMNS) in use: both of its ends
    are nodes, MIDDLE is -1 for a piece of road.
    """
    edge_count = len(tails)
    edges = np.full((2 * edge_count + 16, EDGE_COLUMNS), -1)
    nodes = np.zeros((node_count, NODE_COLUMNS), np.int64)
    nodes[:, FIRST_OUT] = -1
    nodes[:, FIRST_IN] = -1
    for edge in range(edge_count):
        link(nodes, edges, edge, tails[edge], heads[edge], keys[edge], -1)
    used = edge_count
    heap, now = np.empty((LOOK_ROOM, 2), np.int64), np.zeros(1, np.int64)
    found = np.empty((1_024, 2), np.int64)
    queue, waiting = np.empty((node_count, 2), np.int64), 0
    for node in range(node_count):
        price = price_of(nodes, edges, heap, now, node, found)
        waiting = push(queue, waiting, price, node)
    order = np.empty(node_count, np.int64)
    for rank in range(node_count):
        while True:
            node = queue[0, NODE]
            waiting = pop(queue, waiting)
            price = price_of(nodes, edges, heap, now, node, found)
            if waiting == 0 or price <= queue[0, FAR]:
                break
            waiting = push(queue, waiting, price, node)
        count = shortcuts(nodes, edges, heap, now, node, SURE_SETTLED, found)
        if count > len(found):
            found = np.empty((2 * count, 2), np.int64)
            count = shortcuts(nodes, edges, heap, now, node, SURE_SETTLED, found)
        settle(nodes, edges, node)
        order[rank] = node
        if used + count > len(edges):
            more = np.full((len(edges) + count, EDGE_COLUMNS), -1)
            edges = np.concatenate((edges, more))
        for pair in range(count):
            into, away = found[pair, 0], found[pair, 1]
            source, target = edges[into, TAIL], edges[away, HEAD]
            via = edges[into, KEY] + edges[away, KEY]
            edge = nodes[source, FIRST_OUT]
            while edge >= 0 and edges[edge, HEAD] != target:
                edge = edges[edge, NEXT_OUT]
            if edge < 0:
                link(nodes, edges, used, source, target, via, node)
                used += 1
            elif via < edges[edge, KEY]:
                edges[edge, KEY], edges[edge, MIDDLE] = via, node
    return order, edges[:used]


@kernel
def climb(up_first, up, down_first, down, reached, heap, now, source, label):
    """Search upwards from `source` and write the label of what it finds; its length.

    `up` are the edges to climb, `down` those that come back from higher nodes: a node
    that is nearer by way of one of them is no hub ("stall on demand"). `label` (n, 2)
    gets FAR and NODE of each hub, `reached` PARENT, the edge that led there.
    """
    reached[source, REACHED], reached[source, TURN] = 0, now
    reached[source, PARENT] = -1
    size, count = push(heap, 0, 0, source), 0
    while size > 0:
        far, node = heap[0, FAR], heap[0, NODE]
        size = pop(heap, size)
        if far > reached[node, REACHED]:
            continue
        is_stalled = False
        for edge in range(down_first[node], down_first[node + 1]):
            other = down[edge, OTHER]
            if (
                reached[other, TURN] == now
                and reached[other, REACHED] + down[edge, UP_KEY] < far
            ):
                is_stalled = True
                break
        if is_stalled:
            continue
        label[count, FAR], label[count, NODE] = far, node
        count += 1
        for edge in range(up_first[node], up_first[node + 1]):
            other, reach = up[edge, OTHER], far + up[edge, UP_KEY]
            if reached[other, TURN] != now or reach < reached[other, REACHED]:
                reached[other, REACHED], reached[other, TURN] = reach, now
                reached[other, PARENT] = edge
                size = push(heap, size, reach, other)
    return count


@entry
def labels(up_first, up, down_first, down, reached, heap, now, sources):
    """The labels of k sources one after the other: where each begins (k + 1,), all."""
    first = np.zeros(len(sources) + 1, np.int64)
    label = np.empty((len(up_first), 2), np.int64)
    found = np.empty((64 * len(sources) + 64, 2), np.int64)
    for at in range(len(sources)):
        now[0] += 1
        count = climb(
            up_first, up, down_first, down, reached, heap, now[0], sources[at], label
        )
        begin = first[at]
        if begin + count > len(found):
            more = np.empty((len(found) + count, 2), np.int64)
            found = np.concatenate((found, more))
        found[begin : begin + count] = label[:count]
        first[at + 1] = begin + count
    return first, found[: first[-1]].copy()


@kernel
def nearest(at_hub, label, begin, end):
    """The shortest way over a hub of the label, when at_hub holds the other one's."""
    best = NEVER
    for at in range(begin, end):
        best = min(best, at_hub[label[at, NODE]] + label[at, FAR])
    return best


@kernel
def write(table, start, end, length, ends):
    """Write whole seconds and metres of one way, the walks at its ends included."""
    table[0, start, end] = (
        (length >> 32) + ends[start, 0] + ends[end, 0] + 999
    ) // 1_000
    table[1, start, end] = (
        (length & METRES_MASK) * 100 + ends[start, 1] + ends[end, 1] + 999
    ) // 1_000


@entry
def fill(table, begin, ends, out_first, out, in_first, in_, at_hub):
    """Fill the rows and columns of the places from `begin` on.

    `table` (2, n, n) seconds and metres; `ends` (n, 2) walks in ms and mm, -1 where a
    place is too far from any road: its ways are left as they are. `at_hub` holds NEVER
    everywhere, before and after. Where there is no way the table is left as it is.
    """
    count = len(ends)
    for new in range(begin, count):
        table[0, new, new], table[1, new, new] = 0, 0
        if ends[new, 0] < 0:
            continue
        for at in range(out_first[new], out_first[new + 1]):
            at_hub[out[at, NODE]] = out[at, FAR]
        for other in range(count):
            if ends[other, 0] >= 0 and other != new:
                length = nearest(at_hub, in_, in_first[other], in_first[other + 1])
                if length < NEVER:
                    write(table, new, other, length, ends)
        for at in range(out_first[new], out_first[new + 1]):
            at_hub[out[at, NODE]] = NEVER
        for at in range(in_first[new], in_first[new + 1]):
            at_hub[in_[at, NODE]] = in_[at, FAR]
        for other in range(begin):
            if ends[other, 0] >= 0:
                length = nearest(at_hub, out, out_first[other], out_first[other + 1])
                if length < NEVER:
                    write(table, other, new, length, ends)
        for at in range(in_first[new], in_first[new + 1]):
            at_hub[in_[at, NODE]] = NEVER


@entry
def gather(table, chosen):
    """The seconds and the metres (n, n) of the chosen rows and columns."""
    count = len(chosen)
    seconds = np.empty((count, count), np.int64)
    metres = np.empty((count, count), np.int64)
    for layer, result in ((table[0], seconds), (table[1], metres)):
        for row in range(count):
            source, target = layer[chosen[row]], result[row]
            for column in range(count):
                target[column] = source[chosen[column]]
    return seconds, metres


@kernel
def between(first, up, low, high):
    """The fastest upward edge of `low` whose other end is `high`."""
    best = first[low]
    while up[best, OTHER] != high:
        best += 1
    return best


@entry
def unfold(out_first, out, in_first, in_, start, end):
    """The nodes of the way that the edge start -> end stands for, both ends included."""
    todo, way = [(start, end)], [start]
    while len(todo) > 0:
        start, end = todo.pop()
        if start < end:
            middle = out[between(out_first, out, start, end), UP_MIDDLE]
        else:
            middle = in_[between(in_first, in_, end, start), UP_MIDDLE]
        if middle < 0:
            way.append(end)
        else:
            todo.append((middle, end))
            todo.append((start, middle))
    return way
