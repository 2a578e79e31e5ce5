"""A steward brings labs in from a directory: in a real browser, by program, and undone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from orchestrator.network.arrivals import arrivals
from orchestrator.network.facilities import facility_of
from orchestrator.network.rows import FacilityRow
from tests.e2e.region import (
    PASSWORD,
    PHONE_AND_DESK,
    Browse,
    Cookies,
    Stage,
    WellMade,
    sign_in,
)

LOOKS = {"sizes": PHONE_AND_DESK}
PHONE = {"widths": [390], "schemes": ["light"], "axe": False}


def lab(name: str, lat: float, lon: float, **told: object) -> dict[str, object]:
    return {
        "name": name,
        "slug": name.lower(),
        "kind_name": "fab_lab",
        "address_1": f"{name} street 7",
        "city": "Helsinki",
        "country_code": "fi",
        "latitude": lat,
        "longitude": lon,
        **told,
    }


@pytest.fixture(scope="module")
def steward(stage_url: str) -> Cookies:
    """The cookies of the region's steward."""
    return sign_in(stage_url, "steward")


def directory(stage: Stage, folder: Path) -> Path:
    """Four labs: two new ones, one that is here, one in the place of another."""
    here = stage.lab("rautatientori").facility_id
    with stage.play.reading() as session:
        known = facility_of(session, here)
    told = [
        lab(
            "Punavuori",
            60.1690,
            24.9500,
            machines=[
                {"name": "Original Prusa MK4", "brand": "Prusa Research"},
                {"name": "Big one in the yard", "brand": "home-made"},
            ],
        ),
        lab("Kruununhaka", 60.1722, 24.9549, capabilities=["laser", "vinyl_cutting"]),
        lab(known.name, known.lat, known.lon),
        lab("Somebody's workshop", known.lat, known.lon),
        lab("Lyon", 45.76, 4.84),
        {"name": "Nomad", "slug": "w", "kind_name": "fab_lab"},
    ]
    path = folder / "labs.json"
    path.write_text(json.dumps(told))
    return path


def test_labs_of_a_directory_come_in_and_are_taken_out(  # noqa: PLR0917 - fixtures
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    steward: Cookies,
    tmp_path: Path,
) -> None:
    chosen = {"files": ["#file", [str(directory(stage, tmp_path))]]}
    look = [chosen, {"click": "form .btn.main"}, {"expect": ".choices"}]
    pages = [
        {"name": "arrivals-none", "url": "/labs/arrivals"},
        {"name": "arrivals-found", "url": "/labs/arrivals", "steps": look},
    ]
    well_made(browse(stage_url, pages, cookies=steward, **LOOKS))
    steps = [
        *look,
        {"evaluate": "document.querySelectorAll('[name=lab]:checked').length"},
        {"evaluate": "document.querySelectorAll('[name=lab]:disabled').length"},
        {"click": "form .btn.main"},
        {"expect": ".note"},
    ]
    page = {"name": "bringing-in", "url": "/labs/arrivals", "steps": steps}
    (seen,) = browse(stage_url, [page], cookies=steward, **PHONE)
    assert seen["failed_step"] is None
    assert seen["values"] == [2, 1]
    with stage.play.reading() as session:
        rows = arrivals(session)
        new = {facility_of(session, row.facility_id).name: row for row in rows}
    assert set(new) == {"Punavuori", "Kruununhaka"}
    punavuori = new["Punavuori"].facility_id
    full = [
        {"name": "arrivals-waiting", "url": "/labs/arrivals"},
        {"name": "lab-not-joined", "url": f"/labs/{punavuori}"},
        {"name": "labs-not-joined", "url": "/labs?all"},
        {"name": "lab-not-joined-owner", "url": f"/labs/{punavuori}/owner"},
    ]
    well_made(browse(stage_url, full, cookies=steward, **LOOKS))
    page = {
        "name": "taking-out",
        "url": "/labs/arrivals",
        "steps": [
            {"click": f'form[action="/labs/arrivals/{punavuori}/take-out"] .btn'},
            {"gone": f'a[href="/labs/{punavuori}"]'},
        ],
    }
    (seen,) = browse(stage_url, [page], cookies=steward, **PHONE)
    assert seen["failed_step"] is None
    with stage.play.reading() as session:
        assert session.get(FacilityRow, punavuori) is None


def test_what_is_no_directory_is_told_on_the_page(
    stage_url: str, browse: Browse, steward: Cookies, tmp_path: Path
) -> None:
    path = tmp_path / "cats.json"
    path.write_text('{"cats": 3}')
    steps = [
        {"files": ["#file", [str(path)]]},
        {"click": "form .btn.main"},
        {"expect": ".note[role=alert]"},
    ]
    page = {"name": "arrivals-wrong", "url": "/labs/arrivals", "steps": steps}
    (seen,) = browse(stage_url, [page], cookies=steward, **PHONE)
    assert seen["failed_step"] is None


def test_a_program_does_the_same_and_others_may_not(
    stage: Stage, stage_url: str, tmp_path: Path
) -> None:
    path = directory(stage, tmp_path)

    @contextmanager
    def person(who: str) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=f"{stage_url}/api/v1", timeout=60) as client:
            told = {"email": f"{who}@demo.example", "password": PASSWORD}
            answer = client.post("/session", json=told)
            client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
            yield client

    with person("operator-rautatientori") as operator:
        sent = {"file": path.read_bytes()}
        assert operator.post("/arrivals/look", files=sent).status_code == 403
        assert operator.get("/arrivals").status_code == 403
    with person("steward") as client:
        found = client.post("/arrivals/look", files={"file": path.read_bytes()}).json()
        assert (found["far"], found["placeless"]) == (1, ["Nomad"])
        punavuori = found["labs"][0]["lab"]
        done = client.post("/arrivals", json={"labs": [punavuori]})
        assert done.status_code == 201, done.text
        (new,) = done.json()["new"]
        twice = client.post("/arrivals", json={"labs": [punavuori]}).json()
        assert twice == {"new": [], "known": ["Punavuori"]}
        waiting = {one["facility_id"] for one in client.get("/arrivals").json()}
        assert new in waiting
        assert client.delete(f"/arrivals/{new}").status_code == 204
        assert client.delete(f"/arrivals/{new}").status_code == 404
        bad = {"labs": [punavuori | {"url": "javascript:alert(1)"}]}
        assert client.post("/arrivals", json=bad).status_code == 422
        far = {"labs": [punavuori | {"lat": 45.76, "lon": 4.84}]}
        assert client.post("/arrivals", json=far).status_code == 422
