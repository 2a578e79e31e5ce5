"""What a design's file is, told from its content and never from its name alone."""

import re
from typing import Final, Literal

from orchestrator.foundation.errors import InvalidInputError

type Role = Literal["program", "source", "picture", "document"]

HEAD_BYTES: Final = 4_096
NAME_MAX: Final = 200
# Nothing that turns the words around it, so that a name is what it looks like.
_NAME: Final = re.compile(
    r"[^\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]{1,200}"
)
_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)
_DOCUMENTS: Final = frozenset({"application/pdf"})
_DOCUMENT_ENDS: Final = (".md", ".txt", ".csv", ".rst", ".html")


class InvalidFileError(InvalidInputError):
    """A file of a design has a name or content that cannot be taken."""

    code = "invalid-file"


def is_name(name: str) -> bool:
    """Whether it can be stored and shown."""
    return _NAME.fullmatch(name) is not None


def checked_name(name: str, *, field: str = "files") -> str:
    """`name` when it can be stored and shown; it is never used as a path.

    Errors: InvalidFileError.
    """
    if not is_name(name):
        raise InvalidFileError(
            f"a file name has 1 to {NAME_MAX} characters and no control character, "
            f"got {name[:80]!r}",
            field=field,
        )
    return name


def media_type_of(head: bytes) -> str:
    """The type that the first bytes show; what shows none is text or octets."""
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    try:
        head[: HEAD_BYTES - 4].decode("utf-8")
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "application/octet-stream" if b"\x00" in head else "text/plain"


def role_of(name: str, media_type: str, *, is_program: bool) -> Role:
    """What the file is for."""
    if is_program:
        return "program"
    if media_type.startswith("image/"):
        return "picture"
    if media_type in _DOCUMENTS or name.lower().endswith(_DOCUMENT_ENDS):
        return "document"
    return "source"
