"""One firmware each: how identify, status, run, pause and cancel are said to it."""
