"""What one look into one file may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Beyond any of these the look ends, with a message and nothing else."""

    size_max_bytes: int = 64 << 20
    memory_max_bytes: int = 2 << 30
    cpu_max_s: int = 20
    wall_max_s: int = 300
    written_max_bytes: int = 65 << 20  # into one file: the answer, an unpacked entry
