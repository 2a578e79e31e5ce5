"""Sign in, Today, map, plan, orders, order, track: in a real browser, full of life."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import httpx
import pytest

from orchestrator.foundation.changes import announce
from orchestrator.network.couriers import report_position
from orchestrator.orders.life import held_order, tell
from tests.e2e.region import (
    PASSWORD,
    SIZES,
    Browse,
    Cookies,
    Report,
    Stage,
    WellMade,
    sign_in,
)

PAGE_BYTES_MAX = 90_000
PAGE_REQUESTS_MAX = 8
MAP_PAGE_BYTES_MAX = 620_000
PLAN_BYTES_MAX = 280_000
SHIFT_MAX = 0.05
TICKS_MAX = 4  # of five seconds each
DRAWN = '[data-map][data-drawn="yes"]'
ONE = {"widths": [820], "schemes": ["light"], "axe": False, "shots": None}


@pytest.fixture(scope="module")
def cookies(stage_url: str) -> Callable[[str], Cookies]:
    """Somebody's session, as the browser harness takes it; each signs in once."""
    return cache(partial(sign_in, stage_url))


def look(
    browse: Browse, base: str, well_made: WellMade, pages: list[Any], **job: Any
) -> Report:
    """Each page at every width and in both schemes."""
    report = browse(base, pages, sizes=SIZES, **job)
    well_made(report)
    for seen in report:
        assert seen["layout_shift"] <= SHIFT_MAX, (seen["name"], seen["layout_shift"])
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
        {"name": "today-guest", "url": "/", "wait": ".design a[href^='/designs/']"},
        {"name": "track", "url": f"/t/{code}"},
        {"name": "wiring", "url": "/wiring"},
    ]
    report = look(browse, stage_url, well_made, pages)
    assert_light(report)


def test_a_wiring_page_fits_a_phone_and_a_tablet(
    stage_url: str, browse: Browse, well_made: WellMade
) -> None:
    # axe can't decide what stands behind the letters of a drawing.
    pages = [{"name": "wiring-kiln", "url": "/wiring/kiln"}]
    assert_light(look(browse, stage_url, well_made, pages, axe=False))


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
        one = {"widths": [size], "schemes": [scheme], "cookies": cookies(who)}
        report = browse(stage_url, [page], **one)
        well_made(report)
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


def test_signing_in_leads_back_and_tells_nobody_who_is_known(
    stage: Stage, stage_url: str, browse: Browse
) -> None:
    form = "form.form"
    (seen,) = browse(
        stage_url,
        [
            {
                "name": "signing-in",
                "url": "/plan",
                "steps": [
                    {"expect": f"{form} #email"},
                    {"fill": ["#email", "steward@demo.example"]},
                    {"fill": ["#password", "not the password"]},
                    {"click": f"{form} button"},
                    {"expect": "[role=alert]"},
                    {"evaluate": "document.querySelector('[role=alert]').textContent"},
                    {"fill": ["#email", "nobody@demo.example"]},
                    {"fill": ["#password", "not the password"]},
                    {"click": f"{form} button"},
                    {"expect": "[role=alert]"},
                    {"evaluate": "document.querySelector('[role=alert]').textContent"},
                    {"fill": ["#email", "steward@demo.example"]},
                    {"fill": ["#password", PASSWORD]},
                    {"press": ["#password", "Enter"]},
                    {"expect": "text=Who does what, when"},
                ],
            }
        ],
        **ONE,
    )
    assert seen["failed_step"] is None
    assert seen["url"] == f"{stage_url}/plan"
    assert seen["values"][0] == seen["values"][1] != ""


def test_other_sites_cannot_act_and_next_stays_here(
    stage_url: str, cookies: Any
) -> None:
    jar = {one["name"]: one["value"] for one in cookies("shop-bikes")}
    with httpx.Client(base_url=stage_url, cookies=jar) as client:
        for told in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Origin": "https://evil.example"},
            {},
        ):
            assert client.post("/sign-out", headers=told).status_code == 403
        page = client.get("/orders")
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
        for far in ("https://evil.example/", "//evil.example", "/\\evil.example"):
            answer = client.get("/sign-in", params={"next": far})
            assert answer.headers["Location"] == "/"
        answer = client.post(
            "/role", data={"role": "steward"}, headers={"Origin": stage_url}
        )
        assert "set-cookie" not in answer.headers
    # An ended session is nobody's, and is led to the sign-in page.
    with httpx.Client(base_url=stage_url) as client:
        client.cookies.set("fabcommons_session", "fabsession_of_nobody")
        html = {"Accept": "text/html"}
        answer = client.get("/orders?q=hook", headers=html)
        assert answer.headers["Location"] == "/sign-in?next=/orders%3Fq%3Dhook"
        assert client.get("/", headers=html).status_code == 200


def test_another_shops_order_is_nowhere_to_be_seen(
    stage: Stage, stage_url: str, cookies: Any
) -> None:
    order = stage.play.row(stage.orders["hooks"])
    topic = f"order-{order.id}"
    heard: dict[str, list[str]] = {}
    for who in ("shop-plants", "shop-bikes"):
        jar = {one["name"]: one["value"] for one in cookies(who)}
        with httpx.Client(base_url=stage_url, cookies=jar, timeout=20) as client:
            own = who == "shop-bikes"
            html = {"Accept": "text/html"}
            for path in (f"/orders/{order.id}", f"/orders/{order.id}/map.json"):
                page = client.get(path, headers=html)
                assert page.status_code == (200 if own else 404), path
            told = client.get("/orders").text + client.get("/map.json").text
            assert ("Wall hook" in told) is own
            assert ("Kanava Bikes" in told) is own
            topics = {"topic": [topic, "plan-changed"], "since": stage.feed.mark}
            with client.stream("GET", "/events", params=topics) as stream:
                lines = stream.iter_lines()
                _say_something(stage, order.id)
                heard[who] = _events_until(lines, "plan-changed")
    assert heard["shop-plants"] == ["plan-changed"]
    assert topic in heard["shop-bikes"]


def test_a_guests_map_tells_nothing_about_anybody(stage: Stage, stage_url: str) -> None:
    view = httpx.get(f"{stage_url}/map.json").json()
    assert len(view["labs"]) == 6
    assert (view["shops"], view["couriers"], view["legs"]) == ([], [], [])
    code = stage.play.row(stage.orders["hooks"]).track_code
    page = httpx.get(f"{stage_url}/t/{code.lower()}").text
    for person in ("Kanava", "Bertil", "Kruununhaka", "Snellmaninkatu"):
        assert person not in page


def test_a_shop_tells_of_a_problem_and_a_steward_sees_it(
    stage: Stage, stage_url: str, browse: Browse, cookies: Any
) -> None:
    (seen,) = browse(
        stage_url,
        [
            {
                "name": "problem",
                "url": f"/orders/{stage.orders['tray']}",
                "steps": [
                    {"click": "summary:has-text('Tell of a problem')"},
                    {"click": "label:has-text('It comes too late')"},
                    {"fill": ["#note", "We open at two."]},
                    {"click": "button:has-text('Send')"},
                    {"expect": "text=Your word is noted."},
                    {"expect": "text=We open at two."},
                ],
            }
        ],
        cookies=cookies("shop-bikes"),
        **ONE,
    )
    assert seen["failed_step"] is None
    (seen,) = browse(
        stage_url,
        [
            {
                "name": "seen",
                "url": "/",
                "steps": [
                    {"click": "li:has-text('it comes too late') button"},
                    {"gone": "text=it comes too late"},
                ],
            }
        ],
        cookies=cookies("steward"),
        **ONE,
    )
    assert seen["failed_step"] is None


def test_an_order_changes_before_the_shops_eyes(
    stage: Stage, stage_url: str, browse: Browse, cookies: Any
) -> None:
    """The last test: it ends what is under way."""
    order = stage.play.row(stage.orders["hooks"])

    def ride_on() -> None:
        with stage.play.sessions.begin() as session:
            report_position(
                session,
                order.courier_id,
                lat=60.1730,
                lon=24.9500,
                observed_at=stage.play.clock.turn(60),
                now=stage.play.clock.at,
            )

    def deliver() -> None:
        code = order.delivery_code.lower()
        stage.play.act("delivered", order.id, order.courier_id, code=code)

    stage.app.post("/stage/ride")(ride_on)
    stage.app.post("/stage/deliver")(deliver)
    place = "document.querySelector('.spot[data-kind=courier]').style.transform"
    post = "fetch('/stage/{}', {{method: 'POST'}}).then((answer) => answer.status)"
    (seen,) = browse(
        stage_url,
        [
            {
                "name": "live-order",
                "url": f"/orders/{order.id}",
                "wait": DRAWN,
                "steps": [
                    {"expect": "h1:has-text('On the way')"},
                    {"evaluate": f"window.before = {place}"},
                    {"evaluate": post.format("ride")},
                    {"until": f"{place} !== window.before"},
                    {"evaluate": post.format("deliver")},
                    {"expect": "h1:has-text('Delivered')"},
                    {"gone": ".handover"},
                ],
            }
        ],
        cookies=cookies("shop-bikes"),
        webgl=True,
        **ONE,
    )
    assert seen["failed_step"] is None
    _, rode, delivered = seen["values"]
    assert (rode, delivered) == (200, 200)


def _say_something(stage: Stage, order_id: str) -> None:
    """A change of the order, and after it one that everybody may hear of."""
    now = stage.play.clock.at
    with stage.play.sessions.begin() as session:
        tell(session, held_order(session, order_id), "note", "A word.", now=now)
    with stage.play.sessions.begin() as session:
        announce(session, "plan")


def _events_until(lines: Iterator[str], last: str) -> list[str]:
    heard: list[str] = []
    ticks = 0
    for line in lines:
        name = line.removeprefix("event: ")
        if name in {line, "tick"}:
            ticks += name == "tick"
            assert ticks < TICKS_MAX, f"{last} was never heard, only {heard}"
            continue
        heard.append(name)
        if name == last:
            break
    return heard
