"""Which reader a file needs: told by its first bytes, by its name where they are mute."""

from typing import Final, Literal

type Format = Literal["STL"]

HEAD_BYTES: Final = 4_096


def format_of(name: str, head: bytes) -> Format | None:
    """The format of a file of this name that begins so; None: it is not read here."""
    if name.lower().endswith(".stl") or _is_text_stl(head):
        return "STL"
    return None


def _is_text_stl(head: bytes) -> bool:
    return head[:5].lower() == b"solid" and b"facet" in head.lower()
