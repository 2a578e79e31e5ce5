"""How the schema came to be: read by Alembic."""
