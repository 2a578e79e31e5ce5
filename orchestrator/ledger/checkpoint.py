"""Signed statements of size and root, in the C2SP tlog-checkpoint form."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.foundation.errors import InvalidInputError
from orchestrator.foundation.signing import SigningKey, text_of, verify
from orchestrator.ledger import merkle
from orchestrator.ledger.rows import CheckpointRow
from orchestrator.ledger.sequencer import locked_tree, of_tree

ED25519_TYPE = b"\x01"


class InvalidCheckpointError(InvalidInputError):
    """The text is not a checkpoint of this log, or nobody we know signed it."""

    code = "invalid-checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What is stated: the log named `origin` has `size` entries under `root`."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def sign_checkpoint(
    session: Session, *, origin: str, key: SigningKey, now: datetime
) -> CheckpointRow:
    """State the tree as it stands; one statement a size, however often it is asked."""
    size = locked_tree(session).size
    known = session.get(CheckpointRow, size)
    if known is not None:
        return known
    checkpoint = Checkpoint(
        origin=origin,
        size=size,
        root=of_tree(session, lambda node: merkle.root(node, size)),
    )
    row = CheckpointRow(
        size=size,
        root=checkpoint.root,
        note=signed_note(checkpoint, key),
        key_id=key.key_id,
        signed_at=now,
    )
    session.add(row)
    session.flush()
    return row


def latest_checkpoint(session: Session) -> CheckpointRow | None:
    """The newest statement."""
    return session.scalar(
        select(CheckpointRow).order_by(CheckpointRow.size.desc()).limit(1)
    )


def signed_note(checkpoint: Checkpoint, key: SigningKey) -> str:
    """The text, an empty line, and one signature line."""
    text = checkpoint.text()
    signature = key_hash(checkpoint.origin, ED25519_TYPE + key.public) + key.sign(
        text.encode()
    )
    spelled = base64.b64encode(signature).decode()
    return f"{text}\n\N{EM DASH} {checkpoint.origin} {spelled}\n"


def open_note(note: str, *, public_key: bytes) -> Checkpoint:
    """Read a note signed by `public_key`; other signatures beside it are let be.

    Errors: InvalidCheckpointError, BadSignatureError.
    """
    text, separator, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if not separator or len(lines) < 3 or not signatures.endswith("\n"):
        raise InvalidCheckpointError("not a signed note")
    checkpoint = _checkpoint(lines)
    wanted = key_hash(checkpoint.origin, ED25519_TYPE + public_key)
    for line in signatures.splitlines():
        dash, _, rest = line.partition(" ")
        name, _, spelled = rest.rpartition(" ")
        if dash != "\N{EM DASH}" or name != checkpoint.origin:
            continue
        signature = octets(spelled)
        if signature[:4] == wanted:
            verify(public_key, signature[4:], f"{text}\n".encode())
            return checkpoint
    raise InvalidCheckpointError("the note has no signature of this log's key")


def verifier_key(name: str, public_key: bytes, kind: bytes = ED25519_TYPE) -> str:
    """A signer's name and key as C2SP signed notes spell them."""
    key = kind + public_key
    return f"{name}+{key_hash(name, key).hex()}+{text_of(key)}"


def key_hash(name: str, key: bytes) -> bytes:
    """Four bytes that tell signatures apart; `key` begins with its type."""
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]


def _checkpoint(lines: list[str]) -> Checkpoint:
    size, root = lines[1], octets(lines[2])
    if not size.isascii() or not size.isdecimal() or len(size) > 18:
        raise InvalidCheckpointError("the note's second line is no size")
    if str(int(size)) != size or len(root) != 32 or not lines[0]:
        raise InvalidCheckpointError("the note's first three lines are no checkpoint")
    return Checkpoint(origin=lines[0], size=int(size), root=root)


def octets(text: str) -> bytes:
    """Base64 of a note's line. Errors: InvalidCheckpointError."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError as error:
        raise InvalidCheckpointError("a line of the note is not base64") from error
