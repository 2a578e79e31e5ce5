"""People and organisations, their credentials and devices."""
