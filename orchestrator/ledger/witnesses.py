"""Outsiders who sign our checkpoints, so that we can't show two people two histories.

The forms are C2SP's: tlog-cosignature (Ed25519, `cosignature/v1`) and tlog-witness.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import ConflictError, NotFoundError
from orchestrator.foundation.signing import (
    BadSignatureError,
    checked_public_key,
    text_of,
    verify,
)
from orchestrator.ledger import proofs
from orchestrator.ledger.checkpoint import InvalidCheckpointError, key_hash, octets
from orchestrator.ledger.rows import CheckpointRow, CosignatureRow, WitnessRow

COSIGNATURE_TYPE: Final = b"\x04"
NAME_MAX: Final = 100
LINES_MAX: Final = 64
SIGNATURE_BYTES: Final = 4 + 8 + 64  # key hash, time, Ed25519


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosignature:
    """One line of a witness, checked: when it saw the checkpoint."""

    witness: str
    seen_at_s: int
    line: str


def trust_witness(
    session: Session, verifier_key: str, *, url: str | None, now: datetime
) -> WitnessRow:
    """Show this witness's word from now on; `url` is where checkpoints are sent to it.

    `verifier_key` is NAME+HASH+KEY as the witness publishes it. Errors:
    InvalidCheckpointError, BadKeyError, ConflictError (another key under the name).
    """
    name, public_key = read_verifier_key(verifier_key)
    known = session.get(WitnessRow, name)
    if known is not None and known.public_key != public_key:
        raise ConflictError(f"{name} is known with another key", field="verifier_key")
    if known is None:
        known = WitnessRow(name=name, public_key=public_key, known_from=now)
        session.add(known)
    known.url, known.dropped_at = url, None
    session.flush()
    return known


def drop_witness(session: Session, name: str, *, now: datetime) -> None:
    """Take no more of its words; those it gave stay. Errors: NotFoundError."""
    row = session.get(WitnessRow, name)
    if row is None:
        raise NotFoundError(f"no witness is called {name[:NAME_MAX]!r}")
    row.dropped_at = row.dropped_at or now


def witnesses(session: Session, *, dropped: bool = False) -> Sequence[WitnessRow]:
    """Who is listened to (and, with `dropped`, who ever was), by name."""
    rows = select(WitnessRow).order_by(WitnessRow.name)
    if not dropped:
        rows = rows.where(WitnessRow.dropped_at.is_(None))
    return session.scalars(rows).all()


def take_cosignatures(session: Session, note: str) -> list[CosignatureRow]:
    """Keep what known witnesses signed of a checkpoint of ours; the newest a witness.

    `note` is the checkpoint with their lines. Lines of others are ignored. Errors:
    InvalidCheckpointError (not our checkpoint, or no known witness), BadSignatureError.
    """
    text, _, lines = note.partition("\n\n")
    parts = text.split("\n")
    is_size = len(parts) >= 3 and parts[1].isascii() and parts[1].isdecimal()
    size = int(parts[1]) if is_size and len(parts[1]) <= 18 else -1
    checkpoint = session.get(CheckpointRow, size)
    if checkpoint is None or checkpoint.note.partition("\n\n")[0] != text:
        raise InvalidCheckpointError("this log never signed that checkpoint")
    kept = []
    for given in checked_lines(f"{text}\n", lines, witnesses(session)):
        row = session.get(CosignatureRow, (size, given.witness))
        if row is None:
            row = CosignatureRow(size=size, witness=given.witness, seen_at_s=-1)
            session.add(row)
        if given.seen_at_s > row.seen_at_s:
            row.seen_at_s, row.line = given.seen_at_s, given.line
        kept.append(row)
    if not kept:
        raise InvalidCheckpointError("no witness that this log knows signed that")
    session.flush()
    return kept


def checked_lines(
    text: str, lines: str, known: Sequence[WitnessRow]
) -> Iterator[Cosignature]:
    """The lines that known witnesses signed over `text`, which ends with a line feed.

    Errors: BadSignatureError when a line bears a witness's name and does not hold.
    """
    key_of = {row.name: row.public_key for row in known}
    for line in lines.split("\n")[:LINES_MAX]:
        dash, _, rest = line.partition(" ")
        name, _, spelled = rest.rpartition(" ")
        if dash != "\N{EM DASH}" or name not in key_of:
            continue
        told = octets(spelled)
        if told[:4] != key_hash(name, COSIGNATURE_TYPE + key_of[name]):
            continue
        if len(told) != SIGNATURE_BYTES:
            raise BadSignatureError(f"{name}'s line is no cosignature/v1")
        seen_at_s = int.from_bytes(told[4:12])
        if not 0 < seen_at_s < 1 << 63:
            raise BadSignatureError(f"{name}'s line has no time")
        verify(key_of[name], told[12:], cosigned(text, seen_at_s))
        yield Cosignature(witness=name, seen_at_s=seen_at_s, line=line)


def cosigned_note(session: Session, checkpoint: CheckpointRow) -> str:
    """The checkpoint with the line of each witness that signed it."""
    lines = session.scalars(
        select(CosignatureRow.line)
        .where(CosignatureRow.size == checkpoint.size)
        .order_by(CosignatureRow.witness)
    )
    return checkpoint.note + "".join(f"{line}\n" for line in lines)


def seen_by(session: Session, size: int) -> Sequence[CosignatureRow]:
    """Whose word stands under the checkpoint of this size."""
    return session.scalars(
        select(CosignatureRow)
        .where(CosignatureRow.size == size)
        .order_by(CosignatureRow.witness)
    ).all()


def last_word(session: Session, witness: str) -> CosignatureRow | None:
    """What the witness signed of the largest checkpoint that it signed."""
    return session.scalar(
        select(CosignatureRow)
        .where(CosignatureRow.witness == witness)
        .order_by(CosignatureRow.size.desc())
        .limit(1)
    )


def last_seen(session: Session, witness: str) -> int:
    """The size of the largest checkpoint that the witness signed; 0: none."""
    row = last_word(session, witness)
    return 0 if row is None else row.size


def request_for(session: Session, checkpoint: CheckpointRow, *, old_size: int) -> bytes:
    """The body of `add-checkpoint` for a witness that last saw `old_size` entries.

    Errors: NotFoundError when the log never had so many.
    """
    grown = proofs.consistency(session, old_size, new_size=checkpoint.size)
    told = [f"old {old_size}", *(text_of(step) for step in grown.path), "", ""]
    return ("\n".join(told) + checkpoint.note).encode()


def cosigned(text: str, seen_at_s: int) -> bytes:
    """What a witness signs."""
    return f"cosignature/v1\ntime {seen_at_s}\n{text}".encode()


def read_verifier_key(text: str) -> tuple[str, bytes]:
    """Name and key of a witness. Errors: InvalidCheckpointError, BadKeyError."""
    name, _, rest = text.strip().partition("+")
    told, _, spelled = rest.partition("+")
    key = octets(spelled)
    if not name or len(name) > NAME_MAX or not name.isprintable() or " " in name:
        raise InvalidCheckpointError("no verifier key: NAME+HASH+KEY is expected")
    if key[:1] != COSIGNATURE_TYPE:
        raise InvalidCheckpointError("not the key of an Ed25519 witness (type 4)")
    public_key = checked_public_key(key[1:])
    if told != key_hash(name, key).hex():
        raise InvalidCheckpointError("the key's hash does not fit its name and key")
    return name, public_key
