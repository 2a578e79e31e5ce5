"""duties as tasks, reciprocity licences, and of which kind each duty of an answer is."""

from typing import Any

import sqlalchemy as sa
from alembic import op


revision = "d18b6a3f7c42"
down_revision = "b6d0f1a93c57"
branch_labels = None
depends_on = None

CLEARANCES = sa.table(
    "clearance", sa.column("id", sa.String()), sa.column("duties", sa.JSON())
)


def upgrade() -> None:
    """Go forward: what was owed before is a text, of which nothing becomes due."""
    op.create_table(
        "reciprocity",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("design_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("fee_permille", sa.Integer(), nullable=False),
        sa.Column("in_kind", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_reciprocity_agent_id_agent")
        ),
        sa.ForeignKeyConstraint(
            ["design_id"], ["design.id"], name=op.f("fk_reciprocity_design_id_design")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reciprocity")),
    )
    op.create_index(
        op.f("ix_reciprocity_agent_id"), "reciprocity", ["agent_id"], unique=False
    )
    op.create_index(
        op.f("ix_reciprocity_design_id"), "reciprocity", ["design_id"], unique=False
    )
    op.create_table(
        "duty",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proof", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_duty_agent_id_agent")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.id"], name=op.f("fk_duty_order_id_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
    )
    op.create_index(op.f("ix_duty_agent_id"), "duty", ["agent_id"], unique=False)
    op.create_index(op.f("ix_duty_order_id"), "duty", ["order_id"], unique=False)
    _rewrite(lambda text: {"kind": "condition", "text": text})


def downgrade() -> None:
    """Go back."""
    _rewrite(lambda told: told["text"])
    op.drop_table("duty")
    op.drop_table("reciprocity")


def _rewrite(spell: Any) -> None:
    """Every duty of every answer, spelled anew."""
    connection = op.get_bind()
    rows = connection.execute(sa.select(CLEARANCES)).all()
    for row_id, duties in rows:
        if duties:
            connection.execute(
                sa.update(CLEARANCES)
                .where(CLEARANCES.c.id == row_id)
                .values(duties=[spell(duty) for duty in duties])
            )
