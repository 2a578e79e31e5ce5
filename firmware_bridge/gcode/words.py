"""How a line of G-code is spelled, and how a program is read without holding it."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedIOBase, BytesIO
from pathlib import Path

from firmware_bridge.errors import ProgramError

# Longest line read: slicers keep whole scripts in one line of comment.
LINE_BYTES_MAX = 65_536

# These take free text to their line's end; the text is no word.
_TEXT_COMMAND = re.compile(r"M(115|117|118|486|862)(?:\.\d)?(?![\d.])")
_TEXT_BYTES_MAX = 80  # of such a line: a board's line is not much longer

_COMMENT = re.compile(r"\([^()]*\)|;.*")
# Possessive, so that no line can make the matching slow.
_NUMBER = r"[-+]?(?:\d++(?:\.\d*+)?+|\.\d++)"
_WORD = re.compile(rf"([A-Z])[ \t]*+({_NUMBER})?+[ \t]*+")
_WORDS = re.compile(rf"(?:[A-Z][ \t]*+(?:{_NUMBER})?+[ \t]*+)*+")

# Zeros after the last digit of a fraction, an empty fraction, zeros before the first
# digit, a plus.
_IDLE = re.compile(
    r"(\.\d*[1-9])0+(?!\d)|(?<=\d)\.0*(?!\d)|(?<![\d.])0+(?=\d|\.\d*[1-9])|\+"
)

type Word = tuple[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """G-code as a file or as bytes; read as a stream, as often as needed."""

    source: Path | bytes

    def raw_lines(self) -> Iterator[tuple[int, bytes]]:
        """(line number from 1, bytes without line end), every line of the file.

        A board takes a lone carriage return for an end, so it is one here as well.

        Errors: ProgramError for a line over LINE_BYTES_MAX or an unreadable file.
        """
        try:
            with self._open() as stream:
                yield from _bounded_lines(stream)
        except OSError as broken:
            raise ProgramError(f"program can't be read: {broken}") from broken

    def lines(self) -> Iterator[tuple[int, str]]:
        """(line number from 1, code), lines with code only, comments stripped.

        Errors: ProgramError as `raw_lines`, and for code outside 7-bit ASCII.
        """
        for number, raw in self.raw_lines():
            code = strip(
                raw.decode("ascii", "replace")
            )  # comments may be in any tongue
            if not code.isascii():
                raise ProgramError(f"line {number}: {code[:40]!r} is not 7-bit ASCII")
            if code:
                yield number, code

    def size_bytes(self) -> int:
        """How long it is. Errors: ProgramError where the file can't be read."""
        if isinstance(self.source, bytes):
            return len(self.source)
        try:
            return self.source.stat().st_size
        except OSError as broken:
            raise ProgramError(f"program can't be read: {broken}") from broken

    def _open(self) -> BufferedIOBase:
        if isinstance(self.source, bytes):
            return BytesIO(self.source)
        return self.source.open("rb")


def _bounded_lines(stream: BufferedIOBase) -> Iterator[tuple[int, bytes]]:
    number = 0
    mark = BOM_UTF8  # some editors begin a text with it
    while raw := stream.readline(LINE_BYTES_MAX + 1):
        if len(raw) > LINE_BYTES_MAX:
            raise ProgramError(f"line {number + 1}: longer than {LINE_BYTES_MAX} bytes")
        for line in raw.removeprefix(mark).rstrip(b"\r\n").split(b"\r"):
            number += 1
            yield number, line
        mark = b""


def strip(line: str) -> str:
    """The line's code: no comments, no outer blanks, no `%`, `/` or N number.

    A text command keeps its text, which may hold brackets, as far as a board takes it.
    """
    code = line.strip()
    if _TEXT_COMMAND.match(code):
        return code.partition(";")[0][:_TEXT_BYTES_MAX].strip()
    if "(" in code or ";" in code:
        code = _COMMENT.sub("", code).strip()
    if code.startswith(("%", "/")):
        code = code[1:].strip()
    code = code.upper()
    if code.startswith("N"):
        code = code[1:].lstrip("0123456789 ")
    return code


def parse(code: str) -> list[Word]:
    """Words of a stripped line, in order; a letter alone has None.

    Errors: ProgramError naming the first character that is no word.
    """
    if text := _TEXT_COMMAND.match(code):
        return [("M", float(text.group(1)))]
    understood = _WORDS.match(code)
    place = 0 if understood is None else understood.end()
    if place < len(code):
        raise ProgramError(f"{code[place]!r} at column {place + 1} starts no word")
    return [
        (letter, float(number) if number else None)
        for letter, number in _WORD.findall(code)
    ]


def shortest(code: str) -> str:
    """The same words and the same numbers without the characters that say nothing."""
    return _IDLE.sub(r"\1", code)
