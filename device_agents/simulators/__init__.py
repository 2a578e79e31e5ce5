"""Whole labs, operators and couriers that a demo or a test can run."""
