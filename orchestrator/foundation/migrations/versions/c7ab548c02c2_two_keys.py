"""two keys."""

import sqlalchemy as sa
from alembic import op


revision = "c7ab548c02c2"
down_revision = "9b2f4c7d1e60"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "two_key_act",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("proposed_by", sa.String(length=64), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["agent.id"], name=op.f("fk_two_key_act_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_two_key_act")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("two_key_act")
