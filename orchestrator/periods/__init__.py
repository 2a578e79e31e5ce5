"""Accounting periods: frozen rules, one close, and who gets what of a surplus."""
