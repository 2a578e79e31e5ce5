"""what is expected by transfer and agreements about data."""

import sqlalchemy as sa
from alembic import op


revision = "86f0b814f38d"
down_revision = "95e5c9dfd07a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "data_agreement",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("data_set", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("fee_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("in_kind", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted_by", sa.String(), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_data_agreement_agent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_agreement")),
    )
    with op.batch_alter_table("data_agreement", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_data_agreement_agent_id"), ["agent_id"], unique=False
        )

    op.create_table(
        "money_expected",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=25), nullable=False),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("payer_id", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("most_cents", sa.BigInteger(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["payer_id"], ["agent.id"], name=op.f("fk_money_expected_payer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_expected")),
        sa.UniqueConstraint(
            "about", "payer_id", name=op.f("uq_money_expected_about_payer_id")
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_money_expected_reference")),
    )
    with op.batch_alter_table("money_expected", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_money_expected_payer_id"), ["payer_id"], unique=False
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("money_expected", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_money_expected_payer_id"))

    op.drop_table("money_expected")
    with op.batch_alter_table("data_agreement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_data_agreement_agent_id"))

    op.drop_table("data_agreement")
