"""by which rules the licence gate answered."""

import sqlalchemy as sa
from alembic import op


revision = "9b2f4c7d1e60"
down_revision = "7d3e5b1c60a8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward: what was answered before is by the rules that a network begins with."""
    with op.batch_alter_table("clearance", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "rule_version",
                sa.String(),
                nullable=False,
                server_default="licence-gate-1",
            )
        )

    with op.batch_alter_table("clearance", schema=None) as batch_op:
        batch_op.alter_column("rule_version", server_default=None)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("clearance", schema=None) as batch_op:
        batch_op.drop_column("rule_version")
