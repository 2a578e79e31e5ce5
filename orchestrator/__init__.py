"""The network's memory and will."""
