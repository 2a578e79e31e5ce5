"""Why a task cannot be done at all, whatever the others do."""

from collections.abc import Sequence

from routing.reason import Reason, minutes
from routing.scheduling.nesting import lies_on
from routing.scheduling.options import Options
from routing.scheduling.problem import Job, Mode, Task
from routing.scheduling.stocks import Shelves
from routing.scheduling.transfers import origins


def why_never(options: Options, job: Job, task: Task) -> Reason | None:
    """Return the first constraint that rules out all modes that are left, None if none."""
    if task.frozen is not None:
        is_stuck = options.calendars.frozen_done_s(task) is None
        return _by_hand(task) if is_stuck else None
    ways = list(task.modes)
    if not ways:
        return Reason(
            code="no-machine",
            text=f"no machine can do task {task.id}",
            remedy="a machine that can, or a design that asks for less",
        )
    fabs = set().union(*(origins(options.transfers, fab) for fab in job.tail_s))
    ways = [mode for mode in ways if options.fab_of_machine[mode.machine] in fabs]
    if not ways:
        return Reason(
            code="no-fab",
            text=f"no lab that may make its order has a machine for task {task.id}",
            remedy="a lab with such a machine, or a way from it to the hand-over",
        )
    beds = options.beds
    small = [mode for mode in ways if lies_on(beds.get(mode.machine), [task])]
    if not small:
        return _too_big(options, task, ways)
    return _when(options, job, task, small)


def _too_big(options: Options, task: Task, ways: Sequence[Mode]) -> Reason:
    beds = [options.beds[mode.machine] for mode in ways]
    area_mm2, height_mm = 0, 0
    if task.batch is not None:
        area_mm2, height_mm = task.batch.area_mm2, task.batch.height_mm
    return Reason(
        code="too-big",
        text=f"task {task.id} takes {area_mm2} mm² and is {height_mm} mm high, the beds "
        f"hold at most {max(bed.area_mm2 for bed in beds)} mm² and "
        f"{max(bed.height_mm for bed in beds)} mm",
        remedy="a machine with a larger bed, or fewer pieces in a run",
    )


def _when(
    options: Options, job: Job, task: Task, ways: Sequence[Mode]
) -> Reason | None:
    calendars = options.calendars
    windows = [w for mode in ways for w in calendars.free[mode.machine]]
    ways = [
        mode
        for mode in ways
        if any(
            closes_s - max(opens_s, job.release_s) >= mode.duration_s
            for opens_s, closes_s in calendars.free[mode.machine]
        )
    ]
    if not ways:
        shortest_s = min(mode.duration_s for mode in task.modes)
        longest_s = max((c - max(o, job.release_s) for o, c in windows), default=0)
        return Reason(
            code="machines-closed",
            text=f"no machine that can is open long enough: task {task.id} takes "
            f"{minutes(shortest_s)} or more, the longest free opening is "
            f"{minutes(max(0, longest_s))}",
            remedy="longer opening hours",
        )
    open_ways = ways
    ways = [
        mode
        for mode in ways
        if any(last_s >= job.release_s for _, last_s in calendars.starts(mode))
    ]
    if not ways:
        return _nobody(options, task, open_ways)
    ways = [
        mode for mode in ways if calendars.done_s(task, mode, job.release_s) is not None
    ]
    if not ways:
        return _by_hand(task)
    if (
        any(calendars.presence.doors(fab) == () for fab in job.tail_s)
        and not options.fabs[job.id]
    ):
        shut = sorted(f for f in job.tail_s if calendars.presence.doors(f) == ())
        return Reason(
            code="doors-closed",
            text=f"nobody is in {', '.join(shut)} to give out what is made",
            remedy="hours of an operator",
        )
    return _no_material(options, task, ways)


def _nobody(options: Options, task: Task, ways: Sequence[Mode]) -> Reason:
    mode = ways[0]
    fab = options.fab_of_machine[mode.machine]
    hours = options.calendars.presence.hours(fab, mode.training)
    who = f"trained for {mode.training}" if mode.training else "who works there"
    if not hours:
        return Reason(
            code="nobody-trained",
            text=f"task {task.id} needs somebody in {fab} {who}, and there is nobody",
            remedy=f"a training for {mode.training}"
            if mode.training
            else "an operator",
        )
    longest_s = max(goes_s - comes_s for comes_s, goes_s in hours)
    return Reason(
        code="operators-away",
        text=f"nobody {who} is in {fab} for {minutes(mode.attended_s)} in a row while "
        f"the machine is free for task {task.id} (at most {minutes(longest_s)} in all)",
        remedy="hours of an operator within those of the machine",
    )


def _by_hand(task: Task) -> Reason:
    return Reason(
        code="by-hand",
        text=f"the work by hand after task {task.id} takes {minutes(task.lag_s)}, and "
        "nobody is there for so long once its machine is done",
        remedy="longer hours of an operator, or less work by hand",
    )


def _no_material(options: Options, task: Task, ways: Sequence[Mode]) -> Reason | None:
    shelves = Shelves(options.stocks)
    missing: list[tuple[int, str]] = []
    for mode in ways:
        fab = options.fab_of_machine[mode.machine]
        enough_s = shelves.first_s(fab, task)
        starts = options.calendars.starts(mode)
        if enough_s is not None and any(last_s >= enough_s for _, last_s in starts):
            return None
        steps = options.stocks[fab, task.material]
        until_s = max(last_s for _, last_s in starts)
        there = max(grams for from_s, grams in steps if from_s <= until_s)
        missing.append((task.grams - there, fab))
    grams, fab = min(missing)
    return Reason(
        code="no-material",
        text=f"task {task.id} takes {task.grams} g of {task.material}, {fab} has "
        f"{task.grams - grams} g of it while a machine is free",
        remedy=f"{grams} g more of {task.material} in {fab}",
    )
