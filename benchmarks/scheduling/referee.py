"""Judges an answer by the planner's own referee, which knows no solver."""

from dataclasses import dataclass

from benchmarks.scheduling.instance import Answer, Instance
from benchmarks.scheduling.translate import FINE_PER_UNIT, problem_of, task_id
from routing.scheduling.check import check
from routing.scheduling.problem import Schedule, TaskSlot


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The makespan as counted here; `fault` is empty if the answer holds."""

    makespan: int
    fault: str


def judge(instance: Instance, answer: Answer, best: tuple[int, int] | None) -> Verdict:
    """Return the verdict; a bound above a known makespan is a fault too."""
    slots = tuple(
        TaskSlot(
            task=task_id(job, operation),
            order=str(job),
            machine=str(machine),
            start_s=start,
            end_s=end,
        )
        for job, operation, machine, start, end in answer.slots
    )
    makespan = max((slot.end_s for slot in slots), default=0)
    schedule = Schedule(
        slots=slots, left_out=(), cost_fine=makespan * FINE_PER_UNIT, bound_fine=0
    )
    faults = [breach.text for breach in check(problem_of(instance), schedule)]
    least = min(makespan, best[1]) if best else makespan
    if answer.bound > least:
        faults.append(f"the bound {answer.bound} is above the makespan {least}")
    if best and makespan < best[0]:
        faults.append(f"the makespan {makespan} is below the known bound {best[0]}")
    return Verdict(makespan=makespan, fault="; ".join(faults[:2]))
