"""How long a step takes and what it uses up, from the shape of what is made."""
