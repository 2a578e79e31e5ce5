"""The hot loops of the courier search, compiled by numba."""
