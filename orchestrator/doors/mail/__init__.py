"""Sends mails to people who asked for them."""
