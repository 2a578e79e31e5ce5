"""challenges."""

import sqlalchemy as sa
from alembic import op


revision = "b7d20c5e91a4"
down_revision = "a41c6de07b95"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "challenge",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("is_jury", sa.Boolean(), nullable=False),
        sa.Column("judges", sa.JSON(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("award_cents", sa.BigInteger(), nullable=False),
        sa.Column("seed_cents", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entries_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge")),
    )
    with op.batch_alter_table("challenge", schema=None) as batch_op:
        batch_op.create_index(
            "ix_challenge_state_closes_at", ["state", "closes_at"], unique=False
        )
    op.create_table(
        "challenge_entry",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("challenge_id", sa.String(length=64), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version_id", sa.String(length=64), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("won_cents", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["challenge_id"],
            ["challenge.id"],
            name=op.f("fk_challenge_entry_challenge_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge_entry")),
        sa.UniqueConstraint(
            "challenge_id",
            "agent_id",
            name=op.f("uq_challenge_entry_challenge_id_agent_id"),
        ),
    )
    with op.batch_alter_table("challenge_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_challenge_entry_challenge_id"),
            ["challenge_id"],
            unique=False,
        )
    op.create_table(
        "verdict",
        sa.Column("entry_id", sa.String(length=64), nullable=False),
        sa.Column("judge", sa.String(length=64), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["challenge_entry.id"],
            name=op.f("fk_verdict_entry_id"),
        ),
        sa.PrimaryKeyConstraint("entry_id", "judge", name=op.f("pk_verdict")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("verdict")
    with op.batch_alter_table("challenge_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_challenge_entry_challenge_id"))
    op.drop_table("challenge_entry")
    with op.batch_alter_table("challenge", schema=None) as batch_op:
        batch_op.drop_index("ix_challenge_state_closes_at")
    op.drop_table("challenge")
