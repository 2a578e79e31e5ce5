"""Rows to a routing problem, a plan to commitments."""
