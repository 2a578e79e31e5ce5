"""Arduino sketches of our own, and their build."""
