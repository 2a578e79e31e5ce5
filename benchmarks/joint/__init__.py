"""Joint planning beside planning in parts, with the same effort."""
