"""Putting an agent beside the machines: asking, installing, updating, going back."""
