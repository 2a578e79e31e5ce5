"""A folder in one file (ZIP, TAR): what is in it, and its entries, safely unpacked.

Entries are written as "0", "1" … so that no name of theirs becomes a path.
"""

import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Final

from orchestrator.catalogue.contents import NAME_MAX, is_name
from orchestrator.catalogue.files import child
from orchestrator.catalogue.files.reading import Read, Source, UnreadableError
from orchestrator.catalogue.found import Archive, Refused

ENTRIES_MAX: Final = 2_000
ENTRY_MAX_BYTES: Final = 64 << 20
TOTAL_MAX_BYTES: Final = 256 << 20
_CHUNK_BYTES: Final = 1 << 16
_CLUTTER: Final = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|\.git/)")
_INSIDE: Final = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")
_BROKEN: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,  # a way of packing that Python doesn't know
    RuntimeError,  # zipfile's word for a password
    ValueError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    name: str
    size_bytes: int  # as the archive says
    fault: str  # "": it is a plain file
    open: Callable[[], IO[bytes]]


def read(source: Source) -> Read:
    """List an archive; unpack it too where `source.into` says where to."""
    names: list[str] = []
    refused: list[Refused] = []
    total_bytes = 0
    try:
        for count, entry in enumerate(_entries(source)):
            if count >= ENTRIES_MAX:
                refused.append(_refused("…", f"only {ENTRIES_MAX} entries are taken"))
                break
            fault = _fault(entry, names)
            if not fault:
                size_bytes, fault = _unpack(source, entry, len(names), total_bytes)
                total_bytes += size_bytes
            if fault:
                refused.append(_refused(entry.name, fault))
            else:
                names.append(entry.name)
    except _BROKEN as error:
        if not names:
            raise UnreadableError(
                f"the archive can't be opened ({str(error)[:200]}). Pack it again as ZIP"
            ) from error
        refused.append(_refused("…", "the archive is broken from here on"))
    return Read(
        format="archive", what=Archive(names=tuple(names), refused=tuple(refused))
    )


def _entries(source: Source) -> Iterator[_Entry]:
    if zipfile.is_zipfile(source.path):
        yield from _zipped(source)
        return
    with tarfile.open(source.path) as packed:
        for member in packed:
            if member.isdir():
                continue
            fault = "" if member.isfile() else "it is a link or a device, not a file"
            yield _Entry(
                name=member.name,
                size_bytes=member.size,
                fault=fault,
                open=lambda member=member: _opened(packed.extractfile(member)),  # type: ignore[misc]
            )


def _zipped(source: Source) -> Iterator[_Entry]:
    with zipfile.ZipFile(source.path) as packed:
        for member in packed.infolist():
            if member.is_dir():
                continue
            kind = member.external_attr >> 28  # of Unix: 8 is a plain file, 0 unknown
            fault = "" if kind in {0, 8} else "it is a link or a device, not a file"
            if member.flag_bits & 1:
                fault = "it needs a password"
            yield _Entry(
                name=member.filename,
                size_bytes=member.file_size,
                fault=fault,
                open=lambda member=member: packed.open(member),  # type: ignore[misc]
            )


def _opened(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise OSError("an entry without content")
    return stream


def _fault(entry: _Entry, names: list[str]) -> str:
    """Why the entry is not taken; "" when it is. Clutter is left out with a word too."""
    path = PurePosixPath(entry.name.replace("\\", "/"))
    if (
        not path.parts
        or path.is_absolute()
        or ".." in path.parts
        or re.match(r"[A-Za-z]:", entry.name)
    ):
        return "its name leads out of the folder"
    if not is_name(entry.name):
        return f"its name is longer than {NAME_MAX} characters or can't be shown"
    if _CLUTTER.search(entry.name):
        return "it is a leftover of a computer, not of the design"
    if entry.name.lower().endswith(_INSIDE):
        return "it is an archive inside an archive: unpack it first"
    if entry.name in names:
        return "another file has the same name"
    return entry.fault


def _unpack(
    source: Source, entry: _Entry, number: int, total_bytes: int
) -> tuple[int, str]:
    """(bytes written, why it was not taken): its own word on its size is not trusted."""
    most = min(ENTRY_MAX_BYTES, TOTAL_MAX_BYTES - total_bytes)
    if entry.size_bytes > most:
        return 0, _too_large(most)
    if source.into is None:
        return entry.size_bytes, ""
    target = source.into / str(number)
    written = 0
    try:
        with entry.open() as packed, target.open("wb") as out:
            while chunk := packed.read(_CHUNK_BYTES):
                written += len(chunk)
                if written > most:
                    break
                out.write(chunk)
    except _BROKEN as error:
        target.unlink(missing_ok=True)
        return 0, f"it can't be unpacked ({str(error)[:100]})"
    if written > most:
        target.unlink()
        return 0, _too_large(most)
    return written, ""


def _too_large(most: int) -> str:
    return f"it is larger than the {most >> 20} MB that are left for it"


def _refused(name: str, words: str) -> Refused:
    shown = "".join(each if each.isprintable() else "?" for each in name[:NAME_MAX])
    return Refused(name=shown, words=words)


if __name__ == "__main__":
    child.run(read)
