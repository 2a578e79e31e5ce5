"""A flexible job shop as its file has it, and what a contestant answers."""

from dataclasses import dataclass

type Ways = tuple[tuple[int, int], ...]  # (machine, duration) of one operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Jobs are chains of operations; `machines` is a count, machines are 0-based."""

    name: str
    family: str
    machines: int
    jobs: tuple[tuple[Ways, ...], ...]

    @property
    def horizon(self) -> int:
        """One operation after the other, each by its slowest way."""
        return sum(max(d for _, d in ways) for job in self.jobs for ways in job)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`slots`: (job, operation, machine, start, end) of every operation.

    `bound`: no schedule ends earlier, 0 where the contestant says nothing.
    `first_s`: CPU seconds to the first schedule, None where it does not tell.
    """

    slots: tuple[tuple[int, int, int, int, int], ...]
    bound: int
    cpu_s: float
    first_s: float | None = None
