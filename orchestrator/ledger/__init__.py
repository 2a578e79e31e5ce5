"""Economic events in an append-only log that anyone can verify."""
