"""Files known by their content: a name that a client chose never touches a path."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from orchestrator.foundation.errors import InvalidInputError, NotFoundError

CHUNK_BYTES = 1 << 16
SIZE_MAX_BYTES = 64 << 20
_HASH = re.compile(r"[0-9a-f]{64}")


class FileTooLargeError(InvalidInputError):
    """More bytes than this upload may have."""

    code = "file-too-large"
    status = 413


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """What was stored: the hash is the name."""

    sha256: str
    size_bytes: int


def put(
    folder: Path, chunks: Iterable[bytes], *, size_max_bytes: int = SIZE_MAX_BYTES
) -> StoredFile:
    """Store the joined `chunks` durably; the same content is stored once.

    Errors: FileTooLargeError (nothing is kept); OSError when the disk refuses.
    """
    drafts = folder / "drafts"
    drafts.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=drafts)
    try:
        with os.fdopen(handle, "wb") as stream:
            stored = _copy(chunks, stream, size_max_bytes)
            stream.flush()
            os.fsync(stream.fileno())
        target = path_of(folder, stored.sha256)
        target.parent.mkdir(exist_ok=True)
        os.replace(draft, target)  # noqa: PTH105 - one rename, atomic
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    for parent in (target.parent, folder):
        _sync_folder(parent)
    return stored


def open_file(folder: Path, sha256: str) -> BinaryIO:
    """The stored content, open for reading. Errors: NotFoundError."""
    try:
        return path_of(folder, sha256).open("rb")
    except FileNotFoundError as error:
        raise NotFoundError(f"no file {sha256} is stored") from error


def read_file(folder: Path, sha256: str) -> bytes:
    """The stored content, checked against its name.

    Errors: NotFoundError; OSError when the disk gives other bytes than were stored.
    """
    with open_file(folder, sha256) as stream:
        content = stream.read()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise OSError(f"file {sha256} was damaged on disk: restore it from a backup")
    return content


def exists(folder: Path, sha256: str) -> bool:
    """Whether this content is stored."""
    return path_of(folder, sha256).is_file()


def path_of(folder: Path, sha256: str) -> Path:
    """Where this content lies. Errors: InvalidInputError if not 64 hex digits."""
    if not _HASH.fullmatch(sha256):
        raise InvalidInputError(
            f"a file is named by 64 hex digits, got {sha256[:80]!r}", field="sha256"
        )
    return folder / sha256[:2] / sha256


def chunks_of(stream: BinaryIO) -> Iterator[bytes]:
    """A stream as chunks of 64 KiB."""
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk


def _copy(chunks: Iterable[bytes], stream: BinaryIO, size_max_bytes: int) -> StoredFile:
    digest, size_bytes = hashlib.sha256(), 0
    for chunk in chunks:
        size_bytes += len(chunk)
        if size_bytes > size_max_bytes:
            raise FileTooLargeError(f"a file may have at most {size_max_bytes} bytes")
        digest.update(chunk)
        stream.write(chunk)
    return StoredFile(sha256=digest.hexdigest(), size_bytes=size_bytes)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
