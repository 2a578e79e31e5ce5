"""Parts by the graph: which steps each covers, and what it goes into."""

import sqlalchemy as sa
from alembic import op


revision = "7f3a9be6d215"
down_revision = "21787747b769"
branch_labels = None
depends_on = None

TABLES = ("quote", "order")
RANGE = ("first_step", "last_step")


def upgrade() -> None:
    """Go forward: what was a chain of ranges becomes a tree."""
    # In plain SQL, as `orders_in_parts` says.
    for table in TABLES:
        op.execute(
            f'ALTER TABLE "{table}" ADD COLUMN goes_into VARCHAR '
            f'CONSTRAINT fk_{table}_goes_into REFERENCES "{table}" (id)'
        )
        op.add_column(table, sa.Column("steps", sa.JSON(), nullable=True))
    op.create_index("ix_order_goes_into", "order", ["goes_into"])
    for table in TABLES:
        rows = _table(table, *RANGE)
        found = op.get_bind().execute(sa.select(rows)).mappings().all()
        of_family: dict[str, list[sa.RowMapping]] = {}
        for row in found:
            if row["first_step"] is not None:
                of_family.setdefault(row["part_of"] or row["id"], []).append(row)
        for family in of_family.values():
            starts = {row["first_step"]: row["id"] for row in family}
            for row in family:
                end = row["last_step"]
                steps = [
                    position
                    for position in _positions(row["design_version_id"])
                    if row["first_step"] <= position
                    and (end is None or position <= end)
                ]
                goes_into = None if end is None else starts.get(end + 1)
                _write(rows, row["id"], steps=steps, goes_into=goes_into)
        for column in RANGE:
            op.drop_column(table, column)


def downgrade() -> None:
    """Go back, if all that is there can be told as ranges, one after the other."""
    found = {
        table: {
            row["id"]: row
            for row in op.get_bind().execute(sa.select(_table(table))).mappings().all()
            if row["steps"] is not None
        }
        for table in TABLES
    }
    for table, rows in found.items():
        for row in rows.values():
            into = rows.get(row["goes_into"])
            first, last = min(row["steps"]), max(row["steps"])
            is_next = into is None or min(into["steps"]) == last + 1
            if row["steps"] != list(range(first, last + 1)) or not is_next:
                raise RuntimeError(f"{table} {row['id']} is no range of steps")
    for table, rows in found.items():
        for column in RANGE:
            op.add_column(table, sa.Column(column, sa.Integer(), nullable=True))
        for row in rows.values():
            last = max(row["steps"]) if row["part_of"] else None
            values = {"first_step": min(row["steps"]), "last_step": last}
            _write(_table(table, *RANGE), row["id"], **values)
    op.drop_index("ix_order_goes_into", "order")
    for table in TABLES:
        for column in ("steps", "goes_into"):
            op.drop_column(table, column)


def _table(name: str, *columns: str) -> sa.TableClause:
    told = ("id", "part_of", "design_version_id", "goes_into", *columns)
    steps = sa.column("steps", sa.JSON(none_as_null=True))
    return sa.table(name, steps, *(sa.column(one) for one in told))


def _positions(version_id: str) -> list[int]:
    step = sa.table("step", sa.column("version_id"), sa.column("position"))
    asked = sa.select(step.c.position).where(step.c.version_id == version_id)
    return sorted(op.get_bind().execute(asked).scalars())


def _write(rows: sa.TableClause, id_: str, **values: object) -> None:
    op.execute(sa.update(rows).where(rows.c.id == id_).values(**values))
