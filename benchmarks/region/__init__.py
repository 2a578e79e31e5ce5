"""A region as it might be: real roads, real labs' machines, drawn orders."""
