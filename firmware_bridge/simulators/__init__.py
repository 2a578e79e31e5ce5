"""Boards on pseudo-terminals that answer as their firmware does, faults included."""
