"""What is a member's own: told, taken along, and erased when she leaves."""
