"""A lab's people say what material there is: in a real browser, and taken back."""

import re
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from device_agents.agent.identity import load_identity
from device_agents.entry import agent_app
from orchestrator.catalogue.search import find_designs
from orchestrator.ledger.desk import Desk
from orchestrator.members.agents import withdraw_role
from orchestrator.members.devices import device_of
from orchestrator.members.logins import agent_of_email
from orchestrator.network.abilities import abilities_of
from orchestrator.network.facilities import facility_of, set_access, set_opening
from orchestrator.network.handing_over import offer_lab
from orchestrator.network.machines import machine_of, machines
from orchestrator.network.stock import history, stocks
from orchestrator.network.training import (
    needs,
    person_hours,
    trainings,
    trainings_over,
)
from tests.e2e.region import PHONE_AND_DESK, Browse, Cookies, Stage, WellMade, sign_in

LOOKS = {"sizes": PHONE_AND_DESK}
PHONE = {"widths": [390], "schemes": ["light"], "axe": False}
PAGE_BYTES_MAX = 90_000
NOBODY_TRAINED = "document.body.textContent.includes('Nobody is trained')"


@pytest.fixture(scope="module")
def operator(stage_url: str) -> Cookies:
    """The cookies of who works in the lab at the station."""
    return sign_in(stage_url, "operator-rautatientori")


def test_material_is_counted_corrected_and_taken_back(
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    operator: Cookies,
) -> None:
    lab = stage.lab("rautatientori").facility_id
    pages = [
        {"name": "lab-stock-none", "url": f"/labs/{lab}/stock"},
        {
            "name": "lab-stock-wrong",
            "url": f"/labs/{lab}/stock?material=PLA",
            "steps": [
                {"fill": ["#amount", "2.5"]},
                {"click": '[name=kind][value="counted"]'},
                {"expect": "#amount-error"},
            ],
        },
    ]
    report = browse(stage_url, pages, cookies=operator, **LOOKS)
    for seen in report:  # the browser itself notes the answer to what was wrong
        seen["console_errors"] = [
            text for text in seen["console_errors"] if "422" not in text
        ]
    well_made(report)
    steps = [
        {"fill": ["#material", "PLA"]},
        {"fill": ["#amount", "2.5 kg"]},
        {"click": '[name=kind][value="counted"]'},
        {"expect": ".undo"},
        {"fill": ["#material", "pla"]},
        {"fill": ["#amount", "750 g"]},
        {"click": '[name=kind][value="delivered"]'},
        {"expect": ".undo"},
        {"fill": ["#material", "PETG"]},
        {"fill": ["#amount", "1 g"]},
        {"click": '[name=kind][value="counted"]'},
        {"expect": ".undo"},
    ]
    page = {"name": "counting", "url": f"/labs/{lab}/stock", "steps": steps}
    (seen,) = browse(stage_url, [page], cookies=operator, **PHONE)
    assert seen["failed_step"] is None
    with stage.play.reading() as session:
        kept = {one.material: one.grams for one in stocks(session, [lab])}
        newest = history(session, lab)[0].number
    assert kept == {"PLA": 3_250, "PETG": 1}
    full = [
        {"name": "lab-stock-done", "url": f"/labs/{lab}/stock?done={newest}"},
        {"name": "lab-board-stock", "url": f"/labs/{lab}"},
    ]
    report = browse(stage_url, full, cookies=operator, **LOOKS)
    well_made(report)
    assert max(one["bytes"] for one in report) <= PAGE_BYTES_MAX
    steps = [{"click": ".undo .btn"}, {"gone": ".undo"}]
    page = {"name": "undoing", "url": full[0]["url"], "steps": steps}
    (seen,) = browse(stage_url, [page], cookies=operator, **PHONE)
    assert seen["failed_step"] is None
    with stage.play.reading() as session:
        assert [one.material for one in stocks(session, [lab])] == ["PLA"]


def test_who_works_elsewhere_sees_and_says_nothing(
    stage: Stage, stage_url: str, operator: Cookies
) -> None:
    other = stage.lab("yrjonkatu")
    cookies = {each["name"]: each["value"] for each in operator}
    with httpx.Client(
        base_url=stage_url,
        cookies=cookies,
        headers={"Origin": stage_url},
        timeout=60,
    ) as person:
        address = f"/labs/{other.facility_id}/stock"
        assert person.get(address).status_code == 403
        form = {"material": "PLA", "amount": "1 kg", "kind": "counted"}
        assert person.post(address, data=form).status_code == 403
        api = f"/api/v1/facilities/{other.facility_id}/stock"
        assert person.get(api).status_code == 403


def test_a_known_model_proposes_what_a_machine_can_do(
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    operator: Cookies,
) -> None:
    lab = stage.lab("rautatientori").facility_id
    with stage.play.reading() as session:
        machine = next(
            row
            for row in machines(session, facility_id=lab)
            if row.kind == "laser-cutter"
        )
        version = find_designs(session, limit=1)[0].id
    address = f"/machines/{machine.id}/abilities"
    steps = [
        {"fill": ["#q", "epilog zing 16"]},
        {"click": "form[role=search] .btn"},
        {"click": ".chips .btn"},
        {"expect": '#envelope_mm[value="406 x 305 x 114"]'},
        {"shot": "machine-abilities-proposed"},
        {"fill": ["#sheet_mm", "406 x"]},
        {"click": "form.form .btn.main"},
        {"expect": "#sheet_mm-error"},
        {"fill": ["#sheet_mm", "406 x 305 x 6"]},
        {"click": "form.form .btn.main"},
        {"expect": "#can"},
    ]
    page = {"name": "saying", "url": address, "steps": steps}
    (seen,) = browse(stage_url, [page], cookies=operator, **PHONE)
    assert seen["failed_step"] is None
    with stage.play.reading() as session:
        said = abilities_of(machine_of(session, machine.id))
    assert (said["sheet_mm"].source, said["sheet_mm"].value) == (
        "declared",
        [406, 305, 6],
    )
    assert said["envelope_mm"].source == "maker"
    assert said["processes"].value == ["laser cutting", "laser engraving"]
    assert {said[field].source for field in ("processes", "materials")} == {"maker"}
    assert said["envelope_mm"].where == "Epilog Zing 16"
    pages = [
        {"name": "machine-abilities", "url": f"{address}?model=Epilog%20Zing%2016"},
        {"name": "machine-said", "url": f"/machines/{machine.id}"},
        {"name": "lab-makes", "url": f"/labs/{lab}/makes"},
        {
            "name": "design-makers-open",
            "url": f"/designs/{version}/makers?open_to=public",
        },
        {"name": "design-makers", "url": f"/designs/{version}/makers"},
    ]
    report = browse(stage_url, pages, cookies=operator, **LOOKS)
    well_made(report)
    assert max(one["bytes"] for one in report) <= PAGE_BYTES_MAX


def test_who_may_run_what_is_granted_and_withdrawn(
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    operator: Cookies,
) -> None:
    lab = stage.lab("rautatientori").facility_id
    steps = [
        {"click": 'form:has([value="laser-cutter"]):has([name=is_needed]) .btn'},
        {"expect": 'form:has([value="laser-cutter"]):has([value="false"]) .btn'},
        {"shot": "lab-people-nobody"},
        {"press": ["#about", "l"]},
        {"click": 'form[action$="/training"] .btn.main'},
        {"expect": 'form[action$="/withdraw"]'},
        {"fill": ["#from_time", "10:00"]},
        {"fill": ["#to_time", "14:00"]},
        {"click": '[name=when][value="hours"]'},
        {"expect": "main h1"},
    ]
    page = {"name": "granting", "url": f"/labs/{lab}/people", "steps": steps}
    (seen,) = browse(stage_url, [page], cookies=operator, **PHONE)
    assert seen["failed_step"] is None
    with stage.play.reading() as session:
        (need,) = needs(session, [lab])
        (held,) = trainings(session, [lab], now=stage.play.clock.at)
        ((_, hours),) = person_hours(session, [lab]).items()
        words = {one.id: one.name for one in machines(session, facility_id=lab)}
    assert need.about == "laser-cutter"
    assert hours == [[day, 10 * 60, 14 * 60] for day in range(5)]
    report = browse(
        stage_url,
        [
            {
                "name": "lab-people",
                "url": f"/labs/{lab}/people",
                "steps": [{"evaluate": NOBODY_TRAINED}],
            }
        ],
        cookies=operator,
        **LOOKS,
    )
    well_made(report)
    assert words[held.about] == "Laser"  # one machine, of a kind that needs it
    assert not any(seen["values"][0] for seen in report)
    steps = [{"click": 'form[action$="/withdraw"] .btn'}, {"expect": "details .list"}]
    page = {"name": "withdrawing", "url": f"/labs/{lab}/people", "steps": steps}
    (seen,) = browse(stage_url, [page], cookies=operator, **PHONE)
    with stage.play.reading() as session:
        assert trainings(session, [lab], now=stage.play.clock.at) == []
        assert (
            held.number
            == trainings_over(session, lab, now=stage.play.clock.at)[0].number
        )


def test_opening_hours_are_written_and_told_by_the_clock_on_the_wall(
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    operator: Cookies,
) -> None:
    lab = stage.lab("rautatientori").facility_id
    with stage.play.reading() as session:
        before = facility_of(session, lab).opening
    wrong = [{"fill": ["#day0", "nine to five"]}, {"click": "form .btn.main"}]
    pages = [
        {"name": "lab-hours", "url": f"/labs/{lab}/hours"},
        {
            "name": "lab-hours-wrong",
            "url": f"/labs/{lab}/hours",
            "steps": [*wrong, {"expect": "#day0-error"}],
        },
    ]
    report = browse(stage_url, pages, cookies=operator, **LOOKS)
    for seen in report:  # the browser itself notes the answer to what was wrong
        seen["console_errors"] = [
            text for text in seen["console_errors"] if "422" not in text
        ]
    well_made(report)
    steps: list[dict[str, object]] = [
        {"fill": [f"#day{number}", hours]}
        for number, hours in enumerate(["9-17"] * 4 + ["9-12, 20-2", "", ""])
    ]
    steps += [
        {"evaluate": "document.querySelector('#access').value = 'members'"},
        {"click": "form .btn.main"},
        {"expect": ".stack h1"},
    ]
    page = {"name": "new-hours", "url": f"/labs/{lab}/hours", "steps": steps}
    (seen,) = browse(stage_url, [page], cookies=operator, **PHONE)
    assert seen["failed_step"] is None
    with stage.play.reading() as session:
        row = facility_of(session, lab)
        kept, zone, access = row.opening, row.zone, row.access
    day = [[number, 540, 1_020] for number in range(4)]
    assert kept == [*day, [4, 540, 720], [4, 1_200, 1_440], [5, 0, 120]]
    assert (zone, access) == ("Europe/Helsinki", "members")
    told = "Open Mon-Thu 9:00-17:00, Fri 9:00-12:00, 20:00-2:00"
    look = [
        {"evaluate": f"document.body.textContent.includes({words!r})"}
        for words in (told, "For its members")
    ]
    page = {"name": "lab-board-hours", "url": f"/labs/{lab}", "steps": look}
    report = browse(stage_url, [page], cookies=operator, **LOOKS)
    well_made(report)
    assert all(value for seen in report for value in seen["values"])
    with stage.play.sessions.begin() as session:
        set_opening(session, lab, before, now=stage.play.clock.at)
        set_access(session, lab, None)


def test_a_computer_is_invited_joins_and_is_shut_out(
    *,
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    operator: Cookies,
    tmp_path: Path,
) -> None:
    lab = stage.lab("rautatientori").facility_id
    address = f"/labs/{lab}/computers"
    invite = [{"click": "form[action$='/invite'] .btn"}, {"expect": "#invitation"}]
    pages = [
        {"name": "lab-computers", "url": address},
        {"name": "lab-computers-invited", "url": address, "steps": invite},
        {"name": "join", "url": "/join#ABCD-EFGH-JKMN-PQRS"},
    ]
    report = browse(stage_url, pages, cookies=operator, **LOOKS)
    well_made(report)
    cookies = {each["name"]: each["value"] for each in operator}
    with httpx.Client(
        base_url=stage_url,
        cookies=cookies,
        headers={"Origin": stage_url},
        timeout=60,
    ) as person:
        invited = person.post(f"{address}/invite")
        found = re.search(r"http://[^<\s]+/join#[A-Z0-9-]+", invited.text)
        assert found is not None
        assert invited.headers["cache-control"] == "no-store"
        other = stage.lab("yrjonkatu").facility_id
        assert person.post(f"/labs/{other}/computers/invite").status_code == 403
    machine = "Kiln,other,/dev/ttyUSB0"
    words = ("init", str(tmp_path / "lab"), "--invitation", found.group())
    joined = CliRunner().invoke(agent_app, [*words, "--machine", machine, "--yes"])
    assert joined.exit_code == 0, joined.output
    device_id = load_identity(tmp_path / "lab").device_id
    steps = [
        {"click": f"li:has(form[action*='{device_id}']) summary"},
        {"shot": "lab-computers-shut-out"},
        {"click": f"form[action*='{device_id}'] .btn"},
        {"gone": f"form[action*='{device_id}']"},
    ]
    page = {"name": "shutting-out", "url": address, "steps": steps}
    (seen,) = browse(stage_url, [page], cookies=operator, **PHONE)
    assert seen["failed_step"] is None
    with stage.play.reading() as session:
        assert device_of(session, device_id).revoked_at is not None


def test_a_lab_is_offered_read_and_accepted(
    *,
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    operator: Cookies,
) -> None:
    lab = stage.lab("yrjonkatu").facility_id
    now, key = stage.play.clock.at, stage.play.key
    with stage.play.sessions.begin() as session:
        owner = facility_of(session, lab).owner_id
        taker = agent_of_email(session, "operator-rautatientori@demo.example")
        offer_lab(session, Desk(agent_id=owner, key=key, now=now), lab, taker)
    steward = sign_in(stage_url, "steward")
    page = {"name": "lab-owner-steward", "url": f"/labs/{lab}/owner"}
    well_made(browse(stage_url, [page], cookies=steward, **LOOKS))
    pages = [
        {"name": "today-offered", "url": "/"},
        {"name": "lab-owner-offered", "url": f"/labs/{lab}/owner"},
    ]
    well_made(browse(stage_url, pages, cookies=operator, **LOOKS))
    steps = [
        {"click": "form[action$='/accept'] .btn"},
        {"expect": "#hand-over"},
        {"fill": ["#member", "nobody@demo.example"]},
        {"click": "form[action$='/offer'] .btn"},
        {"expect": "[role=alert]"},
    ]
    page = {"name": "accepting", "url": f"/labs/{lab}/owner", "steps": steps}
    try:
        (seen,) = browse(stage_url, [page], cookies=operator, **PHONE)
        assert seen["failed_step"] is None
        with stage.play.reading() as session:
            assert facility_of(session, lab).owner_id == taker
    finally:  # as it was, for the others
        with stage.play.sessions.begin() as session:
            facility_of(session, lab).owner_id = owner
            withdraw_role(session, taker, "operator", facility_id=lab)
