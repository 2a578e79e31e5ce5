"""Taking somebody's name out of what others wrote, and leaving the rest as it was."""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

MASK: Final = "[erased]"
STRONG_MIN: Final = 6  # letters
BYTES_MIN: Final = 6  # fewer could be part of a mesh by chance


@dataclass(frozen=True, slots=True)
class Needles:
    """What tells who a member is, the longest first."""

    all: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Needles":
        """Each once; what is one letter tells nobody."""
        found = {text.strip() for text in texts}
        return cls(tuple(sorted((one for one in found if len(one) > 1), key=_long)))

    @property
    def strong(self) -> tuple[str, ...]:
        """What can be no common word: an address, an account, a name of two words."""
        return tuple(
            one
            for one in self.all
            if len(one) >= STRONG_MIN and re.search(r"[\s@\d]", one)
        )


def masked(value: Any, needles: Collection[str]) -> Any:
    """The same without these words, in every text of a JSON value or in bytes.

    Bytes keep their length, so that no file format breaks by it.
    """
    if isinstance(value, bytes):
        return _masked_bytes(value, needles)
    if isinstance(value, str):
        return _pattern(needles).sub(MASK, value) if needles else value
    if isinstance(value, dict):
        return {name: masked(one, needles) for name, one in value.items()}
    if isinstance(value, list):
        return [masked(one, needles) for one in value]
    return value


def spelled_in_json(text: str) -> str:
    """As the text stands in a JSON column."""
    return json.dumps(text)[1:-1]


def _masked_bytes(content: bytes, needles: Collection[str]) -> bytes:
    for needle in needles:
        octets = needle.encode()
        if len(octets) >= BYTES_MIN:
            content = re.sub(
                re.escape(octets), b"x" * len(octets), content, flags=re.IGNORECASE
            )
    return content


def _pattern(needles: Collection[str]) -> re.Pattern[str]:
    words = "|".join(re.escape(one) for one in needles)
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


def _long(text: str) -> tuple[int, str]:
    return -len(text), text
