"""Which tasks may lie on a bed together."""

from collections.abc import Sequence

from routing.scheduling.problem import Bed, Mode, Task


def lies_on(bed: Bed | None, tasks: Sequence[Task]) -> bool:
    """Whether all of them fit on the bed together; without one each is alone."""
    batches = [task.batch for task in tasks if task.batch is not None]
    if bed is None:
        return len(tasks) == 1
    return (
        sum(batch.area_mm2 for batch in batches) <= bed.area_mm2
        and max((batch.height_mm for batch in batches), default=0) <= bed.height_mm
    )


def go_together(one: tuple[Task, Mode], other: tuple[Task, Mode]) -> bool:
    """Whether the two may share a run of their machine, room aside."""
    (task, mode), (second, its_mode) = one, other
    if task.batch is None or second.batch is None or task.setup != second.setup:
        return False
    return task.batch.family == second.batch.family and _kind(mode) == _kind(its_mode)


def _kind(mode: Mode) -> tuple[int, int, str]:
    training = mode.training if mode.attended_s else ""
    return mode.duration_s, mode.attended_s, training
