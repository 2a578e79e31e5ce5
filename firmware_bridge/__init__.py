"""One conversation with one controller board over a serial line, and the board's side of it."""
