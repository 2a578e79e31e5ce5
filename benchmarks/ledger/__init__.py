"""How fast the log takes entries, proves them and is verified."""
