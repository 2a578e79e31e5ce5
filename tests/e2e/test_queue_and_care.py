"""Jobs put in another order by drag, by buttons and back; machines' care, on a tablet."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from orchestrator.dispatch.notices import purpose, stop_token
from orchestrator.members.consent import has_consented
from orchestrator.network.rows import MachineRow
from orchestrator.network.service import blocks, services
from orchestrator.planning.queue import newest_wish, queue_of
from tests.e2e.region import PASSWORD, Browse, Cookies, Stage, WellMade, sign_in

type Steps = list[dict[str, Any]]

LOOKS = {"widths": [390, 820], "schemes": ["light"]}
DARK = {"widths": [1180], "schemes": ["dark"]}
TABLET = {"widths": [820], "schemes": ["light"], "axe": False}
PAGE_BYTES_MAX = 90_000
DRAG = """(() => {
  const rows = [...document.querySelectorAll("[data-task]")];
  const grip = rows[rows.length - 1].querySelector("[data-grip]");
  const from = grip.getBoundingClientRect(), to = rows[0].getBoundingClientRect();
  const tell = (kind, y) => grip.dispatchEvent(new PointerEvent(kind, {
    bubbles: true, cancelable: true, pointerId: 1, isPrimary: true,
    clientX: from.x + 8, clientY: y }));
  grip.setPointerCapture = () => {};
  tell("pointerdown", from.y + 8);
  for (let step = 0; step < 20; step += 1)
    tell("pointermove", from.y + (to.y - from.y) * step / 19);
  tell("pointerup", to.y);
})()"""


@pytest.fixture(scope="module")
def machine_id(stage: Stage) -> str:
    """The one plotter that answers, with three jobs in its queue."""
    for number in range(3):
        stage.order(f"poster-{number}", "bikes", "poster", 1, hours=9)
    assert stage.play.plan() is not None
    name = stage.machine("esplanadi", "plotter")
    assert len(line(stage, name)) == 3
    return name


@pytest.fixture(scope="module")
def at_machine(stage: Stage, stage_url: str, machine_id: str) -> tuple[str, Cookies]:
    """A machine with a queue, and the session of who works in its lab."""
    with stage.play.reading() as session:
        lab = session.get_one(MachineRow, machine_id).facility_id
    key = next(one.key for one in stage.cast.labs if one.facility_id == lab)
    return machine_id, sign_in(stage_url, f"operator-{key}")


def line(stage: Stage, machine_id: str) -> list[str]:
    with stage.play.reading() as session:
        return [task.id for task in queue_of(session, machine_id)]


def wish_of(stage: Stage, machine_id: str) -> list[str] | None:
    with stage.play.reading() as session:
        row = newest_wish(session, machine_id)
        return row.task_ids if row else None


def test_jobs_are_put_in_another_order(
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    at_machine: tuple[str, Cookies],
) -> None:
    machine_id, operator = at_machine
    here = f"/machines/{machine_id}/queue"
    pages = [{"name": "queue", "url": here}, {"name": "queue", "url": here} | DARK]
    report = browse(stage_url, pages, cookies=operator, **LOOKS)
    well_made(report)
    assert max(one["bytes"] for one in report) <= PAGE_BYTES_MAX
    before = line(stage, machine_id)

    def walked(name: str, steps: Steps) -> list[Any]:
        """What the steps on the page gave, none of which may fail."""
        page = {"name": name, "url": here, "steps": steps}
        (seen,) = browse(stage_url, [page], cookies=operator, **TABLET)
        assert seen["failed_step"] is None
        values: list[Any] = seen["values"]
        return values

    kept = [
        {"click": "[data-task]:first-child [value^=later]"},
        {"expect": ".undo, form:has([name=sure])"},
        {"evaluate": "!!document.querySelector('[name=sure]')"},
    ]
    seen = walked("queue-later", kept)
    if seen[-1]:  # a promise would break: it was told, and nothing kept
        assert wish_of(stage, machine_id) is None
        again = [
            *kept[:2],
            {"click": "form:has([name=sure]) button"},
            {"expect": ".undo"},
        ]
        walked("queue-sure", again)
    swapped = [before[1], before[0], *before[2:]]
    assert wish_of(stage, machine_id) == swapped
    assert stage.play.plan() is not None
    assert line(stage, machine_id) == swapped
    undo = [
        {"expect": "[data-queue=ready] [data-grip]"},
        {"evaluate": DRAG},
        {"expect": ".undo, form:has([name=sure])"},
        {"evaluate": "document.querySelector('[name=order]').value"},
    ]
    seen = walked("queue-drag", undo)
    dragged = [swapped[-1], *swapped[:-1]]
    assert seen[-1] == ",".join(dragged)  # shown so before the next plan
    back = [
        {"click": "form:has([name=number][value='0']) button"},
        {"gone": "form:has([name=number][value='0'])"},
    ]
    walked("queue-back", back)
    assert wish_of(stage, machine_id) is None


def test_care_is_set_done_taken_back_and_given_time(
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    at_machine: tuple[str, Cookies],
) -> None:
    machine_id, operator = at_machine
    with stage.play.reading() as session:
        lab = session.get_one(MachineRow, machine_id).facility_id
    here = f"/labs/{lab}/care"
    steps = [
        {"fill": ["#task", "Grease the rods"]},
        {"fill": ["#every_h", "1"]},
        {"click": "form[action$=interval] .btn.main"},
        {"expect": "form[action$=serviced] button"},
        {"click": "form[action$=serviced] button"},
        {"expect": ".undo"},
        {"shot": "care-done"},
        {"click": ".undo .btn"},
        {"gone": ".undo"},
        {"click": "form[action$='/block'] .btn.main"},
        {"expect": "#still"},
    ]
    (seen,) = browse(
        stage_url,
        [{"name": "care-steps", "url": here, "steps": steps}],
        cookies=operator,
        **TABLET,
    )
    assert seen["failed_step"] is None
    with stage.play.reading() as session:
        ids = session.scalars(
            select(MachineRow.id).where(MachineRow.facility_id == lab)
        ).all()
        (one,) = services(session, ids)
        (still,) = blocks(session, ids, now=stage.play.clock.at)
    assert (one.task, one.every_h, one.by) == ("Grease the rods", 1, None)
    assert (still.until_at - still.from_at).total_seconds() == 7_200
    pages = [
        {"name": "care", "url": here},
        {"name": "care", "url": here} | DARK,
        {"name": "board-care", "url": f"/labs/{lab}"},
    ]
    well_made(browse(stage_url, pages, cookies=operator, **LOOKS))
    with httpx.Client(base_url=stage_url, timeout=60) as http:
        login = {"email": "courier-aino@demo.example", "password": PASSWORD}
        http.post("/sign-in", data=login)
        form = {"machine": machine_id, "task": "x", "every_h": "1"}
        assert http.post(f"{here}/interval", data=form).status_code == 403
        order = {"order": ",".join(line(stage, machine_id))}
        refused = http.post(f"/machines/{machine_id}/queue", data=order)
        assert refused.status_code == 403


def test_notices_are_chosen_and_stopped_by_a_mails_link(
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    at_machine: tuple[str, Cookies],
) -> None:
    _, operator = at_machine
    steps = [
        {"click": "label:has([value=needs-you])"},
        {"click": ".btn.main"},
        {"expect": "[value=needs-you]:checked"},
    ]
    page = {"name": "notices", "url": "/notices", "steps": steps}
    phone = {"widths": [390], "schemes": ["light"]}
    well_made(browse(stage_url, [page], cookies=operator, **phone))
    lab = stage.lab("esplanadi")
    who = lab.operator.agent_id
    with stage.play.reading() as session:
        assert has_consented(session, who, purpose("needs-you"))
        assert not has_consented(session, who, purpose("hand-over"))
    token = stop_token(stage.play.key, who)
    stop = [{"click": ".btn.main"}, {"expect": "a[href='/notices']"}]
    link = f"/notices/stop?who={who}&token={token}"
    page = {"name": "notices-stop", "url": link, "steps": stop}
    well_made(browse(stage_url, [page], **phone))
    with stage.play.reading() as session:
        assert not has_consented(session, who, purpose("needs-you"))
    wrong = httpx.post(f"{stage_url}/notices/stop?who={who}&token=x{token}", timeout=60)
    assert wrong.status_code == 403
