"""What a lab made and what went wrong there: its page in a real browser, and as CSV."""

import csv
import io

import httpx
from sqlalchemy import select

from orchestrator.dispatch.rows import JobRow
from orchestrator.network.rows import FacilityRow, MachineRow
from tests.e2e.region import PASSWORD, Browse, Stage, WellMade, sign_in

LOOKS = {"widths": [390, 820], "schemes": ["light"]}
DARK = {"widths": [1180], "schemes": ["dark"]}
HEATER = "Heater fault: nozzle below 180 °C."


def test_ends_and_reasons_are_listed_filtered_and_given_as_csv(
    stage: Stage, stage_url: str, browse: Browse, well_made: WellMade
) -> None:
    facility, failed, others = _lab_with_a_failure(stage)
    key = next(one.key for one in stage.cast.labs if one.facility_id == facility)
    who = f"operator-{key}"
    url = f"/labs/{facility}/history"
    pages = [
        {"name": "lab-history", "url": url},
        {"name": "lab-history", "url": url} | DARK,
        {"name": "lab-history-none", "url": f"{url}?end=not-begun"},
    ]
    report = browse(stage_url, pages, cookies=sign_in(stage_url, who), **LOOKS)
    well_made(report)
    with httpx.Client(base_url=stage_url, timeout=60) as http:
        login = {"email": f"{who}@demo.example", "password": PASSWORD}
        http.post("/sign-in", data=login)
        table = http.get(f"{url}.csv?machine={failed.machine_id}&end=stopped")
        lines = list(csv.DictReader(io.StringIO(table.text)))
        every = list(csv.DictReader(io.StringIO(http.get(f"{url}.csv").text)))
    assert [line["why"] for line in lines] == [HEATER]
    assert lines[0]["run_s"] != ""
    assert lines[0]["started_by"] == "Aino"
    assert len(every) == 1 + others
    with httpx.Client(base_url=stage_url, timeout=60) as http:
        login = {"email": "courier-aino@demo.example", "password": PASSWORD}
        http.post("/sign-in", data=login)
        assert http.get(f"{url}.csv").status_code == 403


def _lab_with_a_failure(stage: Stage) -> tuple[str, JobRow, int]:
    with stage.play.reading() as session:
        failed = session.scalars(
            select(JobRow).where(JobRow.state == "failed", JobRow.text == HEATER)
        ).one()
        machine = session.get_one(MachineRow, failed.machine_id)
        lab = session.get_one(FacilityRow, machine.facility_id)
        over = session.scalars(
            select(JobRow)
            .join(MachineRow, MachineRow.id == JobRow.machine_id)
            .where(
                MachineRow.facility_id == lab.id,
                JobRow.ended_at.is_not(None),
                JobRow.id != failed.id,
            )
        ).all()
        session.expunge_all()
        return lab.id, failed, len(over)
