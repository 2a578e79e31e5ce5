"""Identifiers: sortable by birth, safe in topics, file names and addresses."""

import os
import re
import time
import uuid

from orchestrator.foundation.errors import InvalidInputError

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PATTERN = re.compile(r"[a-z0-9][a-z0-9-]{6,62}[a-z0-9]")


def new_id(prefix: str) -> str:
    """A fresh id `prefix-` + 26 Crockford base-32 characters (48 bits ms, 80 random).

    The prefix is 2 to 16 lower-case letters; ids match `[a-z0-9-]{8,64}`.
    """
    number = (time.time_ns() // 1_000_000 << 80) | int.from_bytes(os.urandom(10))
    return f"{prefix}-{_base32(number)}"


def derived_id(prefix: str, *parts: str) -> str:
    """The same id for the same parts: what makes a repeated act one act."""
    digest = uuid.uuid5(uuid.NAMESPACE_URL, "\x1f".join(parts))
    return f"{prefix}-{_base32(digest.int)}"


def checked_id(text: str, *, field: str = "id") -> str:
    """`text` when it has the form of an id. Errors: InvalidInputError."""
    if not PATTERN.fullmatch(text):
        raise InvalidInputError(
            f"{field} must be 8 to 64 of a-z, 0-9 and '-', got {text[:80]!r}",
            field=field,
        )
    return text


def _base32(number: int) -> str:
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
