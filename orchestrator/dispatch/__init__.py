"""Commands out, facts in, recovery."""
