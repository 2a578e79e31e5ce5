"""How long the close of a period takes, and how much memory."""
