"""secret ballots."""

import sqlalchemy as sa
from alembic import op


revision = "a41c6de07b95"
down_revision = "d18b6a3f7c42"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; polls of before were open."""
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "is_secret", sa.Boolean(), nullable=False, server_default=sa.false()
            )
        )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.alter_column("is_secret", server_default=None)
    op.create_table(
        "ballot_key",
        sa.Column("proposal_id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("modulus", sa.Text(), nullable=False),
        sa.Column("exponent", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_ballot_key_proposal_id")
        ),
        sa.PrimaryKeyConstraint("proposal_id", "revision", name=op.f("pk_ballot_key")),
    )
    op.create_table(
        "signed_ballot",
        sa.Column("proposal_id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("voter", sa.String(length=64), nullable=False),
        sa.Column("blinded", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_signed_ballot_proposal_id")
        ),
        sa.PrimaryKeyConstraint(
            "proposal_id", "revision", "voter", name=op.f("pk_signed_ballot")
        ),
    )
    op.create_table(
        "secret_ballot",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("proposal_id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("choice", sa.JSON(), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_secret_ballot_proposal_id")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_secret_ballot")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_secret_ballot_proposal_id"),
        "secret_ballot",
        ["proposal_id"],
        unique=False,
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_secret_ballot_proposal_id"), table_name="secret_ballot")
    op.drop_table("secret_ballot")
    op.drop_table("signed_ballot")
    op.drop_table("ballot_key")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_column("is_secret")
