"""The whole log as one file that anybody can check without us."""

import os
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation import canonical
from orchestrator.foundation.signing import SigningKey, text_of
from orchestrator.ledger.append import spell_recorded
from orchestrator.ledger.rows import CheckpointRow, CosignatureRow, EntryRow
from orchestrator.ledger.sequencer import tree_size
from orchestrator.ledger.witnesses import witnesses
from orchestrator.members.rows import SigningKeyRow
from orchestrator.members.signing_keys import all_keys

EXPORT_FORMAT: Final = "fabcommons-ledger-export-2"
LICENCE: Final = "LicenseRef-PPL"
LICENCE_NAME: Final = "Peer Production License"
ENTRIES_AT_ONCE = 500


def export(session: Session, path: Path, *, origin: str, key: SigningKey) -> int:
    """Write the log to `path`, whole or not at all; return the number of entries.

    One canonical JSON object a line: header, entries by position, checkpoints, seal.
    """
    draft = path.with_name(f".{path.name}.draft")
    size = tree_size(session)
    with draft.open("wb") as stream:
        for line in lines(session, size=size, origin=origin, key=key):
            stream.write(line)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    return size


def lines(
    session: Session, *, size: int, origin: str, key: SigningKey
) -> Iterator[bytes]:
    """The export's lines, each with its line feed; the last one seals the others.

    Reads in short transactions of its own, for what has a position never changes and
    whoever takes the lines may be slow.
    """
    digest = sha256()
    for told in _told(session, size, origin, key):
        line = canonical.dumps(told) + b"\n"
        digest.update(line)
        yield line
    seal = {
        "kind": "seal",
        "sha256": digest.hexdigest(),
        "key_id": key.key_id,
        "signature": text_of(key.sign(digest.digest())),
    }
    yield canonical.dumps(seal) + b"\n"


def _told(
    session: Session, size: int, origin: str, key: SigningKey
) -> Iterator[dict[str, object]]:
    keys = [told_key(row) for row in all_keys(session)]
    known = told_witnesses(session)
    session.rollback()
    yield {
        "kind": "header",
        "format": EXPORT_FORMAT,
        "licence": LICENCE,
        "licence_name": LICENCE_NAME,
        "origin": origin,
        "key_id": key.key_id,
        "keys": keys,
        "witnesses": known,
        "entry_count": size,
    }
    for start in range(0, size, ENTRIES_AT_ONCE):
        rows = session.scalars(
            select(EntryRow)
            .where(
                EntryRow.position >= start,
                EntryRow.position < min(start + ENTRIES_AT_ONCE, size),
            )
            .order_by(EntryRow.position)
        )
        entries = [{"kind": "entry"} | told_entry(row) for row in rows]
        session.rollback()
        yield from entries
    notes = session.execute(
        select(CheckpointRow.size, CheckpointRow.note)
        .where(CheckpointRow.size <= size)
        .order_by(CheckpointRow.size)
    ).all()
    lines_of: dict[int, list[str]] = {}
    for row in session.scalars(select(CosignatureRow).order_by(CosignatureRow.witness)):
        lines_of.setdefault(row.size, []).append(f"{row.line}\n")
    session.rollback()
    for signed_size, note in notes:
        told = note + "".join(lines_of.get(signed_size, ()))
        yield {"kind": "checkpoint", "note": told}


def told_key(row: SigningKeyRow) -> dict[str, str | None]:
    """A key as exports and receipts tell it."""
    return {
        "key_id": row.key_id,
        "public_key": text_of(row.public_key),
        "valid_from": spell_recorded(row.valid_from),
        "revoked_at": _spelled(row.revoked_at),
    }


def told_witnesses(session: Session) -> list[dict[str, str]]:
    """Witnesses as exports and receipts tell them: those who ever were listened to."""
    return [
        {"name": row.name, "public_key": text_of(row.public_key)}
        for row in witnesses(session, dropped=True)
    ]


def told_entry(row: EntryRow) -> dict[str, object]:
    """An entry as exports and receipts tell it."""
    return {
        "position": row.position,
        "recorded_at": spell_recorded(row.recorded_at),
        "key_id": row.key_id,
        "signature": text_of(row.signature),
        "body": row.body.decode(),
    }


def _spelled(moment: datetime | None) -> str | None:
    return None if moment is None else spell_recorded(moment)
