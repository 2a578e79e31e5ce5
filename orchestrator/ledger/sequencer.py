"""Gives entries their positions and grows the tree over them: one hand at a time."""

from collections.abc import Callable
from functools import cache

from sqlalchemy import Select, and_, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from orchestrator.foundation.changes import announce
from orchestrator.foundation.database import insert_into
from orchestrator.foundation.errors import FabcommonsError
from orchestrator.ledger.append import leaf_of
from orchestrator.ledger.merkle import completed_nodes, leaf_hash
from orchestrator.ledger.rows import EntryRow, NodeRow, TreeRow

BATCH = 1000
TREE_ID = 1


class LedgerBrokenError(FabcommonsError):
    """Stored history does not match its hashes. Stop writing and audit."""

    code = "ledger-broken"


def sequence(session: Session, *, limit: int = BATCH) -> int:
    """Give the oldest `limit` entries without a position theirs; return how many.

    All of a batch or nothing, in the caller's transaction; another sequencer waits.
    Errors: LedgerBrokenError when an entry is not what was appended.
    """
    tree = locked_tree(session)
    rows = session.scalars(
        select(EntryRow)
        .where(EntryRow.position.is_(None))
        .order_by(EntryRow.recorded_at, EntryRow.id)
        .limit(limit)
    ).all()
    if not rows:
        return 0
    grown: dict[tuple[int, int], bytes] = {}
    node = _node_with(session, grown)
    for position, row in enumerate(rows, start=tree.size):
        leaf = leaf_hash(leaf_of(row))
        if leaf != row.leaf_hash:
            raise LedgerBrokenError(f"entry {row.id} was changed after it was appended")
        for level, index, digest in completed_nodes(node, position, leaf):
            grown[level, index] = digest
    session.execute(
        insert(NodeRow),
        [
            {"level": level, "index": index, "hash": digest}
            for (level, index), digest in grown.items()
        ],
    )
    session.execute(
        update(EntryRow),
        [
            {"id": row.id, "position": position}
            for position, row in enumerate(rows, start=tree.size)
        ],
    )
    tree.size += len(rows)
    session.flush()
    announce(session, "ledger")
    return len(rows)


def tree_size(session: Session) -> int:
    """How many entries have a position."""
    return session.scalar(select(TreeRow.size).where(TreeRow.id == TREE_ID)) or 0


def stored_node(session: Session) -> Callable[[int, int], bytes]:
    """The tree as `merkle` reads it. Errors: LedgerBrokenError for a missing node."""

    def node(level: int, index: int) -> bytes:
        digest = session.scalar(
            select(NodeRow.hash).where(NodeRow.level == level, NodeRow.index == index)
        )
        if digest is None:
            raise LedgerBrokenError(f"node {level}/{index} of the tree is missing")
        return digest

    return node


def of_tree[Found](
    session: Session, read: Callable[[Callable[[int, int], bytes]], Found]
) -> Found:
    """What `read` finds in the stored tree, whose nodes come by one query.

    It is run twice: to see which nodes it asks for, and with them. Errors:
    LedgerBrokenError for a missing node.
    """
    asked: set[tuple[int, int]] = set()

    def note(level: int, index: int) -> bytes:
        asked.add((level, index))
        return b""

    found = read(note)
    if not asked:
        return found
    named = {
        f"{letter}{number}": part
        for number, pair in enumerate(sorted(asked))
        for letter, part in zip("li", pair, strict=True)
    }
    stored = session.execute(_nodes_query(len(asked)), named)
    node_of = {(level, index): digest for level, index, digest in stored}
    for level, index in sorted(asked - set(node_of)):
        raise LedgerBrokenError(f"node {level}/{index} of the tree is missing")
    return read(lambda level, index: node_of[level, index])


@cache
def _nodes_query(count: int) -> Select[int, int, bytes]:
    """So many nodes by level and index; kept, for writing it takes longer than asking."""
    # SQLite would read the whole table for pairs in a list
    pairs = (
        and_(
            NodeRow.level == bindparam(f"l{number}"),
            NodeRow.index == bindparam(f"i{number}"),
        )
        for number in range(count)
    )
    return select(NodeRow.level, NodeRow.index, NodeRow.hash).where(or_(*pairs))


def locked_tree(session: Session) -> TreeRow:
    """The tree's row, locked until the caller's end; made at the first call."""
    locked = select(TreeRow).where(TreeRow.id == TREE_ID).with_for_update()
    locked = locked.execution_options(populate_existing=True)
    tree = session.scalar(locked)
    if tree is None:
        first = insert_into(session, TreeRow).values(id=TREE_ID, size=0)
        session.execute(first.on_conflict_do_nothing())
        tree = session.scalars(locked).one()
    return tree


def _node_with(
    session: Session, grown: dict[tuple[int, int], bytes]
) -> Callable[[int, int], bytes]:
    stored = stored_node(session)

    def node(level: int, index: int) -> bytes:
        digest = grown.get((level, index))
        return stored(level, index) if digest is None else digest

    return node
