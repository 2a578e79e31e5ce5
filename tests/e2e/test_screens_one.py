"""Sign in, Today, map, plan, orders, order, track: in a real browser, full of life."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from orchestrator.network.couriers import report_position
from tests.e2e.region import PASSWORD, Stage

Report = list[dict[str, Any]]
Browse = Callable[..., Report]
WellMade = Callable[[Report], None]

PAGE_BYTES_MAX = 90_000
PAGE_REQUESTS_MAX = 8
MAP_PAGE_BYTES_MAX = 620_000
PLAN_BYTES_MAX = 280_000
DRAWN = '[data-map][data-drawn="yes"]'
ONE = {"widths": [820], "schemes": ["light"], "axe": False, "shots": None}


@pytest.fixture(scope="module")
def cookies(stage_url: str) -> Callable[[str], list[dict[str, str]]]:
    """Somebody's session, as the browser harness takes it; each signs in once."""
    known: dict[str, list[dict[str, str]]] = {}

    def signed_in(who: str) -> list[dict[str, str]]:
        if who not in known:
            answer = httpx.post(
                f"{stage_url}/sign-in",
                data={"email": f"{who}@demo.example", "password": PASSWORD},
            )
            assert answer.status_code == 303, answer.text
            known[who] = [
                {"name": name, "value": value} for name, value in answer.cookies.items()
            ]
        return known[who]

    return signed_in


def look(
    browse: Browse, base: str, well_made: WellMade, pages: list[Any], **job: Any
) -> Report:
    report = browse(base, pages, **job)
    well_made(report)
    return report


def assert_light(report: Report) -> None:
    for seen in report:
        assert seen["bytes"] <= PAGE_BYTES_MAX, (seen["name"], seen["bytes"])
        assert seen["requests"] <= PAGE_REQUESTS_MAX + 1, seen  # + the live stream


def test_pages_of_guests_are_well_made(
    stage: Stage, stage_url: str, browse: Browse, well_made: WellMade
) -> None:
    code = stage.play.row(stage.orders["hooks"]).track_code
    pages = [
        {"name": "sign-in", "url": "/sign-in"},
        {"name": "today-guest", "url": "/"},
        {"name": "track", "url": f"/t/{code}"},
    ]
    report = look(browse, stage_url, well_made, pages)
    assert_light(report)


def test_the_shops_day_is_well_made(
    stage: Stage, stage_url: str, browse: Browse, well_made: WellMade, cookies: Any
) -> None:
    pages = [
        {"name": "today-shop", "url": "/"},
        {"name": "orders", "url": "/orders"},
    ]
    report = look(browse, stage_url, well_made, pages, cookies=cookies("shop-bikes"))
    assert_light(report)


def test_the_stewards_and_others_today_is_well_made(
    stage: Stage, stage_url: str, browse: Browse, well_made: WellMade, cookies: Any
) -> None:
    courier = stage.play.stops(stage.orders["lamp"])["pickup"].courier_id
    rider = next(one for one in stage.cast.couriers if one.agent_id == courier)
    for who, size, scheme in (
        ("steward", 360, "light"),
        ("steward", 1400, "dark"),
        ("operator-rautatientori", 820, "light"),
        (rider.email.partition("@")[0], 360, "dark"),
        ("mira", 820, "light"),
    ):
        page = {"name": f"today-{who.partition('-')[0]}", "url": "/"}
        report = look(
            browse,
            stage_url,
            well_made,
            [page],
            cookies=cookies(who),
            widths=[size],
            schemes=[scheme],
        )
        assert_light(report)


def test_the_plan_is_well_made(
    stage_url: str, browse: Browse, well_made: WellMade, cookies: Any
) -> None:
    page = {"name": "plan", "url": "/plan"}
    report = look(browse, stage_url, well_made, [page], cookies=cookies("steward"))
    assert max(seen["bytes"] for seen in report) <= PLAN_BYTES_MAX


def test_map_and_order_are_well_made(
    stage: Stage, stage_url: str, browse: Browse, well_made: WellMade, cookies: Any
) -> None:
    drawn = {"wait": DRAWN}
    report = look(
        browse,
        stage_url,
        well_made,
        [{"name": "map", "url": "/map", **drawn}],
        cookies=cookies("steward"),
        webgl=True,
    )
    page = {"name": "order", "url": f"/orders/{stage.orders['hooks']}", **drawn}
    report += look(
        browse, stage_url, well_made, [page], cookies=cookies("shop-bikes"), webgl=True
    )
    assert max(seen["bytes"] for seen in report) <= MAP_PAGE_BYTES_MAX
