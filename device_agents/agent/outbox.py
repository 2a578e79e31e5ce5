"""What must not be lost on its way to the network: kept until the network's receipt.

A broker's acknowledgement proves nothing about the network's own disk; only a
Receipt lets a message go. Sequence numbers are never used twice.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from device_agents.contract.messages import Acknowledgement, JobEvent, Receipt

type Numbered = Acknowledgement | JobEvent

_BODY: TypeAdapter[Numbered] = TypeAdapter(Acknowledgement | JobEvent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A message that waits for its receipt."""

    sequence: int
    body: Numbered


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A message that the network would not take, and why."""

    sequence: int
    code: str
    reason: str


def add(connection: sqlite3.Connection, body: Numbered) -> int:
    """Keep a message in the caller's transaction; return its sequence number."""
    done = connection.execute(
        "insert into outbox (body) values (?)", (body.model_dump_json(),)
    )
    return int(done.lastrowid or 0)


def pending(connection: sqlite3.Connection, *, after: int, limit: int) -> list[Kept]:
    """At most `limit` messages with a number above `after`, in order."""
    rows = connection.execute(
        "select sequence, body from outbox where sequence > ? order by sequence limit ?",
        (after, limit),
    )
    return [
        Kept(sequence=row["sequence"], body=_BODY.validate_json(row["body"]))
        for row in rows
    ]


def one(connection: sqlite3.Connection, sequence: int) -> Kept | None:
    """That message, if it still waits."""
    found = pending(connection, after=sequence - 1, limit=1)
    return found[0] if found and found[0].sequence == sequence else None


def settle(connection: sqlite3.Connection, receipt: Receipt, now: datetime) -> None:
    """Forget what the network has stored; put aside what it refused, with the reason."""
    for refused in receipt.refused:
        connection.execute(
            "insert or ignore into refused (sequence, body, code, reason, refused_at)"
            " select sequence, body, ?, ?, ? from outbox where sequence = ?",
            (refused.code, refused.text, now.isoformat(), refused.sequence),
        )
    settled = [*receipt.stored, *(refused.sequence for refused in receipt.refused)]
    connection.executemany(
        "delete from outbox where sequence = ?", [(number,) for number in settled]
    )


def newest(connection: sqlite3.Connection) -> int:
    """The number that was given last; 0 before the first."""
    row = connection.execute(
        "select seq from sqlite_sequence where name = 'outbox'"
    ).fetchone()
    return int(row["seq"]) if row else 0


def count(connection: sqlite3.Connection) -> int:
    """How many messages wait for a receipt."""
    return int(connection.execute("select count(*) from outbox").fetchone()[0])


def set_aside(connection: sqlite3.Connection, limit: int = 20) -> list[SetAside]:
    """The newest messages that the network would not take."""
    rows = connection.execute(
        "select sequence, code, reason from refused order by sequence desc limit ?",
        (limit,),
    )
    return [
        SetAside(sequence=row["sequence"], code=row["code"], reason=row["reason"])
        for row in rows
    ]
