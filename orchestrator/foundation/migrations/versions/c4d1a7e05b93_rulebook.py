"""one store for every rule that members may change."""

import sqlalchemy as sa
from alembic import op


revision = "c4d1a7e05b93"
down_revision = "2f6b8a90c4d1"
branch_labels = None
depends_on = None

RULE = sa.table(
    "rule",
    *(
        sa.column(name)
        for name in (
            "version",
            "kind",
            "number",
            "table",
            "sha256",
            "in_force_from",
            "enacted_at",
            "enacted_by",
            "reason",
        )
    ),
)


def upgrade() -> None:
    """Go forward: every version keeps its name, table and history."""
    op.create_table(
        "rule",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("table", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("in_force_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enacted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enacted_by", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("proposal_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rule")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_rule_kind_number")),
    )
    take("value-equation", "value_equation", has_authors=False)
    take("plan-weights", "plan_weights", has_authors=True)
    op.drop_table("value_equation")
    op.drop_table("plan_weights")


def take(kind: str, table: str, *, has_authors: bool) -> None:
    """Move a kind's versions."""
    old = sa.table(
        table,
        *(
            sa.column(name)
            for name in (
                "rule_version",
                "table",
                "sha256",
                "in_force_from",
                "enacted_by",
                "reason",
            )
        ),
    )
    op.execute(
        RULE.insert().from_select(
            [column.name for column in RULE.c],
            sa.select(
                old.c.rule_version,
                sa.literal(kind),
                sa.func.row_number().over(
                    order_by=(old.c.in_force_from, old.c.rule_version)
                ),
                old.c.table,
                old.c.sha256,
                old.c.in_force_from,
                old.c.in_force_from,
                old.c.enacted_by if has_authors else sa.cast(sa.null(), sa.String()),
                old.c.reason if has_authors else sa.cast(sa.null(), sa.Text()),
            ),
        )
    )


def downgrade() -> None:
    """Go back: what there was no table for is lost."""
    op.create_table(
        "value_equation",
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("table", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("in_force_from", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("rule_version", name=op.f("pk_value_equation")),
    )
    op.create_table(
        "plan_weights",
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("table", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("in_force_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enacted_by", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("restores", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("rule_version", name=op.f("pk_plan_weights")),
    )
    for table in ("value_equation", "plan_weights"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(
                batch_op.f(f"ix_{table}_in_force_from"), ["in_force_from"], unique=False
            )
    told = ("table", "sha256", "in_force_from")
    give_back("value-equation", "value_equation", told)
    give_back("plan-weights", "plan_weights", (*told, "enacted_by", "reason"))
    op.drop_table("rule")


def give_back(kind: str, table: str, names: tuple[str, ...]) -> None:
    """Move a kind's versions back."""
    old = sa.table(table, *(sa.column(name) for name in ("rule_version", *names)))
    found = sa.select(RULE.c.version, *(RULE.c[name] for name in names))
    op.execute(
        old.insert().from_select(
            ["rule_version", *names], found.where(RULE.c.kind == kind)
        )
    )
