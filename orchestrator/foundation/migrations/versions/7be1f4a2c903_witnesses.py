"""witnesses."""

import sqlalchemy as sa
from alembic import op


revision = "7be1f4a2c903"
down_revision = "c4aa1767a2a2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "ledger_witness",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("url", sa.String(length=200), nullable=True),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ledger_witness")),
    )
    op.create_table(
        "ledger_cosignature",
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("witness", sa.String(length=100), nullable=False),
        sa.Column("seen_at_s", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["size"],
            ["ledger_checkpoint.size"],
            name=op.f("fk_ledger_cosignature_size"),
        ),
        sa.ForeignKeyConstraint(
            ["witness"],
            ["ledger_witness.name"],
            name=op.f("fk_ledger_cosignature_witness"),
        ),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f("pk_ledger_cosignature")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("ledger_cosignature")
    op.drop_table("ledger_witness")
