"""Jobs that are late from the start, and what that costs."""

from dataclasses import replace
from typing import Any

from routing.scheduling.problem import Job, Prices, Task

PRICES = Prices(
    late_cents_per_minute=60,
    very_late_cents_per_minute=120,
    moved_machine_cents=0,
    setup_cents_per_minute=30,
)


def job(id_: str, *tasks: Task, **changes: Any) -> Job:
    """One that may end in fab f, at any time."""
    plain = Job(
        id=id_,
        tasks=tasks,
        release_s=0,
        due_s=0,
        deadline_s=1_000,
        left_out_cents=500,
        tail_s={"f": 0},
    )
    return replace(plain, **changes)
