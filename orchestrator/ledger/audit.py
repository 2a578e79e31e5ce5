"""The node's own check of its database: whoever edited a row there is found by name."""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import FabcommonsError
from orchestrator.foundation.signing import BadSignatureError, verify
from orchestrator.ledger import merkle
from orchestrator.ledger.append import columns_of, leaf_of
from orchestrator.ledger.merkle import completed_nodes, leaf_hash
from orchestrator.ledger.rows import CheckpointRow, EntryRow, NodeRow
from orchestrator.ledger.sequencer import LedgerBrokenError, tree_size
from orchestrator.members.signing_keys import UnknownKeyError, key_valid_at

ENTRIES_AT_ONCE: Final = 1_000


def audit(session: Session) -> int:
    """Check every entry, node and checkpoint; return how many entries there are.

    Errors: LedgerBrokenError that names the first bad one.
    """
    size = tree_size(session)
    roots = {row.size: row.root for row in session.scalars(select(CheckpointRow))}
    if roots and max(roots) > size:
        raise LedgerBrokenError(
            f"a checkpoint was signed over {max(roots)} entries, the tree has {size}"
        )
    grown: dict[tuple[int, int], bytes] = {}
    count = 0
    for position, row in enumerate(_placed(session)):
        if row.position != position:
            raise LedgerBrokenError(f"entry {position} is missing: {row.id} is next")
        _check_entry(session, row)
        for level, index, digest in completed_nodes(
            lambda level, index: grown[level, index], position, row.leaf_hash
        ):
            grown[level, index] = digest
        count = position + 1
        root = roots.get(count)
        if root is not None and root != merkle.root(
            lambda level, index: grown[level, index], count
        ):
            raise LedgerBrokenError(f"checkpoint {count} is not of these entries")
    if count != size:
        raise LedgerBrokenError(f"the tree has {size} entries, the table {count}")
    _check_nodes(session, grown)
    waiting = select(EntryRow).where(EntryRow.position.is_(None))
    for row in _read(session, waiting):
        _check_entry(session, row)
        count += 1
    return count


def _placed(session: Session) -> Iterator[EntryRow]:
    """Entries by position, a page at a time, so that memory holds the hashes alone."""
    last = -1
    while True:
        rows = _read(
            session,
            select(EntryRow)
            .where(EntryRow.position > last)
            .order_by(EntryRow.position)
            .limit(ENTRIES_AT_ONCE),
        )
        yield from rows
        if len(rows) < ENTRIES_AT_ONCE:
            return
        last = rows[-1].position or 0
        session.expunge_all()


def _read(session: Session, asked: Select[EntryRow]) -> Sequence[EntryRow]:
    """The rows. Errors: LedgerBrokenError for one that is none any more."""
    try:
        return session.scalars(asked).all()
    except (TypeError, ValueError) as error:
        for name in session.scalars(asked.with_only_columns(EntryRow.id)).all():
            try:
                session.scalars(select(EntryRow).where(EntryRow.id == name)).one()
            except (TypeError, ValueError) as unreadable:
                raise LedgerBrokenError(
                    f"entry {name} cannot be read: {unreadable}"
                ) from error
        raise


def _check_entry(session: Session, row: EntryRow) -> None:
    name = f"entry {row.id} (position {row.position})"
    if leaf_hash(leaf_of(row)) != row.leaf_hash:
        raise LedgerBrokenError(f"{name} was changed after it was appended")
    try:
        key = key_valid_at(session, row.key_id, row.recorded_at)
        verify(key.public_key, row.signature, row.body)
        told = columns_of(row.kind, row.body)
    except (BadSignatureError, UnknownKeyError) as error:
        raise LedgerBrokenError(f"{name}: {error}") from error
    except FabcommonsError as error:
        raise LedgerBrokenError(f"{name} is of no kind: {error}") from error
    for column, value in told.items():
        if getattr(row, column) != value:
            raise LedgerBrokenError(
                f"{name}: its {column} is {getattr(row, column)!r}, signed was {value!r}"
            )


def _check_nodes(session: Session, grown: dict[tuple[int, int], bytes]) -> None:
    stored = session.scalar(select(func.count()).select_from(NodeRow))
    if stored != len(grown):
        raise LedgerBrokenError(f"the tree has {stored} nodes instead of {len(grown)}")
    nodes = select(NodeRow.level, NodeRow.index, NodeRow.hash)
    for level, index, digest in session.execute(nodes):
        if grown.get((level, index)) != digest:
            raise LedgerBrokenError(f"node {level}/{index} of the tree was changed")
