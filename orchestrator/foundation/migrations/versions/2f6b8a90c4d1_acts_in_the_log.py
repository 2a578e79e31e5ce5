"""acts in the log."""

import sqlalchemy as sa
from alembic import op


revision = "2f6b8a90c4d1"
down_revision = "8d4a44aadd85"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "kind", sa.String(length=8), server_default="event", nullable=False
            )
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.drop_column("kind")
