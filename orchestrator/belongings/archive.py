"""Everything of one member as one ZIP, written while it is sent.

Reads in short transactions, for whoever takes it may be slow.
"""

import base64
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from orchestrator.belongings.own import own_rows
from orchestrator.belongings.purposes import PURPOSES
from orchestrator.catalogue.designs import files_of, versions_of
from orchestrator.catalogue.rows import DesignRow, DesignVersionRow
from orchestrator.foundation import files
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import ConflictError
from orchestrator.foundation.signing import SigningKey
from orchestrator.foundation.tables import csv_text
from orchestrator.ledger import verify
from orchestrator.ledger.receipts import receipt
from orchestrator.ledger.rows import EntryRow
from orchestrator.members.agents import agent_of
from orchestrator.periods.exports import csv_of
from orchestrator.periods.statements import statements_of

FORMAT: Final = "fabcommons-member-archive-1"
ENTRIES_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an archive is read from, and whose key the log is signed with."""

    readers: Sessions
    files: Path
    origin: str
    key: SigningKey
    now: datetime


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


@dataclass(slots=True, kw_only=True)
class _Told:
    """What the README tells: rows by table, receipts, and what waits for its proof."""

    rows: dict[str, int] = field(default_factory=dict)
    receipts: int = 0
    waiting: list[str] = field(default_factory=list)


def archive(source: Source, agent_id: str) -> Iterator[bytes]:
    """The parts of the ZIP. Errors: NotFoundError before the first, for nobody."""
    sink, told = _Sink(), _Told()
    with source.readers() as session:
        name = agent_of(session, agent_id).name
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
            for path, content in _members(session, source, agent_id, told):
                with target.open(_entry(path, source.now), "w") as stream:
                    for chunk in content:
                        stream.write(chunk)
                        yield sink.taken()
                yield sink.taken()
            readme = _readme(name, agent_id, source.now, told)
            target.writestr(_entry("README.txt", source.now), readme)
    yield sink.taken()


def _members(
    session: Session, source: Source, agent_id: str, told: _Told
) -> Iterator[tuple[str, Iterator[bytes]]]:
    for purpose in PURPOSES:
        for table in purpose.tables:
            rows = [_plain(row) for row in own_rows(session, table, agent_id)]
            session.rollback()
            told.rows[table] = len(rows)
            if rows:
                yield f"records/{table}.json", _bytes(_json(rows))
                yield f"records/{table}.csv", _bytes(_csv(rows))
    statements = statements_of(session, agent_id)
    session.rollback()
    if statements:
        yield "points/statements.csv", _bytes(csv_of(statements))
    yield from _designs(session, source, agent_id)
    yield "ledger/verify.py", iter([Path(verify.__file__).read_bytes()])
    yield from _receipts(session, source, agent_id, told)


def _designs(
    session: Session, source: Source, agent_id: str
) -> Iterator[tuple[str, Iterator[bytes]]]:
    mine = select(DesignRow.id).where(DesignRow.designer_id == agent_id)
    for design_id in session.scalars(mine.order_by(DesignRow.id)).all():
        for version in versions_of(session, design_id):
            folder = f"designs/{design_id}/{version.number}"
            found = files_of(session, version.id)
            session.rollback()
            yield f"{folder}/{_manifest_name(version)}", iter([version.manifest])
            for row in found:
                safe = PurePosixPath(row.name.lstrip("/"))
                yield (
                    f"{folder}/files/{safe}",
                    files.chunks_of(files.open_file(source.files, row.sha256)),
                )


def _receipts(
    session: Session, source: Source, agent_id: str, told: _Told
) -> Iterator[tuple[str, Iterator[bytes]]]:
    last = ""
    mine = or_(EntryRow.provider == agent_id, EntryRow.receiver == agent_id)
    while True:
        asked = select(EntryRow.id).where(mine, EntryRow.id > last)
        ids = session.scalars(asked.order_by(EntryRow.id).limit(ENTRIES_AT_ONCE)).all()
        if not ids:
            return
        for entry_id in ids:
            try:
                proof = receipt(session, entry_id, origin=source.origin, key=source.key)
            except ConflictError:
                told.waiting.append(entry_id)
                continue
            told.receipts += 1
            yield f"ledger/receipts/{entry_id}.json", _bytes(json.dumps(proof))
        session.rollback()
        last = ids[-1]


def _manifest_name(version: DesignVersionRow) -> str:
    kind = version.manifest_media_type.rpartition("/")[2].removeprefix("x-")
    return f"okh.{kind if kind in {'toml', 'yaml', 'json'} else 'txt'}"


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON can hold it: times in ISO 8601, bytes as text, or in base64."""
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    return value


def _json(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, ensure_ascii=False, indent=1)


def _csv(rows: list[dict[str, Any]]) -> str:
    cells = (
        [
            json.dumps(cell, ensure_ascii=False)
            if isinstance(cell, dict | list)
            else cell
            for cell in row.values()
        ]
        for row in rows
    )
    return csv_text(rows[0], cells)


def _bytes(text: str) -> Iterator[bytes]:
    yield text.encode()


def _entry(path: str, now: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, date_time=now.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _readme(name: str, agent_id: str, now: datetime, told: _Told) -> str:
    lines = [
        f"All that the network keeps of {name}, number {agent_id}.",
        f"Made {now:%Y-%m-%d %H:%M} UTC; format {FORMAT}.",
        "",
        "records/   each table as JSON and, for a spreadsheet, as CSV:",
        "           UTF-8; times in UTC; sums of money in cents.",
    ]
    for purpose in PURPOSES:
        lines += ["", f"  {purpose.title}. {purpose.why}"]
        lines += [
            f"    {table}: {words} ({told.rows.get(table, 0)})"
            for table, words in purpose.tables.items()
        ]
    return "\n".join(
        [
            *lines,
            "",
            "designs/   your designs by number and version: the manifest and every file.",
            "points/    points and dividends by period.",
            "ledger/    a receipt for each entry that names you. Any computer checks it:",
            "             python ledger/verify.py ledger/receipts/NAME.json",
            "           (Python with the library `cryptography`; no network needed.)",
            f"           Receipts: {told.receipts}.",
            *(
                [f"           Too new to have a receipt: {', '.join(told.waiting)}."]
                if told.waiting
                else []
            ),
            "",
            "Not in here, because the network does not have it: your password (only a",
            "hash of it, of use to nobody), secrets of keys and devices, and how you",
            "voted in secret: that you took part is known, the ballot is nobody's. If",
            "you kept the ballot's file, that is your own proof.",
            "Files that you uploaded and never published are forgotten in two weeks.",
            "",
        ]
    )
