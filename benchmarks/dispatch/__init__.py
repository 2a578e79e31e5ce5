"""A day with orders in waves, planned in ways that look ahead more or less."""
