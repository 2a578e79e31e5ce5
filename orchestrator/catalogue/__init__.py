"""Designs that can be made: manifests, files, steps."""
