"""Random secrets, and the hashes that are kept in their place."""

import base64
import hashlib
import os
import secrets

TOKEN_BYTES = 32
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LETTERS = 16
BROKER_ROUNDS = 101  # few: the password is 256 random bits, not a person's word


def new_token(prefix: str) -> str:
    """`prefix_` and 256 random bits."""
    return f"{prefix}_{secrets.token_urlsafe(TOKEN_BYTES)}"


def hash_of(secret: str) -> str:
    """SHA-256 in hex: enough for secrets that nobody can guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_code() -> str:
    """A one-time code to be read and typed: four groups of four, 78 random bits."""
    letters = [secrets.choice(CODE_ALPHABET) for _ in range(CODE_LETTERS)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 16, 4))


def code_hash(code: str) -> str:
    """The hash of a code as somebody typed it: case, spaces and dashes are free."""
    return hash_of("".join(code.upper().replace("-", " ").split()))


def broker_hash(token: str) -> str:
    """What mosquitto's password file holds for `token`."""
    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", token.encode(), salt, BROKER_ROUNDS)
    parts = (base64.b64encode(salt).decode(), base64.b64encode(digest).decode())
    return f"$7${BROKER_ROUNDS}${parts[0]}${parts[1]}"
