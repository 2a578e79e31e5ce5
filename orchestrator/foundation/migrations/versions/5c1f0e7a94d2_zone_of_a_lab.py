"""Whose clock a lab opens by: that of UTC, as it was until now."""

import sqlalchemy as sa
from alembic import op


revision = "5c1f0e7a94d2"
down_revision = "06ead73d8c2b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    # No batch: SQLite would make the table anew, which others refer to.
    zone = sa.Column("zone", sa.String(), nullable=False, server_default="UTC")
    op.add_column("facility", zone)


def downgrade() -> None:
    """Go back."""
    op.drop_column("facility", "zone")
