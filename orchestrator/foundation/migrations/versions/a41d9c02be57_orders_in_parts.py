"""orders in parts."""

import sqlalchemy as sa
from alembic import op


revision = "a41d9c02be57"
down_revision = "5c1f0e7a94d2"
branch_labels = None
depends_on = None

TABLES = ("quote", "order")
REFERRING = ("part_of", "to_facility_id")
STEPS = ("first_step", "last_step")


def upgrade() -> None:
    """Go forward."""
    # In plain SQL: SQLite can add a column that refers to another, but not a constraint,
    # and a table that others refer to can't be written anew.
    for table in TABLES:
        for column in REFERRING:
            referred = table if column == "part_of" else "facility"
            op.execute(
                f'ALTER TABLE "{table}" ADD COLUMN {column} VARCHAR '
                f'CONSTRAINT fk_{table}_{column} REFERENCES "{referred}" (id)'
            )
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in STEPS:
                batch_op.add_column(sa.Column(column, sa.Integer(), nullable=True))
            batch_op.create_index(
                batch_op.f(f"ix_{table}_part_of"), ["part_of"], unique=False
            )


def downgrade() -> None:
    """Go back."""
    for table in reversed(TABLES):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(batch_op.f(f"ix_{table}_part_of"))
            for column in (*STEPS, *REFERRING):
                batch_op.drop_column(column)
