"""Who could make a step, and the one most telling reason for each who can't."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from orchestrator.catalogue.rows import StepRow
from orchestrator.network.facilities import arm_s, clear_s
from orchestrator.planning.picture import Picture
from orchestrator.planning.reason_words import OR
from orchestrator.planning.reasons import BETWEEN, Words, reason
from orchestrator.planning.staffing import attended_s, training_of
from orchestrator.planning.usable import Rejection, cannot_make, couriers_away
from routing.joint.problem import Mode, Order
from routing.matching.processes import called

OTHER_PROCESS: Final = "process"
FAR_MISSES: Final = (OTHER_PROCESS, "machine-kind", "withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Of one step. `rejected` by machine, every reason; `strangers`: machines of
    another process, which were never candidates."""

    step: StepRow
    modes: tuple[Mode, ...]
    rejected: Mapping[str, Sequence[Rejection]]
    strangers: frozenset[str]


def candidates(
    step: StepRow, picture: Picture, unusable: Mapping[str, Rejection]
) -> Candidates:
    """Ask every machine. `unusable`: why nothing new may begin there now."""
    modes: list[Mode] = []
    rejected: dict[str, list[Rejection]] = {}
    strangers: set[str] = set()
    labels = training_of(picture)
    for machine in picture.machines:
        reasons = cannot_make(step, machine)
        if any(reason.code == OTHER_PROCESS for reason in reasons):
            strangers.add(machine.id)
            continue
        if not reasons and machine.id in unusable:
            reasons = [unusable[machine.id]]
        if reasons:
            rejected[machine.id] = reasons
            continue
        machine_s = picture.paces.machine_s(step, machine.id)
        lab = picture.facilities[machine.facility_id]
        label = labels.get(machine.id, "")
        modes.append(
            Mode(
                machine=machine.id,
                duration_s=arm_s(lab) + machine_s + clear_s(lab),
                cost_cents=ceil(machine.hourly_cents * machine_s / 3_600),
                attended_s=attended_s(machine, lab, machine_s) if label else arm_s(lab),
                training=label,
            )
        )
    return Candidates(
        step=step,
        modes=tuple(modes),
        rejected=rejected,
        strangers=frozenset(strangers),
    )


def passed_over(steps: Iterable[Candidates]) -> tuple[Rejection, ...]:
    """One reason for each machine that was a candidate for any of the steps.

    How many never were is one line: their names would tell nothing.
    """
    steps = tuple(steps)
    able = {mode.machine for of_step in steps for mode in of_step.modes}
    found: dict[str, Rejection] = {}
    for of_step in steps:
        for machine, reasons in of_step.rejected.items():
            if machine not in able:
                found.setdefault(machine, reasons[0])
    strangers = frozenset.intersection(*(of_step.strangers for of_step in steps))
    if strangers:
        processes = sorted({called(of_step.step.process) for of_step in steps})
        found[""] = Rejection(
            subject_id="other-machines",
            subject_name="other machines",
            code=OTHER_PROCESS,
            text=reason(
                "other-machine" if len(strangers) == 1 else "other-machines",
                count=len(strangers),
                processes=OR["en"].join(processes),
            ),
            count=len(strangers),
        )
    return tuple(found.values())


def rejections_of(
    orders: Iterable[Order],
    asked: Mapping[str, Mapping[str, Candidates]],
    *,
    short: Mapping[str, tuple[Rejection, ...]],
    away: int,
) -> dict[str, tuple[Rejection, ...]]:
    """By order: machines by name, then labs `short` of material; couriers as a number.

    `asked`: by order and step. So many couriers are `away`: why is their own.
    """
    nobody_there = (couriers_away(away),) if away else ()
    machines: dict[tuple[str, ...], tuple[Rejection, ...]] = {(): ()}
    found: dict[str, tuple[Rejection, ...]] = {}
    for order in orders:
        own = asked.get(order.id, {})
        steps = tuple(own)
        if steps not in machines:
            machines[steps] = passed_over(own.values())
        people = () if order.aboard else nobody_there
        found[order.id] = (*machines[steps], *short.get(order.id, ()), *people)
    return found


def nobody(asked: Candidates) -> Words:
    """In one sentence: the step, and what the machines lack that lack least."""
    near = sorted(
        asked.rejected.values(),
        key=lambda found: (any(one.code in FAR_MISSES for one in found), len(found)),
    )
    texts = list(dict.fromkeys(one.text for found in near for one in found))
    fewest = len(near[0]) if near else 0
    texts = texts[: max(1, min(fewest, 3))]
    if not texts and asked.strangers:
        count = len(asked.strangers)
        key = "does-not" if count == 1 else "none-does"
        texts = [reason(key, count=count, process=called(asked.step.process))]
    reasons = BETWEEN.join(texts or [reason("none-there")])
    return reason("no-machine", step=asked.step.name, reasons=reasons)
