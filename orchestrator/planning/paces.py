"""How long machines really take: what was told of a step, corrected by their own jobs."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import fmean
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orchestrator.catalogue.estimates.learned import AS_TOLD, Pace, Seen, pace_of
from orchestrator.catalogue.rows import StepRow
from orchestrator.network.rows import PaceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Paces:
    """By process, and of machines that made jobs of it by (machine, process)."""

    by_process: Mapping[str, Pace] = MappingProxyType({})
    by_machine: Mapping[tuple[str, str], Pace] = MappingProxyType({})

    def of(self, machine_id: str, process: str) -> Pace:
        """The machine's own; for want of jobs that of all machines."""
        own = self.by_machine.get((machine_id, process))
        return own or self.by_process.get(process, AS_TOLD)

    def machine_s(self, step: StepRow, machine_id: str) -> int:
        """Seconds of one run on this machine, made ready and run."""
        told_s = step.setup_s + step.run_s
        return ceil(told_s * self.of(machine_id, step.process).factor)

    def shared_s(self, step: StepRow, machine_ids: Sequence[str]) -> tuple[int, int]:
        """Seconds to make ready, and of the run: the mean of these machines."""
        takes_s = round(fmean(self.machine_s(step, name) for name in machine_ids))
        setup_s = min(step.setup_s, takes_s)
        return setup_s, takes_s - setup_s


NO_PACES = Paces()


def paces(session: Session, machine_ids: Collection[str] = ()) -> Paces:
    """Of every process as all machines take it, and of these machines each."""
    by_process = {process: pace_of(own) for process, own in _of_all(session)}
    rows = session.scalars(select(PaceRow).where(PaceRow.machine_id.in_(machine_ids)))
    return Paces(
        by_process=by_process,
        by_machine={
            (row.machine_id, row.process): pace_of(
                Seen(jobs=row.jobs, middle=row.middle, spread=row.spread),
                around=by_process[row.process],
            )
            for row in rows
        },
    )


def _of_all(session: Session) -> Iterator[tuple[str, Seen]]:
    """What the jobs of all machines say as one."""
    squares = PaceRow.spread * PaceRow.spread + PaceRow.middle * PaceRow.middle
    for process, jobs, sum_, square in session.execute(
        select(
            PaceRow.process,
            func.sum(PaceRow.jobs),
            func.sum(PaceRow.jobs * PaceRow.middle),
            func.sum(PaceRow.jobs * squares),
        ).group_by(PaceRow.process)
    ):
        middle = sum_ / jobs
        spread = sqrt(max(square / jobs - middle**2, 0.0))
        yield process, Seen(jobs=int(jobs), middle=middle, spread=spread)
