"""members who leave."""

import sqlalchemy as sa
from alembic import op


revision = "e5a90b7c3d14"
down_revision = "317fcfb73dd6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "leaving",
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erase_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("gives_up", sa.Boolean(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_leaving_agent_id_agent")
        ),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_leaving")),
    )
    op.create_index(op.f("ix_leaving_erase_at"), "leaving", ["erase_at"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_leaving_erase_at"), table_name="leaving")
    op.drop_table("leaving")
