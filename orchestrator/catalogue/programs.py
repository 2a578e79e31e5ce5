"""Which machine programs the catalogue takes: an allow-list of words per dialect.

The device agent judges each program again, against its own machine's limits.
"""

import re
from typing import Final

from orchestrator.foundation.errors import InvalidInputError

SIZE_MAX_BYTES: Final = 32 << 20
CODE_LINE_BYTES_MAX: Final = 80
_COMMENT = re.compile(rb"\([^()]*\)|;.*")
_WORD = re.compile(rb"([A-Z])\s*([+-]?[0-9]*\.?[0-9]*)")
_LETTERS: Final = {
    "grbl": frozenset("FGIJKMNPRSTXYZ"),
    "marlin": frozenset("ABEFGIJKLMNPRSTXYZ"),
}
_NUMBERS: Final[dict[tuple[str, str], frozenset[float]]] = {
    ("grbl", "G"): frozenset(
        {0, 1, 2, 3, 4, 17, 18, 19, 20, 21, 40, 49, 54, 61, 80, 90, 91, 91.1, 94}
    ),
    ("grbl", "M"): frozenset({0, 1, 2, 3, 4, 5, 8, 9, 30}),
    ("marlin", "G"): frozenset({0, 1, 2, 3, 4, 21, 28, 90, 91, 92}),
    ("marlin", "M"): frozenset(
        {18, 73, 82, 83, 84, 104, 105, 106, 107, 109, 114, 117, 140, 190}
        | {201, 203, 204, 205, 220, 221, 400, 900}
    ),
}
# GRBL takes these out of the stream at once, even inside a comment
_REAL_TIME: Final = b"!~?"


class InvalidProgramError(InvalidInputError):
    """A machine program holds what no machine of this network may be told."""

    code = "invalid-program"


def check_program(content: bytes, dialect: str, *, field: str = "program") -> None:
    """Return when every line of `content` is allowed in `dialect`.

    Errors: InvalidProgramError with the line, counted from 1.
    """
    if dialect not in _LETTERS:
        raise InvalidProgramError(
            f"a program needs a dialect of {', '.join(sorted(_LETTERS))}, "
            f"got {dialect!r}",
            field=field,
        )
    if not content or len(content) > SIZE_MAX_BYTES:
        raise InvalidProgramError(
            f"a program has 1 to {SIZE_MAX_BYTES} bytes, got {len(content)}",
            field=field,
        )
    for number, line in enumerate(content.splitlines(), start=1):
        fault = _fault(line, dialect)
        if fault:
            raise InvalidProgramError(f"line {number}: {fault}", field=field)


def _fault(line: bytes, dialect: str) -> str:
    """What is wrong with a line, or nothing."""
    strange = next((octet for octet in line if not _is_plain(octet, dialect)), None)
    if strange is not None:
        return f"byte 0x{strange:02X} is not taken, not even in a comment"
    code = _COMMENT.sub(b"", line).strip().upper()
    if not code or code == b"%":
        return ""
    if len(code) > CODE_LINE_BYTES_MAX:
        return f"{len(code)} bytes of code, at most {CODE_LINE_BYTES_MAX}"
    if dialect == "marlin" and code.startswith(b"M117"):
        return ""  # a text for the display
    return _word_fault(code, dialect)


def _is_plain(octet: int, dialect: str) -> bool:
    if dialect == "grbl" and octet in _REAL_TIME:
        return False
    return octet == 0x09 or 0x20 <= octet <= 0x7E


def _word_fault(code: bytes, dialect: str) -> str:
    place = 0
    for word in _WORD.finditer(code):
        if code[place : word.start()].strip():
            break
        place = word.end()
        letter, digits = word[1].decode(), word[2].decode()
        if letter not in _LETTERS[dialect]:
            return f"word {letter} is not allowed for {dialect}"
        if letter in "GM" and _number(digits) not in _NUMBERS[dialect, letter]:
            return f"{letter}{digits} is not allowed for {dialect}"
    rest = code[place:].strip()
    return f"{rest[:20].decode()!r} is no word of a program" if rest else ""


def _number(digits: str) -> float | None:
    try:
        return float(digits)
    except ValueError:
        return None
