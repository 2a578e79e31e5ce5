"""Tables as files: CSV (RFC 4180) of which no cell is a formula to a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def csv_text(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Text that a spreadsheet would compute is quoted by an apostrophe; None is empty."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(head)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return stream.getvalue()


def _plain(cell: object) -> str:
    text = "" if cell is None else str(cell)
    is_formula = text.startswith(_FORMULA) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text
