"""The parts that all screens are made of: well made in every width, scheme, direction."""

from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Form, HTTPException, Request, Response

from orchestrator.doors.web.acts import answer_act
from orchestrator.doors.web.formats import read_code
from orchestrator.doors.web.install import install
from orchestrator.doors.web.live import MAP_MOVED, Feed
from orchestrator.doors.web.navigation import Role, Visitor
from orchestrator.doors.web.pages import PageSettings
from orchestrator.doors.web.styleguide import ride_page
from orchestrator.foundation.clock import WallClock
from tests.e2e.region import Report

REGION = Path("orchestrator/entry/regions/helsinki/map.pmtiles")
MAP_PAGE_BYTES_MAX = 620_000
PAGE_BYTES_MAX = 90_000
PAGE_REQUESTS_MAX = 8


@pytest.fixture
def feed() -> Feed:
    return Feed(boot="test")


@pytest.fixture
def acts() -> list[tuple[str, str, str]]:
    return []


@pytest.fixture
def app(feed: Feed, acts: list[tuple[str, str, str]]) -> FastAPI:
    app = FastAPI()

    @app.post("/styleguide/act")
    def note_act(
        request: Request,
        act_id: Annotated[str, Form()] = "",
        acted_at: Annotated[str, Form()] = "",
        code: Annotated[str, Form()] = "",
    ) -> Response:
        acts.append((act_id, acted_at, code))
        if read_code(code) == "000000":
            raise HTTPException(422, "The code does not match. Ask for it again.")
        return answer_act(request, then="/styleguide")

    hats = (Role.OPERATOR, Role.STEWARD)
    settings = PageSettings(
        clock=WallClock(),
        zone=UTC,
        region_map=REGION,
        show_styleguide=True,
        visitor_of=lambda _: Visitor(name="Aino", role=Role.OPERATOR, roles=hats),
    )
    install(app, settings=settings, feed=feed)

    app.get("/ride")(ride_page)
    return app


def test_every_part_is_well_made(
    app: FastAPI,
    feed: Feed,
    serve: Callable[[FastAPI, Feed], str],
    browse: Callable[..., Report],
    well_made: Callable[[Report], None],
) -> None:
    base = serve(app, feed)
    page = {"name": "styleguide", "url": "/styleguide"}
    drawn = {**page, "wait": '[data-map][data-drawn="yes"]'}
    report = browse(base, [drawn], webgl=True)
    report += browse(
        base, [page], directions=["rtl"], widths=[360], schemes=["dark"], shots=None
    )
    well_made(report)
    assert max(seen["bytes"] for seen in report) <= MAP_PAGE_BYTES_MAX


def test_a_page_without_a_map_keeps_its_budget(
    app: FastAPI,
    feed: Feed,
    serve: Callable[[FastAPI, Feed], str],
    browse: Callable[..., Report],
    well_made: Callable[[Report], None],
) -> None:
    report = browse(serve(app, feed), [{"name": "ride", "url": "/styleguide/ride"}])
    well_made(report)
    # The courier's page is the fullest: it loads slide, code and acts besides.
    assert max(seen["bytes"] for seen in report) <= PAGE_BYTES_MAX
    assert max(seen["requests"] for seen in report) <= PAGE_REQUESTS_MAX + 3


def test_a_change_reaches_an_open_page_and_silence_shows(
    app: FastAPI,
    feed: Feed,
    serve: Callable[[FastAPI, Feed], str],
    browse: Callable[..., Report],
) -> None:
    read_at = "document.querySelector('#live-sample strong').textContent"
    again = f"globalThis.before = {read_at}"
    changed = f"{read_at} !== globalThis.before"
    wait = "new Promise((done) => setTimeout(done, 1500))"
    announce = "fetch('/styleguide/announce', {method: 'POST'}).then(() => 'ok')"
    (seen,) = browse(
        serve(app, feed),
        [
            {
                "name": "live",
                "url": "/styleguide",
                "steps": [
                    {"evaluate": again},
                    {"evaluate": wait},
                    {"evaluate": announce},
                    {"evaluate": f"{wait}.then(() => {changed})"},
                    {"offline": True},
                    {"expect": "#offline"},
                    {"expect": "[data-live].stale"},
                    {"offline": False},
                    {"gone": "#offline"},
                ],
            }
        ],
        widths=[820],
        schemes=["light"],
        axe=False,
        shots=None,
    )
    assert seen["failed_step"] is None
    assert seen["values"][-1] is True
    assert not [line for line in seen["console_errors"] if "htmx" in line]


def test_acts_wait_on_the_phone_and_arrive_once(
    app: FastAPI,
    feed: Feed,
    acts: list[tuple[str, str, str]],
    serve: Callable[[FastAPI, Feed], str],
    browse: Callable[..., Report],
) -> None:
    first, second = '[data-stop="stop-1"]', '[data-stop="stop-2"]'
    controlled = "navigator.serviceWorker.ready.then(() => new Promise((done) => setTimeout(done, 1000)))"
    (seen,) = browse(
        serve(app, feed),
        [
            {
                "name": "ride-offline",
                "url": "/ride",
                "full": False,
                "steps": [
                    {"evaluate": f"{controlled}.then(() => 'ready')"},
                    {"fill": [f"{first} input.code", "o00ooo"]},
                    {"click": f"{first} form .btn"},
                    {"expect": "#refused-acts .note"},
                    {"expect": first},
                    {"offline": True},
                    {"fill": [f"{first} input.code", "7k3f9q"]},
                    {"slide": f"{first} [data-slide]"},
                    {"gone": "#refused-acts .note"},
                    {"expect": second},
                    {"gone": first},
                    {"reload": True},
                    {"expect": second},
                    {"gone": first},
                    {"expect": "#offline >> text=/Offline since .* 1 act waits/"},
                    {"shot": "ride-waiting"},
                    {"slide": f"{second} [data-slide]"},
                    {"expect": "[data-no-stops]"},
                    {"offline": False},
                    {"gone": "#offline"},
                ],
            }
        ],
        widths=[360],
        schemes=["light"],
        axe=False,
    )
    assert seen["failed_step"] is None
    codes = [code for _, _, code in acts]
    assert codes == ["000 000", "7K3 F9Q", ""]
    assert len({act_id for act_id, _, _ in acts}) == 3
    assert all(done_at.endswith("Z") for _, done_at, _ in acts)


def test_stop_needs_a_hold_or_two_presses(
    app: FastAPI,
    feed: Feed,
    acts: list[tuple[str, str, str]],
    serve: Callable[[FastAPI, Feed], str],
    browse: Callable[..., Report],
) -> None:
    press = {"press": ["[data-hold]", "Enter"]}
    tries: list[list[dict[str, Any]]] = [
        [{"hold": ["[data-hold]", 200]}],
        [{"hold": ["[data-hold]", 900]}],
        [press],
        [press, press],
    ]
    loaded = {"evaluate": "new Promise((done) => setTimeout(done, 500))"}
    sent = {"evaluate": "performance.getEntriesByType('navigation')[0].redirectCount"}
    report = browse(
        serve(app, feed),
        [
            {"name": "hold", "url": "/styleguide", "steps": [loaded, *steps, sent]}
            for steps in tries
        ],
        widths=[820],
        schemes=["light"],
        axe=False,
        shots=None,
    )
    assert [seen["failed_step"] for seen in report] == [None] * 4
    assert len(acts) == 2
    assert [seen["values"][-1] for seen in report] == [0, 1, 0, 1]


def test_moves_are_drawn_without_reading_again(
    app: FastAPI,
    feed: Feed,
    serve: Callable[[FastAPI, Feed], str],
    browse: Callable[..., Report],
) -> None:
    base = serve(app, feed)
    place = "document.querySelector('.spot[title^=Aino]').style.transform"
    payload = '{"courier-aino":[24.94,60.172]}'
    dispatched = (
        "document.body.dispatchEvent(new CustomEvent"
        f"('{MAP_MOVED}', {{detail: {{data: '{payload}'}}}}))"
    )
    (seen,) = browse(
        base,
        [
            {
                "name": "moves",
                "url": "/styleguide",
                "wait": '[data-map][data-drawn="yes"]',
                "steps": [
                    {"evaluate": f"window.before = {place}"},
                    {"evaluate": dispatched},
                    {"until": f"{place} !== window.before"},
                ],
            }
        ],
        widths=[820],
        schemes=["light"],
        axe=False,
        shots=None,
        webgl=True,
    )
    assert seen["failed_step"] is None
