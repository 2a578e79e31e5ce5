"""Screen 4, what was made: jobs of a lab that are over, why some went wrong, as CSV too."""

from collections.abc import Sequence
from typing import Literal

from fastapi import APIRouter, Request, Response

from orchestrator.doors.web.access import LabOperatorDep, topic_of
from orchestrator.doors.web.formats import weight
from orchestrator.doors.web.history import Line, lines_of, sums_of
from orchestrator.doors.web.pages import Page, render
from orchestrator.doors.web.trade_words import job_told
from orchestrator.foundation.api import ClockDep, Id, ReaderDep
from orchestrator.foundation.tables import csv_text
from orchestrator.network.facilities import facility_of
from orchestrator.network.machines import machines
from orchestrator.network.rows import MachineRow

router = APIRouter()

End = Literal["", "made", "stopped", "not-begun"]
HEAD = (
    *("job", "order", "machine", "end", "why", "good_pieces", "pieces"),
    *(
        "sent",
        "started",
        "ended",
        "run_s",
        "material",
        "material_g",
        "at_the_machine",
        "started_by",
    ),
)


@router.get("/labs/{facility_id}/history")
def history_page(
    *,
    facility_id: Id,
    request: Request,
    _principal: LabOperatorDep,
    session: ReaderDep,
    clock: ClockDep,
    machine: Id = "",
    end: End = "",
) -> Response:
    """What its machines did, to those who work there."""
    lab = facility_of(session, facility_id)
    rows = machines(session, facility_id=facility_id, withdrawn=True)
    chosen = _chosen(rows, machine)
    sums = sums_of(session, chosen, now=clock.now())
    return render(
        request,
        "lab_history.html",
        page=Page(
            title=f"What was made, {lab.name}",
            topics=(topic_of("lab", lab.id),),
            glance=True,
        ),
        facility=lab,
        machines=rows,
        machine_id=machine,
        end=end,
        lines=lines_of(session, chosen, end=end),
        sums=sums,
        longest_s=max((one.made_s + one.stopped_s for one in sums), default=0.0),
        job_told=job_told,
        weight=weight,
    )


@router.get("/labs/{facility_id}/history.csv")
def history_as_csv(
    *,
    facility_id: Id,
    _principal: LabOperatorDep,
    session: ReaderDep,
    machine: Id = "",
    end: End = "",
) -> Response:
    """The same lines, times in UTC."""
    chosen = _chosen(
        machines(session, facility_id=facility_id, withdrawn=True), machine
    )
    return Response(
        _csv(lines_of(session, chosen, end=end)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="history.csv"'},
    )


def _chosen(rows: Sequence[MachineRow], machine_id: str) -> Sequence[MachineRow]:
    return [row for row in rows if not machine_id or row.id == machine_id]


def _csv(lines: Sequence[Line]) -> str:
    return csv_text(HEAD, map(_cells, lines))


def _cells(line: Line) -> tuple[object, ...]:
    job, task = line.job, line.work.task
    times = (job.sent_at, job.started_at, job.ended_at)
    return (
        *(line.work.title, line.work.order.number, line.machine.name),
        *(job.state, line.why, task.pieces_good, task.pieces),
        *(at.isoformat(timespec="seconds") if at else "" for at in times),
        None if line.run_s is None else round(line.run_s),
        line.work.step.material,
        None if line.grams is None else round(line.grams, 1),
        line.who,
        line.job.armed_by,
    )
