"""How machines are told what to do: how fast, how safely, and how long it will take."""
