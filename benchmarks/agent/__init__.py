"""What the whole agent costs the small computer beside the machines."""
