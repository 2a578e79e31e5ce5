"""Travel: matrices along roads, one more place, and OSRM on the same places."""
