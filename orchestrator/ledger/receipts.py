"""A receipt to keep: one entry and all that proves it, checked offline by `verify`."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import ConflictError
from orchestrator.foundation.signing import SigningKey, text_of
from orchestrator.ledger import proofs
from orchestrator.ledger.append import entry_of
from orchestrator.ledger.export import (
    LICENCE,
    LICENCE_NAME,
    told_entry,
    told_key,
    told_witnesses,
)
from orchestrator.ledger.rows import CheckpointRow, CosignatureRow
from orchestrator.ledger.witnesses import cosigned_note
from orchestrator.members.signing_keys import key_named

RECEIPT_FORMAT: Final = "fabcommons-ledger-receipt-1"


def receipt(
    session: Session, entry_id: str, *, origin: str, key: SigningKey
) -> dict[str, object]:
    """Body, signature, keys, inclusion proof and signed checkpoint of one entry.

    Of the newest checkpoint that a witness signed too, where there is one, else of the
    newest. Errors: NotFoundError; ConflictError until a checkpoint holds the entry.
    """
    row = entry_of(session, entry_id)
    holds = CheckpointRow.size > (-1 if row.position is None else row.position)
    signed = CheckpointRow.size.in_(select(CosignatureRow.size))
    checkpoint = session.scalar(
        select(CheckpointRow)
        .where(holds)
        .order_by(signed.desc(), CheckpointRow.size.desc())
        .limit(1)
    )
    if row.position is None or checkpoint is None:
        raise ConflictError(f"{entry_id} waits for its checkpoint: ask again soon")
    proof = proofs.inclusion(session, entry_id, size=checkpoint.size)
    keys = {name: key_named(session, name) for name in (key.key_id, row.key_id)}
    return {
        "kind": "receipt",
        "format": RECEIPT_FORMAT,
        "licence": LICENCE,
        "licence_name": LICENCE_NAME,
        "origin": origin,
        "key_id": key.key_id,
        "keys": [told_key(one) for one in keys.values()],
        "witnesses": told_witnesses(session),
        "entry": told_entry(row),
        "size": checkpoint.size,
        "path": [text_of(step) for step in proof.path],
        "checkpoint": cosigned_note(session, checkpoint),
    }
