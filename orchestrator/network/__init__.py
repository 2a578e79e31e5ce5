"""Facilities, machines and couriers, as they are now."""
