"""Steps as a graph, with how many of each part a finished piece takes."""

import sqlalchemy as sa
from alembic import op


revision = "4c7e19d0ab36"
down_revision = "e5a90b7c3d14"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward: what was a list becomes a chain."""
    # No batch: SQLite would make the tables anew, which others refer to.
    one = sa.Column("quantity", sa.Integer(), nullable=False, server_default="1")
    op.add_column("step", one)
    for table, name in (("step", "after"), ("design_version", "hands")):
        empty = sa.Column(name, sa.JSON(), nullable=False, server_default="[]")
        op.add_column(table, empty)
    step = sa.table("step", sa.column("position", sa.Integer), sa.column("after"))
    before = sa.literal("[") + sa.cast(step.c.position - 1, sa.String) + "]"
    if op.get_bind().dialect.name == "postgresql":
        before = sa.cast(before, sa.JSON)
    op.execute(sa.update(step).where(step.c.position > 0).values(after=before))


def downgrade() -> None:
    """Go back."""
    op.drop_column("design_version", "hands")
    op.drop_column("step", "after")
    op.drop_column("step", "quantity")
