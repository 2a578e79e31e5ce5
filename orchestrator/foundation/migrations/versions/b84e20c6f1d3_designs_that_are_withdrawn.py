"""A designer withdraws a design."""

import sqlalchemy as sa
from alembic import op

revision = "b84e20c6f1d3"
down_revision = "9484242433b1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    # No batch: SQLite would make the table anew, which others refer to.
    op.add_column(
        "design", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column("design", "withdrawn_at")
