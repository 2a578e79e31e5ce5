"""What labs say of machines, and what steps ask of them."""

import sqlalchemy as sa
from alembic import op


revision = "b6d0f1a93c57"
down_revision = "c7e92d04b5a1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    # No batch: SQLite would make the tables anew, which others refer to.
    said = sa.Column("said", sa.JSON(), nullable=False, server_default="{}")
    op.add_column("machine", said)
    op.add_column(
        "machine", sa.Column("said_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_machine_word", "machine", ["id", "capability_at", "said_at", "withdrawn_at"]
    )
    needs = sa.Column("needs", sa.JSON(), nullable=False, server_default="{}")
    op.add_column("step", needs)


def downgrade() -> None:
    """Go back."""
    op.drop_column("step", "needs")
    op.drop_index("ix_machine_word", "machine")
    op.drop_column("machine", "said_at")
    op.drop_column("machine", "said")
