"""What a lab's board says of machines that wait for a person, in a real browser."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
from sqlalchemy import select

from orchestrator.dispatch.facts import Born, Rest
from orchestrator.dispatch.rows import JobRow
from orchestrator.network.rows import MachineRow
from orchestrator.planning.rows import TaskRow
from tests.e2e.region import Browse, Stage, WellMade, sign_in

LOOKS = {"widths": [390, 820, 1400], "schemes": ["light"]}
PAGE = "http://machines.local:8735/"


def test_job_that_may_go_on_leads_to_the_page_at_the_machine(
    stage: Stage, stage_url: str, browse: Browse, well_made: WellMade
) -> None:
    play = stage.play
    at_machine, facility = _running(stage)
    told = replace(
        play.happened(at_machine, "interrupted"),
        rest=Rest(layer=62, done_ratio=0.62, remaining_s=420.0),
        text="the board restarted in mid-job",
    )
    play.tell(
        told,
        play.state(at_machine.machine_id, "needs-clearing", at_machine.job_id),
        _birth(stage, at_machine.device_id, facility),
    )
    key = next(one.key for one in stage.cast.labs if one.facility_id == facility)
    board = {"name": "may-go-on-board", "url": f"/labs/{facility}"}
    machine = {"name": "may-go-on-machine", "url": f"/machines/{at_machine.machine_id}"}
    link = f"a[href^='{PAGE}?by=']"
    mine = sign_in(stage_url, f"operator-{key}")
    well_made(browse(stage_url, [board | {"wait": link}], cookies=mine, **LOOKS))
    sizes = LOOKS | {"widths": [390]}
    well_made(browse(stage_url, [machine | {"wait": link}], cookies=mine, **sizes))
    assert PAGE not in httpx.get(f"{stage_url}/labs/{facility}").text  # to a stranger


def test_filament_run_out_is_first_on_the_board_with_what_to_do(
    stage: Stage, stage_url: str, browse: Browse, well_made: WellMade
) -> None:
    at_machine, facility = _running(stage)
    told = stage.play.state(at_machine.machine_id, "paused", at_machine.job_id)
    stage.play.tell(replace(told, text="waits for a person: the filament has run out"))
    key = next(one.key for one in stage.cast.labs if one.facility_id == facility)
    pages = [
        {"name": "run-out-board", "url": f"/labs/{facility}"},
        {"name": "run-out-machine", "url": f"/machines/{at_machine.machine_id}"},
    ]
    report = browse(
        stage_url,
        [page | {"wait": "text=Put a new spool"} for page in pages],
        cookies=sign_in(stage_url, f"operator-{key}"),
        **LOOKS,
    )
    well_made(report)


def test_what_is_worked_on_by_hand_is_shown_until_when_and_said_to_be_ready(
    stage: Stage, stage_url: str, browse: Browse, well_made: WellMade
) -> None:
    at_machine, facility = _running(stage)
    job_id = at_machine.job_id
    with stage.play.sessions.begin() as session:
        task = session.get_one(TaskRow, job_id)
        order_id, task.state, task.pieces_good = task.order_id, "done", task.pieces
        task.ready_at = stage.play.clock.at + timedelta(hours=3)
    key = next(one.key for one in stage.cast.labs if one.facility_id == facility)
    ready = f"form[action$='/ready']:has([value='{order_id}']) .btn"
    steps = [{"click": ready}, {"gone": ready}]
    page = {"name": "by-hand-board", "url": f"/labs/{facility}", "wait": ready}
    mine = sign_in(stage_url, f"operator-{key}")
    well_made(browse(stage_url, [page], cookies=mine, **LOOKS))
    sizes = LOOKS | {"widths": [390]}
    well_made(browse(stage_url, [page | {"steps": steps}], cookies=mine, **sizes))
    with stage.play.reading() as session:
        ready_at = session.get_one(TaskRow, job_id).ready_at
    assert ready_at is not None
    assert ready_at <= stage.play.clock.at + timedelta(hours=1)


def _running(stage: Stage) -> tuple[Any, str]:
    """A job under way, as its command, and its lab."""
    with stage.play.reading() as session:
        job, machine = session.execute(
            select(JobRow, MachineRow)
            .join(MachineRow, MachineRow.id == JobRow.machine_id)
            .where(JobRow.state == "running")
            .order_by(JobRow.id)
        ).first() or (None, None)
    assert job is not None
    assert machine is not None
    command = SimpleNamespace(
        device_id=job.device_id,
        machine_id=job.machine_id,
        job_id=job.id,
        fence=job.fence,
    )
    return command, machine.facility_id


def _birth(stage: Stage, device_id: str, facility: str) -> Born:
    with stage.play.reading() as session:
        names = session.scalars(
            select(MachineRow.id).where(MachineRow.facility_id == facility)
        )
        return Born(
            device_id=device_id,
            agent_version="1",
            machine_ids=tuple(names),
            observed_at=stage.play.clock.at,
            local_page=PAGE,
        )
