"""attestations with their issuer, evidence and end."""

import sqlalchemy as sa
from alembic import op


revision = "c7e92d04b5a1"
down_revision = "c7ab548c02c2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward: what was attested before has no evidence but that it was so."""
    op.create_table(
        "attestation",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("claim", sa.String(length=60), nullable=False),
        sa.Column("issuer", sa.String(length=120), nullable=False),
        sa.Column("evidence", sa.String(length=300), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.String(length=64), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_attestation_agent_id_agent")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attestation")),
    )
    op.create_index(
        op.f("ix_attestation_agent_id"), "attestation", ["agent_id"], unique=False
    )
    op.execute(
        """
        INSERT INTO attestation
            (id, agent_id, claim, issuer, evidence, valid_until, told_at, confirmed_at)
        SELECT 'attestation-' || substr(id, 1, 52), id, legal_form, 'The network',
            'Attested before evidence was kept.', legal_form_attested_until,
            created_at, created_at
        FROM agent WHERE legal_form_attested_until IS NOT NULL
        """
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_attestation_agent_id"), table_name="attestation")
    op.drop_table("attestation")
