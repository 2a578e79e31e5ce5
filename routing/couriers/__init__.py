"""Which courier carries which shipment, and in what order."""
