"""words on duties."""

import sqlalchemy as sa
from alembic import op


revision = "317fcfb73dd6"
down_revision = "86f0b814f38d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "duty_word",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("duty_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_duty_word_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["duty_id"], ["duty.id"], name=op.f("fk_duty_word_duty_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_word")),
    )
    with op.batch_alter_table("duty_word", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_duty_word_duty_id"), ["duty_id"], unique=False
        )

    with op.batch_alter_table("duty", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("duty", schema=None) as batch_op:
        batch_op.drop_column("checked_at")

    with op.batch_alter_table("duty_word", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_duty_word_duty_id"))

    op.drop_table("duty_word")
