"""Everything of one member as one ZIP, written while it is sent.

Reads in short transactions, for whoever takes it may be slow.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from orchestrator.belongings.own import own_rows
from orchestrator.belongings.purposes import PURPOSES
from orchestrator.belongings.zipped import Member, told_rows, told_text, zipped
from orchestrator.catalogue.designs import files_of, versions_of
from orchestrator.catalogue.rows import DesignRow, DesignVersionRow
from orchestrator.foundation import files
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import ConflictError
from orchestrator.foundation.signing import SigningKey
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


@dataclass(slots=True, kw_only=True)
class _Told:
    """What the README tells: rows by table, receipts, and what waits for its proof."""

    rows: dict[str, int] = field(default_factory=dict)
    receipts: int = 0
    waiting: list[str] = field(default_factory=list)


def archive(source: Source, agent_id: str) -> Iterator[bytes]:
    """The parts of the ZIP. Errors: NotFoundError before the first, for nobody."""
    with source.readers() as session:
        agent_of(session, agent_id)
        yield from zipped(_members(session, source, agent_id), now=source.now)


def _members(session: Session, source: Source, agent_id: str) -> Iterator[Member]:
    told = _Told()
    name = agent_of(session, agent_id).name
    for purpose in PURPOSES:
        for table in purpose.tables:
            rows = own_rows(session, table, agent_id)
            session.rollback()
            told.rows[table] = len(rows)
            yield from told_rows(table, rows)
    statements = statements_of(session, agent_id)
    session.rollback()
    if statements:
        yield "points/statements.csv", told_text(csv_of(statements))
    yield from _designs(session, source, agent_id)
    yield "ledger/verify.py", iter([Path(verify.__file__).read_bytes()])
    yield from _receipts(session, source, agent_id, told)
    yield "README.txt", told_text(_readme(name, agent_id, source.now, told))


def _designs(session: Session, source: Source, agent_id: str) -> Iterator[Member]:
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
) -> Iterator[Member]:
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
            yield f"ledger/receipts/{entry_id}.json", told_text(json.dumps(proof))
        session.rollback()
        last = ids[-1]


def _manifest_name(version: DesignVersionRow) -> str:
    kind = version.manifest_media_type.rpartition("/")[2].removeprefix("x-")
    return f"okh.{kind if kind in {'toml', 'yaml', 'json'} else 'txt'}"


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
