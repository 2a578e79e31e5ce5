"""Files known by their content: a name that a client chose never touches a path."""

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from orchestrator.foundation.errors import (
    FabcommonsError,
    InvalidInputError,
    NotFoundError,
)

CHUNK_BYTES = 1 << 16
SIZE_MAX_BYTES = 64 << 20
SPARE_BYTES = 256 << 20  # the database writes on the same disk
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_HASH = re.compile(r"[0-9a-f]{64}")


class FileTooLargeError(InvalidInputError):
    """More bytes than this upload may have."""

    code = "file-too-large"
    status = 413


class StorageFullError(FabcommonsError):
    """This node has no room for the file. What was being stored was not kept."""

    code = "storage-full"
    status = 507


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """What was stored: the hash is the name."""

    sha256: str
    size_bytes: int


class Incoming:
    """A file on its way in, piece by piece: whole in the store, or nothing of it."""

    def __init__(self, folder: Path, *, size_max_bytes: int | None = None) -> None:
        """Errors: StorageFullError, OSError when the disk refuses."""
        self.size_bytes = 0
        self._folder = folder
        self._size_max_bytes = size_max_bytes or SIZE_MAX_BYTES
        self._digest = hashlib.sha256()
        drafts = folder / "drafts"
        with _room_told():
            drafts.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=drafts)
        self._draft = Path(draft)
        self._stream = os.fdopen(handle, "wb")

    def write(self, chunk: bytes) -> None:
        """Errors: FileTooLargeError, StorageFullError, OSError; then `discard`."""
        self.size_bytes += len(chunk)
        if self.size_bytes > self._size_max_bytes:
            raise FileTooLargeError(
                f"a file may have at most {self._size_max_bytes} bytes"
            )
        self._digest.update(chunk)
        with _room_told():
            self._stream.write(chunk)

    def finish(self) -> StoredFile:
        """Durably in the store; the same content is stored once. Errors: as `write`."""
        stored = StoredFile(sha256=self._digest.hexdigest(), size_bytes=self.size_bytes)
        target = path_of(self._folder, stored.sha256)
        with _room_told():
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            target.parent.mkdir(exist_ok=True)
            self._draft.replace(target)
            for parent in (target.parent, self._folder):
                _sync_folder(parent)
        return stored

    def discard(self) -> None:
        """Nothing of it stays, unless it was finished."""
        with suppress(OSError):  # what is still in its buffer finds no room either
            self._stream.close()
        self._draft.unlink(missing_ok=True)


def put(
    folder: Path, chunks: Iterable[bytes], *, size_max_bytes: int | None = None
) -> StoredFile:
    """Store the joined `chunks` durably; the same content is stored once.

    Errors: FileTooLargeError, StorageFullError (nothing is kept); OSError when the
    disk refuses.
    """
    incoming = Incoming(folder, size_max_bytes=size_max_bytes)
    try:
        for chunk in chunks:
            incoming.write(chunk)
        return incoming.finish()
    except BaseException:
        incoming.discard()
        raise


def check_room(folder: Path) -> None:
    """Before strangers' files are taken in: does the disk keep room for the database?

    Errors: StorageFullError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < SPARE_BYTES:
        raise StorageFullError(_NO_ROOM)


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


_NO_ROOM = (
    "the disk of this node is full, so the file was not kept. Tell who runs the node, "
    "and send it again later"
)


@contextmanager
def _room_told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFullError(_NO_ROOM) from error
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
