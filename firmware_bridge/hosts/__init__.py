"""Machines behind a server of their own (OctoPrint, Moonraker), over its HTTP API."""
