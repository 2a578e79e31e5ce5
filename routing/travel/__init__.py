"""Travel times and distances between places, and the way to draw."""
