"""Firmware languages, pure: a line becomes a reply, a command becomes bytes."""
