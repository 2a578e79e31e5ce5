"""One conversation with one controller board, and the board's side of it."""
