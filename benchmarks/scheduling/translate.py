"""A benchmark's job shop as a problem of our scheduling: the last end is all that costs."""

from benchmarks.scheduling.instance import Instance
from routing.measures import FINE_PER_CENT_MINUTE_SECOND
from routing.scheduling.problem import (
    Job,
    Machine,
    Mode,
    Prices,
    SchedulingProblem,
    Task,
)

FAB = "shop"
FINE_PER_UNIT = FINE_PER_CENT_MINUTE_SECOND  # a cent a minute, a second per unit


def task_id(job: int, operation: int) -> str:
    """Return the id of a job's operation."""
    return f"{job}.{operation}"


def problem_of(instance: Instance) -> SchedulingProblem:
    """Return the instance with one cent a minute for the makespan, and no job to spare."""
    horizon = instance.horizon
    return SchedulingProblem(
        machines=tuple(
            Machine(id=str(machine), fab=FAB, open_windows=((0, horizon),))
            for machine in range(instance.machines)
        ),
        jobs=tuple(
            Job(
                id=str(job),
                tasks=tuple(
                    Task(
                        id=task_id(job, number),
                        order=str(job),
                        modes=tuple(
                            Mode(machine=str(machine), duration_s=duration)
                            for machine, duration in ways
                        ),
                        after=(task_id(job, number - 1),) if number else (),
                    )
                    for number, ways in enumerate(chain)
                ),
                release_s=0,
                due_s=horizon,
                deadline_s=horizon,
                left_out_cents=horizon,
                tail_s={FAB: 0},
            )
            for job, chain in enumerate(instance.jobs)
        ),
        prices=Prices(
            late_cents_per_minute=0,
            very_late_cents_per_minute=0,
            moved_machine_cents=0,
            makespan_cents_per_minute=1,
        ),
    )
