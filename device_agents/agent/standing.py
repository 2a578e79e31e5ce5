"""How far each started job came, on the disk: what is left to know after any fault.

A look at the board is written every few seconds. After a fault that the agent lives
through, the outcome's own counts take its place.
"""

import json
import sqlite3
from dataclasses import asdict, dataclass, replace
from typing import Any

WRITE_EVERY_S = 2.0  # wall
LATE_S = 4.0  # how old the newest counts may be when the agent or its computer dies


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A place from which a job may go on, as it is shown to the operator."""

    line: int  # so many lines of the program are before it
    kind: str  # layer | lift | path
    layer: int
    place: str
    again_mm: float
    done: float
    remaining_s: float
    says: tuple[str, ...]  # what the machine does first


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is known of an interrupted job. Without offers, `refusal` says why."""

    confirmed: int
    lines_total: int
    place: str
    layer: int
    offers: tuple[Offer, ...] = ()
    refusal: str | None = None
    needs_zero: bool = False  # its axes must be homed first


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One job's counts, in lines of the board, and how they map to the program's."""

    job_id: str
    part: int = 1  # 2 and up: resumed
    base_line: int = 0  # the program's line from which this part began
    own_lines: int = 0  # before it, ours
    acknowledged: int = 0
    sent: int = 0
    is_exact: bool = False  # of an outcome, not of the last look
    findings: Findings | None = None
    consent_line: int | None = None

    def of_program(self, lines: int) -> int:
        """A count of the board's lines in lines of the program."""
        return self.base_line + max(0, lines - self.own_lines)

    def offer(self, line: int | None) -> Offer | None:
        """What is offered from that line on."""
        offers = self.findings.offers if self.findings else ()
        return next((one for one in offers if one.line == line), None)


def of(connection: sqlite3.Connection, job_id: str) -> Standing | None:
    """That job's, if it ever started."""
    row = connection.execute(
        "select body from standing where job_id = ?", (job_id,)
    ).fetchone()
    return _standing(json.loads(row["body"])) if row else None


def begin(connection: sqlite3.Connection, job_id: str) -> None:
    """A job starts, at its beginning."""
    keep(connection, Standing(job_id=job_id))


def go_on(connection: sqlite3.Connection, before: Standing, own_lines: int) -> None:
    """The next part of a job starts, from the line that was consented to."""
    next_part = Standing(
        job_id=before.job_id,
        part=before.part + 1,
        base_line=before.consent_line or 0,
        own_lines=own_lines,
    )
    keep(connection, next_part)


def note(
    connection: sqlite3.Connection,
    job_id: str,
    *,
    acknowledged: int,
    sent: int,
    is_exact: bool = False,
) -> None:
    """The newest counts of the part under way."""
    before = of(connection, job_id)
    if before is not None:
        counts = replace(
            before, acknowledged=acknowledged, sent=sent, is_exact=is_exact
        )
        keep(connection, counts)


def consent(connection: sqlite3.Connection, job_id: str, line: int) -> None:
    """A person wants it to go on from there."""
    before = of(connection, job_id)
    if before is not None:
        keep(connection, replace(before, consent_line=line))


def withdraw(connection: sqlite3.Connection, job_id: str, why: str) -> None:
    """It may not go on any more."""
    before = of(connection, job_id)
    if before is not None and before.findings is not None:
        none = replace(before.findings, offers=(), refusal=why)
        keep(connection, replace(before, findings=none))


def keep(connection: sqlite3.Connection, standing: Standing) -> None:
    """Write it."""
    connection.execute(
        "insert into standing (job_id, body) values (?, ?)"
        " on conflict (job_id) do update set body = excluded.body",
        (standing.job_id, json.dumps(asdict(standing))),
    )


def _standing(body: dict[str, Any]) -> Standing:
    found = body.pop("findings")
    if found is None:
        return Standing(**body)
    offers = tuple(
        Offer(**{**one, "says": tuple(one["says"])}) for one in found.pop("offers")
    )
    return Standing(**body, findings=Findings(**found, offers=offers))
