"""How long machines are at work for some pieces, and how sure that is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path, PurePosixPath

from sqlalchemy.orm import Session

from orchestrator.catalogue.bill import BILL_NAME, read_bill
from orchestrator.catalogue.designs import files_of, steps_of
from orchestrator.catalogue.estimates.learned import AS_TOLD, USUAL, Pace
from orchestrator.catalogue.found import Estimate
from orchestrator.catalogue.rows import DesignFileRow, StepRow
from orchestrator.foundation import files as store
from orchestrator.foundation.errors import InvalidInputError, NotFoundError
from orchestrator.orders.parts import pieces_of
from orchestrator.planning.paces import paces


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeIn:
    """Seconds of all machines together, one after the other.

    `doubt_s`: it is true within so many mostly; None: a step's designer told its time
    and no job has shown yet how sure that is. `jobs`: real ones that corrected it.
    """

    takes_s: float
    doubt_s: float | None
    jobs: int


def made_in(session: Session, folder: Path, version_id: str, pieces: int = 1) -> MadeIn:
    """For so many pieces of a version whose files are in `folder`."""
    doubts = dict(_doubts(folder, files_of(session, version_id)))
    by_process = paces(session).by_process
    return taken(steps_of(session, version_id), by_process, doubts, pieces)


def taken(
    steps: Sequence[StepRow],
    by_process: Mapping[str, Pace],
    doubts: Mapping[str, float] = {},
    pieces: int = 1,
) -> MadeIn:
    """As jobs of each process really took. `doubts`: by step's name, of what was told.

    All may be wrong the same way, so that the doubts of the steps add up.
    """
    takes_s = doubt_s = 0.0
    is_known, jobs = True, 0
    for step in steps:
        runs = ceil(pieces_of(step, pieces) / step.pieces_per_run)
        told_s = float(runs * (step.setup_s + step.run_s))
        pace, doubt = by_process.get(step.process, AS_TOLD), doubts.get(step.name)
        is_known &= doubt is not None or pace.jobs > 0
        plus_minus = told_s * (USUAL if doubt is None else doubt)
        told = Estimate(value=told_s, plus_minus=plus_minus, source="")
        really = pace.of(told)
        takes_s, doubt_s = takes_s + really.value, doubt_s + really.plus_minus
        jobs += pace.jobs
    return MadeIn(takes_s=takes_s, doubt_s=doubt_s if is_known else None, jobs=jobs)


def _doubts(folder: Path, rows: Sequence[DesignFileRow]) -> Iterator[tuple[str, float]]:
    """(step, part of its time that it may be off), as the bill of process has it."""
    for row in rows:
        if PurePosixPath(row.name).name != BILL_NAME:
            continue
        try:
            bill = read_bill(store.read_file(folder, row.sha256))
        except (InvalidInputError, NotFoundError):
            continue  # a file of this name, which was taken as it is
        for step in bill.steps:
            told_s = step.setup_s.value + step.run_s.value
            if step.process and told_s > 0:
                off_s = step.setup_s.plus_minus + step.run_s.plus_minus
                yield step.name, off_s / told_s
