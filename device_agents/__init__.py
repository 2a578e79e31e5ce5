"""The program beside the machines, and the wire it speaks."""
