"""Speaks the wire contract with device agents."""
