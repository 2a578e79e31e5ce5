"""Couriers measured on public instances, beside other solvers, at equal CPU time."""
