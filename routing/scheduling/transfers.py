"""What a task made elsewhere costs, and when it is there."""

from collections.abc import Mapping, Sequence

from routing.scheduling.precedence import last_of
from routing.scheduling.presence import Presence
from routing.scheduling.problem import Job, Task, TaskSlot, Transfer

type Ways = Mapping[tuple[str, str], Transfer]  # by (from fab, to fab)


def ways_between(transfers: Sequence[Transfer]) -> dict[tuple[str, str], Transfer]:
    """Return the transfers by the fabs that they join."""
    return {(transfer.from_fab, transfer.to_fab): transfer for transfer in transfers}


def origins(ways: Ways, fab: str) -> frozenset[str]:
    """Return all fabs from which something can come to `fab`, itself included."""
    found, grows = {fab}, True
    while grows:
        more = {start for start, end in ways if end in found} - found
        found |= more
        grows = bool(more)
    return frozenset(found)


def there_s(
    ways: Ways, presence: Presence, ended: tuple[int, str] | None, fab: str
) -> int | None:
    """Return when what `ended` (when, in which fab) is in `fab`, None if never."""
    if ended is None:
        return None
    ended_s, start = ended
    if start == fab:
        return ended_s
    leaves_s = presence.given_out_s(start, ended_s)
    if leaves_s is None or (start, fab) not in ways:
        return None
    return leaves_s + ways[start, fab].seconds


def finished(
    presence: Presence, task: Task, slot: TaskSlot, fab: str
) -> tuple[int, str] | None:
    """Return when, and in which fab, the work by hand after the slot is done too."""
    done_s = presence.finished_s(fab, slot.end_s, task.lag_s)
    return None if done_s is None else (done_s, fab)


def leaves_s(
    job: Job,
    slots: Sequence[TaskSlot],
    fab_of_machine: Mapping[str, str],
    presence: Presence,
    fab: str,
) -> int | None:
    """Return when `fab` gives out the job that is made in these slots; None: never."""
    task_of = {task.id: task for task in job.tasks}
    ends_s = []
    for slot in slots:
        ended = finished(
            presence, task_of[slot.task], slot, fab_of_machine[slot.machine]
        )
        if ended is None:
            return None
        ends_s.append(ended[0])
    return presence.given_out_s(fab, max(ends_s))


def last_fab(
    job: Job, slots: Sequence[TaskSlot], fab_of_machine: Mapping[str, str]
) -> str:
    """Return where the last tasks of the job are done."""
    last = last_of(job.tasks)
    return next(fab_of_machine[slot.machine] for slot in slots if slot.task in last)


def carried_cents(
    job: Job, slots: Sequence[TaskSlot], fab_of_machine: Mapping[str, str], ways: Ways
) -> int:
    """Return the price of all transfers between the job's tasks, frozen ones' aside."""
    fab_of = {slot.task: fab_of_machine[slot.machine] for slot in slots}
    return sum(
        ways[fab_of[earlier], fab_of[task.id]].cents
        for task in job.tasks
        if task.frozen is None
        for earlier in task.after
        if fab_of[earlier] != fab_of[task.id]
    )
