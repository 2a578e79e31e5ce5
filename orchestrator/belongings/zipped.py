"""A ZIP that is written while it is sent, of rows as JSON and CSV and of files."""

import base64
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from orchestrator.foundation.tables import csv_text

type Member = tuple[str, Iterator[bytes]]  # its path, and its content in parts


class _Sink(io.RawIOBase):
    """Takes what the ZIP writes, and gives it on in parts."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._parts.append(bytes(content))
        return len(content)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def zipped(members: Iterator[Member], *, now: datetime) -> Iterator[bytes]:
    """The parts of the ZIP; each member is asked for when the one before is written."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
        for path, content in members:
            with target.open(_entry(path, now), "w") as stream:
                for chunk in content:
                    stream.write(chunk)
                    yield sink.taken()
            yield sink.taken()
    yield sink.taken()


def told_rows(name: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[Member]:
    """`records/NAME.json` and `.csv` of rows with the same columns; of none, nothing.

    Times as ISO 8601; bytes as text, or in base64.
    """
    if not rows:
        return
    plain = [{key: _plain(value) for key, value in row.items()} for row in rows]
    whole = json.dumps(plain, ensure_ascii=False, indent=1)
    yield f"records/{name}.json", told_text(whole)
    yield f"records/{name}.csv", told_text(csv_text(plain[0], map(_cells, plain)))


def told_text(text: str) -> Iterator[bytes]:
    """The content of a member that is a text."""
    yield text.encode()


def _cells(row: Mapping[str, Any]) -> list[Any]:
    return [
        json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list) else cell
        for cell in row.values()
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    return value


def _entry(path: str, now: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, date_time=now.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    return info
