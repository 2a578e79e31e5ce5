"""Designs are also found by what their steps ask roughly, and facets are no words.

The node puts all terms in again when it starts.
"""

from alembic import op

revision = "7c1e4f02ab95"
down_revision = "7f3a9be6d215"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.execute("DELETE FROM design_term")


def downgrade() -> None:
    """Go back."""
    op.execute("DELETE FROM design_term")
