"""One reason a machine, counted: the next plan writes the table anew."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "7c1d0a5e2b94"
down_revision = "529bb83f32be"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.drop_table("rejection")
    op.create_table(
        "rejection",
        *_told(),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "subject_id", name=op.f("pk_rejection")),
    )
    with op.batch_alter_table("stop", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stop_state"), ["state"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("stop", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stop_state"))
    op.drop_table("rejection")
    op.create_table(
        "rejection",
        sa.Column("id", sa.String(), nullable=False),
        *_told(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejection")),
    )
    with op.batch_alter_table("rejection", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_rejection_order_id"), ["order_id"], unique=False
        )


def _told() -> list[SchemaItem]:
    return [
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("subject_name", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.id"], name=op.f("fk_rejection_order_id")
        ),
    ]
