"""The close once more, in SQL and by another hand: PostgreSQL's NUMERIC is exact.

Shares nothing with `orchestrator.periods`: no function, no table, no order of work. A
batch of closes goes in by COPY; parts, shares, shortfalls and points come out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

TABLES = """
CREATE TEMP TABLE period (close int PRIMARY KEY, number int, income numeric,
    threshold numeric, part_up numeric, part_down numeric, carry_max int);
CREATE TEMP TABLE lacked (close int, number int, cents numeric);
CREATE TEMP TABLE community (close int, name text COLLATE "C", weight numeric);
CREATE TEMP TABLE held (close int, community text COLLATE "C", agent text COLLATE "C",
    kind text COLLATE "C", milli numeric, mode text, up numeric, down numeric);
"""
POOL = """
CREATE TEMP TABLE pool ON COMMIT DROP AS
SELECT close, surplus, div(surplus * part_up, part_down) AS cents FROM (
    SELECT period.*, GREATEST(0, income - threshold - COALESCE(
        (SELECT sum(cents) FROM lacked WHERE lacked.close = period.close), 0)
    ) AS surplus FROM period) AS earned
"""
PART = """
CREATE TEMP TABLE part ON COMMIT DROP AS
SELECT close, name, floor_cents + CASE WHEN row_number() OVER (
        PARTITION BY close ORDER BY rest DESC, name
    ) <= cents - sum(floor_cents) OVER (PARTITION BY close) THEN 1 ELSE 0 END AS cents
FROM (
    SELECT close, name, pool.cents, div(pool.cents * weight, whole) AS floor_cents,
        mod(pool.cents * weight, whole) AS rest
    FROM (SELECT *, sum(weight) OVER (PARTITION BY close) AS whole FROM community)
        AS weighed JOIN pool USING (close)) AS divided
"""
SHARE = """
CREATE TEMP TABLE share ON COMMIT DROP AS
SELECT close, community, agent, milli, floor_cents + CASE WHEN row_number() OVER (
        PARTITION BY close, community ORDER BY rest DESC, agent
    ) <= cents - sum(floor_cents) OVER (PARTITION BY close, community)
    THEN 1 ELSE 0 END AS cents
FROM (
    SELECT weighed.close, community, agent, milli, part.cents,
        div(part.cents * milli, whole) AS floor_cents,
        mod(part.cents * milli, whole) AS rest
    FROM (
        SELECT *, sum(milli) OVER (PARTITION BY close, community) AS whole FROM (
            SELECT close, community, agent, sum(milli) AS milli FROM held
            GROUP BY close, community, agent HAVING sum(milli) > 0) AS summed
    ) AS weighed JOIN part ON (part.close, part.name)
        = (weighed.close, weighed.community)) AS divided
"""
LACKING = """
SELECT close, number, left_cents, now - number >= carry_max AS forgiven FROM (
    SELECT close, number, now, carry_max, cents - LEAST(cents, GREATEST(0,
        GREATEST(0, over) - COALESCE(sum(cents) OVER (
            PARTITION BY close ORDER BY number
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) AS left_cents
    FROM (
        SELECT close, lacked.number, cents, income - threshold AS over,
            period.number AS now, carry_max FROM lacked JOIN period USING (close)
        UNION ALL
        SELECT close, number, threshold - income, income - threshold, number, carry_max
        FROM period WHERE income < threshold) AS looked_at) AS made_up
WHERE left_cents > 0 ORDER BY close, number
"""
POINTS = """
SELECT close, community, agent, kind, CASE
    WHEN paid = 0 THEN milli
    WHEN milli <= 0 OR mode = 'used-up' THEN 0
    WHEN mode = 'kept' THEN div(milli * up, down)
    ELSE GREATEST(0, milli - div(1000 * (floor_cents + CASE WHEN row_number() OVER (
            PARTITION BY close, community, agent, milli > 0 ORDER BY rest DESC, kind
        ) <= paid - sum(floor_cents) OVER (PARTITION BY close, community, agent)
        THEN 1 ELSE 0 END) * down, up)) END AS milli
FROM (
    SELECT held.*, CASE WHEN whole > 0 THEN div(paid * GREATEST(0, held.milli), whole)
            ELSE 0 END AS floor_cents,
        CASE WHEN whole > 0 THEN mod(paid * GREATEST(0, held.milli), whole)
            ELSE 0 END AS rest
    FROM (
        SELECT held.*, COALESCE(share.cents, 0) AS paid, sum(GREATEST(0, held.milli))
            OVER (PARTITION BY held.close, held.community, held.agent) AS whole
        FROM held LEFT JOIN share USING (close, community, agent)) AS held
) AS divided
"""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Rows for the four tables, in the order of their columns."""

    period: Sequence[tuple[Any, ...]]
    lacked: Sequence[tuple[Any, ...]]
    community: Sequence[tuple[Any, ...]]
    held: Sequence[tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What SQL says of a batch; all numbers are whole."""

    pool: dict[int, tuple[int, int]]  # surplus, pool
    part: dict[tuple[int, str], int]
    share: dict[tuple[int, str, str], tuple[int, int]]  # milli-points, cents
    lacking: list[tuple[int, int, int, bool]]  # close, period, cents, forgiven
    points: dict[tuple[int, str, str, str], int]  # zero is left out


def answer(connection: psycopg.Connection, batch: Batch) -> Answer:
    """Close the whole batch in one transaction, which leaves nothing behind."""
    with connection.transaction(), connection.cursor() as cursor:
        for table in ("period", "lacked", "community", "held"):
            cursor.execute(f"TRUNCATE {table}".encode())
            with cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                for row in getattr(batch, table):
                    copy.write_row(row)
        for statement in (POOL, PART, SHARE):
            cursor.execute(statement)

        def rows(statement: str) -> Iterable[tuple[Any, ...]]:
            return cursor.execute(statement.encode()).fetchall()

        return Answer(
            pool={
                close: (int(surplus), int(cents))
                for close, surplus, cents in rows("SELECT * FROM pool")
            },
            part={
                (close, name): int(cents)
                for close, name, cents in rows("SELECT * FROM part")
            },
            share={
                (close, community, agent): (int(milli), int(cents))
                for close, community, agent, milli, cents in rows("SELECT * FROM share")
            },
            lacking=[
                (close, number, int(cents), forgiven)
                for close, number, cents, forgiven in rows(LACKING)
            ],
            points={
                (close, *holding): int(milli)
                for close, *holding, milli in rows(POINTS)
                if milli
            },  # type: ignore[misc]
        )
