"""Ed25519: the only place that signs, verifies and judges keys."""

import base64
import binascii
import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from orchestrator.foundation.errors import FabcommonsError, InvalidInputError

KEY_BYTES = 32
SIGNATURE_BYTES = 64
FIELD_PRIME = 2**255 - 19
# y of the eight points of small order; with such a key one signature fits many texts.
_LOW_ORDER_Y = {
    0,
    1,
    FIELD_PRIME - 1,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
}


class BadKeyError(InvalidInputError):
    """Not an Ed25519 public key that can be trusted to mean one message."""

    code = "bad-key"


class BadSignatureError(InvalidInputError):
    """The signature is not of this key over these bytes."""

    code = "bad-signature"


class KeyFileError(FabcommonsError):
    """The key file can be read by others, or holds no key."""

    code = "key-file"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key with the public names it goes by."""

    key_id: str
    public: bytes
    private: Ed25519PrivateKey = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature."""
        return self.private.sign(message)


def signing_key(seed: bytes) -> SigningKey:
    """The key of a seed of 32 bytes."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes_raw()
    return SigningKey(key_id=key_id_of(public), public=public, private=private)


def new_signing_key() -> SigningKey:
    """A fresh key."""
    return signing_key(os.urandom(KEY_BYTES))


def key_id_of(public: bytes) -> str:
    """`key-` and 40 hex digits: the name of a public key is its hash."""
    return f"key-{hashlib.sha256(public).hexdigest()[:40]}"


def checked_public_key(public: bytes) -> bytes:
    """`public` when it is a canonical point of large order. Errors: BadKeyError."""
    if len(public) != KEY_BYTES:
        raise BadKeyError(f"an Ed25519 public key has 32 bytes, got {len(public)}")
    y = int.from_bytes(public, "little") & ((1 << 255) - 1)
    if y >= FIELD_PRIME:
        raise BadKeyError("the public key is not in its canonical form")
    if y in _LOW_ORDER_Y:
        raise BadKeyError("the public key has a low order: make a new key pair")
    return public


def public_key_of_text(text: str, *, field: str = "public_key") -> bytes:
    """The 32 bytes of a key in base64 (44 characters). Errors: BadKeyError."""
    try:
        return checked_public_key(_unbase64(text))
    except (binascii.Error, ValueError) as error:
        raise BadKeyError(
            f"{field} must be 32 bytes in base64, got {text[:60]!r}", field=field
        ) from error
    except BadKeyError as error:
        raise BadKeyError(str(error), field=field) from error


def text_of(octets: bytes) -> str:
    """Base64, as keys and signatures are spelled everywhere."""
    return base64.b64encode(octets).decode()


def verify(public: bytes, signature: bytes, message: bytes) -> None:
    """Return when `signature` is by `public` over `message`.

    Errors: BadSignatureError; BadKeyError for a key that may not be used.
    """
    checked_public_key(public)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise BadSignatureError(
            f"not a signature of {key_id_of(public)} over these {len(message)} bytes"
        ) from error


def key_from_file(path: Path) -> SigningKey:
    """The key kept in `path` (32 bytes, mode 0600); made when there is none.

    Errors: KeyFileError when others may read it or it is no key.
    """
    if not path.exists():
        _write_new(path, os.urandom(KEY_BYTES))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyFileError(f"others may read {path}: chmod 600 it, or make a new key")
    seed = path.read_bytes()
    if len(seed) != KEY_BYTES:
        raise KeyFileError(f"{path} should hold 32 bytes, it has {len(seed)}")
    return signing_key(seed)


def _write_new(path: Path, seed: bytes) -> None:
    """Whole or not at all, and never over a key that somebody else just made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(seed)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _unbase64(text: str) -> bytes:
    octets = base64.b64decode(text.encode("ascii"), validate=True)
    if base64.b64encode(octets).decode() != text:
        raise ValueError("not the one base64 spelling of these bytes")
    return octets
