"""Machines measured on public job shops, beside other solvers, at equal CPU time."""
