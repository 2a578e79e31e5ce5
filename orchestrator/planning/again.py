"""Where a run that went wrong may be made again: elsewhere, if that leaves a way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from routing.joint.problem import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is left to make of one run: who could, and where it went wrong before."""

    modes: tuple[Mode, ...]
    wrong: frozenset[str]


def modes_left(
    runs: Mapping[str, Run], labs: Iterable[str], lab_of: Mapping[str, str]
) -> dict[str, tuple[Mode, ...]]:
    """Modes by run of one order, all of which are to be made in one of `labs`.

    No run goes back to a machine where it went wrong, as long as one of the labs can
    make everything without. Where none can, a run goes back only in a lab that has no
    other machine for it: the same machine once more is better than no machine at all.
    """

    def others(run: Run, lab: str) -> list[Mode]:
        return [
            mode
            for mode in run.modes
            if lab_of[mode.machine] == lab and mode.machine not in run.wrong
        ]

    is_way = any(all(others(run, lab) for run in runs.values()) for lab in labs)
    return {
        name: tuple(
            mode
            for mode in run.modes
            if mode.machine not in run.wrong
            or not (is_way or others(run, lab_of[mode.machine]))
        )
        for name, run in runs.items()
    }
