"""Looking into the files of a design, each in a process of its own with limits.

`apart.look` is what the rest of the house calls; the readers run on the other side.
"""
