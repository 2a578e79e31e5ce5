"""Our estimates of print time and filament beside those of PrusaSlicer."""
