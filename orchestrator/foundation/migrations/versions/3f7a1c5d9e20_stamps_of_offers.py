"""What a machine offers bears a stamp that the database itself puts anew."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "3f7a1c5d9e20"
down_revision = "5e0c9b7a41d6"
branch_labels = None
depends_on = None

STAMP_BITS = 44
MASK = (1 << STAMP_BITS) - 1
OFFERED = ("facility_id", "name", "kind", "dialect", "capability", "said")


def upgrade() -> None:
    """Go forward."""
    # No batch: SQLite would make the table anew, which others refer to.
    op.add_column(
        "machine",
        sa.Column("offer_stamp", sa.BigInteger(), nullable=False, server_default="0"),
    )
    connection = op.get_bind()
    machine = sa.table("machine", sa.column("id"), sa.column("offer_stamp"))
    for (name,) in connection.execute(sa.select(machine.c.id)).all():
        connection.execute(
            machine.update()
            .where(machine.c.id == name)
            .values(offer_stamp=secrets.randbits(STAMP_BITS))
        )
    op.drop_index("ix_machine_word", "machine")
    op.create_index(
        "ix_machine_offer", "machine", ["withdrawn_at", "offer_stamp", "id"]
    )
    if connection.dialect.name == "sqlite":
        changed = " OR ".join(f"old.{name} IS NOT new.{name}" for name in OFFERED)
        op.execute(
            "CREATE TRIGGER machine_offers_anew AFTER UPDATE ON machine "  # noqa: S608 - our own names
            f"WHEN {changed} "
            "BEGIN UPDATE machine "
            f"SET offer_stamp = random() & {MASK} WHERE id = new.id; END"
        )
    else:
        changed = " OR ".join(
            f"old.{name}::text IS DISTINCT FROM new.{name}::text" for name in OFFERED
        )
        op.execute(
            "CREATE OR REPLACE FUNCTION machine_offers_anew() RETURNS trigger LANGUAGE plpgsql "
            "AS $$ BEGIN "
            "new.offer_stamp := hashtextextended(gen_random_uuid()::text, 0) "
            f"& {MASK}; RETURN new; END $$"
        )
        op.execute(
            "CREATE TRIGGER machine_offers_anew BEFORE UPDATE ON machine FOR EACH ROW "
            f"WHEN ({changed}) EXECUTE FUNCTION machine_offers_anew()"
        )


def downgrade() -> None:
    """Go back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER machine_offers_anew")
    else:
        op.execute("DROP TRIGGER machine_offers_anew ON machine")
        op.execute("DROP FUNCTION machine_offers_anew()")
    op.drop_index("ix_machine_offer", "machine")
    op.create_index(
        "ix_machine_word", "machine", ["id", "capability_at", "said_at", "withdrawn_at"]
    )
    op.drop_column("machine", "offer_stamp")
