"""Who may come to a lab and work there."""

import sqlalchemy as sa
from alembic import op

revision = "6b2d84f0c1a7"
down_revision = "3f7a1c5d9e20"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "facility", sa.Column("access", sa.String(), nullable=False, server_default="")
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column("facility", "access")
