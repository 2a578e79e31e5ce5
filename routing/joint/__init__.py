"""Fabs, machines and couriers planned as one problem."""
