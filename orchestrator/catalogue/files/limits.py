"""What one look into one file may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Beyond any of these the look ends, with a message and nothing else."""

    size_max_bytes: int = 64 << 20
    memory_max_bytes: int = 2 << 30
    cpu_max_s: int = 20
    wall_max_s: int = 120
    answer_max_bytes: int = 24 << 20  # what was found, its picture, its 3D view
