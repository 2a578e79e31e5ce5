"""Licence gate, quote, and the life of an order."""
