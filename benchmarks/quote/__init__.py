"""One order more into a live plan: how soon it is answered, and whether it is kept."""
