"""Tasks that share a run: all but one of them ride in the run of the first."""

from ortools.sat.python import cp_model

from routing.scheduling.nesting import go_together
from routing.scheduling.options import Options
from routing.scheduling.problem import Bed
from routing.scheduling.variables import Sharer, Variables


def add_sharing(
    model: cp_model.CpModel, options: Options, variables: Variables
) -> None:
    """Give each sharer its own run or a place in that of another before it."""
    for machine, sharers in variables.sharers.items():
        rides: dict[int, list[tuple[Sharer, cp_model.IntVar]]] = {}
        owns: list[cp_model.IntVar] = []
        for number, sharer in enumerate(sharers):
            own = model.new_bool_var(f"{sharer.task.id} has a run on {machine}")
            own_rides = []
            for first in range(number):
                if not _may_share(options.beds[machine], sharers[first], sharer):
                    continue
                ride = model.new_bool_var(f"{sharer.task.id} in run {first}, {machine}")
                model.add_implication(ride, owns[first])
                same = model.add(sharer.start == sharers[first].start)
                same.only_enforce_if(ride)
                rides.setdefault(first, []).append((sharer, ride))
                own_rides.append(ride)
            model.add(sum(own_rides) + own == sharer.chosen)
            owns.append(own)
            variables.owns[sharer.task.id, sharer.mode] = own
            interval = model.new_optional_interval_var(
                sharer.start,
                sharer.mode.duration_s,
                sharer.end,
                own,
                f"run of {sharer.task.id} on {machine}",
            )
            variables.intervals.setdefault(machine, []).append(interval)
        for first, riders in rides.items():
            batch = sharers[first].task.batch
            own_mm2 = 0 if batch is None else batch.area_mm2
            area = sum(_area_mm2(sharer) * ride for sharer, ride in riders)
            model.add(area <= options.beds[machine].area_mm2 - own_mm2)


def _area_mm2(sharer: Sharer) -> int:
    return 0 if sharer.task.batch is None else sharer.task.batch.area_mm2


def _may_share(bed: Bed, one: Sharer, other: Sharer) -> bool:
    return (
        one.task.id != other.task.id
        and go_together((one.task, one.mode), (other.task, other.mode))
        and _area_mm2(one) + _area_mm2(other) <= bed.area_mm2
    )
