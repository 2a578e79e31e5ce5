"""Proofs that an entry is in the log, and that the log only ever grew."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from orchestrator.foundation.errors import ConflictError, NotFoundError
from orchestrator.ledger import merkle
from orchestrator.ledger.append import entry_of
from orchestrator.ledger.sequencer import of_tree, tree_size


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusionProof:
    """The hashes from the leaf up to the root of the first `size` entries."""

    position: int
    size: int
    leaf_hash: bytes
    path: tuple[bytes, ...]
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyProof:
    """Why the tree of `old_size` is the beginning of that of `new_size`."""

    old_size: int
    new_size: int
    old_root: bytes
    new_root: bytes
    path: tuple[bytes, ...]


def inclusion(
    session: Session, event_id: str, *, size: int | None = None
) -> InclusionProof:
    """Proof for an event in the tree of `size` entries (None: as it stands).

    Errors: NotFoundError; ConflictError while the entry has no position.
    """
    row = entry_of(session, event_id)
    if row.position is None:
        raise ConflictError(f"{event_id} waits for its position: ask again in a moment")
    wanted = _checked_size(session, size)
    if row.position >= wanted:
        raise NotFoundError(f"{event_id} is not among the first {wanted} entries")
    position, leaf = row.position, row.leaf_hash
    return of_tree(
        session,
        lambda node: InclusionProof(
            position=position,
            size=wanted,
            leaf_hash=leaf,
            path=tuple(merkle.inclusion_proof(node, position, wanted)),
            root=merkle.root(node, wanted),
        ),
    )


def consistency(
    session: Session, old_size: int, *, new_size: int | None = None
) -> ConsistencyProof:
    """Proof that nothing before `old_size` changed. Errors: NotFoundError."""
    wanted = _checked_size(session, new_size)
    if not 0 <= old_size <= wanted:
        raise NotFoundError(f"the log never had {old_size} of {wanted} entries")
    return of_tree(
        session,
        lambda node: ConsistencyProof(
            old_size=old_size,
            new_size=wanted,
            old_root=merkle.root(node, old_size),
            new_root=merkle.root(node, wanted),
            path=tuple(merkle.consistency_proof(node, old_size, wanted)),
        ),
    )


def _checked_size(session: Session, size: int | None) -> int:
    grown = tree_size(session)
    if size is None:
        return grown
    if not 0 <= size <= grown:
        raise NotFoundError(f"the log has {grown} entries, not {size}")
    return size
