"""What stands in the log in place of personal data: a hash that forgetting empties."""

import hashlib
import hmac
import os

SALT_BYTES = 32


def new_salt() -> bytes:
    """A fresh salt, kept beside the personal data and erased with it."""
    return os.urandom(SALT_BYTES)


def commit(salt: bytes, text: str) -> str:
    """64 hex digits that tell nothing without the salt (HMAC-SHA-256)."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, got {len(salt)}")
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()


def opens(commitment: str, *, salt: bytes, text: str) -> bool:
    """Whether the commitment was made of this text."""
    return hmac.compare_digest(commitment, commit(salt, text))
