"""what orders are made of, where a substitute is taken."""

import sqlalchemy as sa
from alembic import op


revision = "5e0c9b7a41d6"
down_revision = "4c7e19d0ab36"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    # No batch: SQLite would make the tables anew, which others refer to.
    for table in ("quote", "order"):
        made_of = sa.Column("made_of", sa.JSON(), nullable=False, server_default="{}")
        op.add_column(table, made_of)


def downgrade() -> None:
    """Go back."""
    for table in ("order", "quote"):
        op.drop_column(table, "made_of")
