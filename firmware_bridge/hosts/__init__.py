"""Machines behind a server of their own (OctoPrint), over its HTTP API."""
