"""periods."""

import sqlalchemy as sa
from alembic import op


revision = "7d3e5b1c60a8"
down_revision = "831b72c151bf"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "period",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("rules_sha256", sa.String(length=64), nullable=False),
        sa.Column("equation_version", sa.String(length=64), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(length=64), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("cut", sa.BigInteger(), nullable=True),
        sa.Column("income_total", sa.BigInteger(), nullable=True),
        sa.Column("costs_total", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_by", sa.String(length=64), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_period")),
    )
    op.create_table(
        "period_share",
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("community", sa.String(length=16), nullable=False),
        sa.Column("milli_points", sa.String(length=40), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["period"], ["period.number"], name=op.f("fk_period_share_period")
        ),
        sa.PrimaryKeyConstraint(
            "period", "agent_id", "community", name=op.f("pk_period_share")
        ),
    )
    op.create_index(
        op.f("ix_period_share_agent_id"), "period_share", ["agent_id"], unique=False
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_period_share_agent_id"), table_name="period_share")
    op.drop_table("period_share")
    op.drop_table("period")
