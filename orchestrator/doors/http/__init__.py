"""Assembles the rooms' APIs."""
